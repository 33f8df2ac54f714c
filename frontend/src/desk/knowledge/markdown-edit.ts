/** What the buttons above a Markdown text do to it: pure functions, and one that changes the box and keeps its undo. */

/** Put `text` in the place of what stands from `from` to `to`; afterwards that of it is selected. */
export interface Edit {
  from: number
  to: number
  text: string
  select: [number, number]
}

/** Marks round the selection, or away from it: **bold**. */
export function wrap(value: string, from: number, to: number, mark: string, usual: string): Edit {
  const chosen = value.slice(from, to)
  const { length } = mark
  if (chosen.length > 2 * length && chosen.startsWith(mark) && chosen.endsWith(mark)) {
    const bare = chosen.slice(length, -length)
    return { from, to, text: bare, select: [from, from + bare.length] }
  }
  if (value.slice(from - length, from) === mark && value.slice(to, to + length) === mark) {
    return { from: from - length, to: to + length, text: chosen, select: [from - length, to - length] }
  }
  const inner = chosen || usual
  return { from, to, text: mark + inner + mark, select: [from + length, from + length + inner.length] }
}

const NUMBERED = /^\d+\. /

/** A mark before each line of the selection, or away from all when all have it; `number` counts "1. ", "2. ". */
export function prefix(value: string, from: number, to: number, mark: string, number = false): Edit {
  const start = value.lastIndexOf('\n', from - 1) + 1
  const stop = value.indexOf('\n', to)
  const end = stop === -1 ? value.length : stop
  const lines = value.slice(start, end).split('\n')
  const has = (line: string) => (number ? NUMBERED.test(line) : line.startsWith(mark))
  const without = (line: string) => (number ? line.replace(NUMBERED, '') : line.slice(mark.length))
  const text = lines.every(has)
    ? lines.map(without).join('\n')
    : lines.map((line, at) => (number ? `${at + 1}. ` : mark) + line.replace(/^(#{1,6} |- |> |\d+\. )/, '')).join('\n')
  return { from: start, to: end, text, select: lines.length > 1 ? [start, start + text.length] : [start + text.length, start + text.length] }
}

/** A piece that stands by itself, with empty lines round it. */
export function block(value: string, from: number, to: number, piece: string): Edit {
  const before = value.slice(0, from)
  const lead = before === '' || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n'
  const rest = value.slice(to)
  const trail = rest.startsWith('\n') || rest === '' ? '\n' : '\n\n'
  const text = lead + piece + trail
  return { from, to, text, select: [from + text.length, from + text.length] }
}

/** [words](address), with what is missing selected. */
export function link(value: string, from: number, to: number, usual: string, address = ''): Edit {
  const words = value.slice(from, to) || usual
  const target = address || 'https://'
  const text = `[${words}](${target})`
  const at = from + words.length + 3
  return { from, to, text, select: address ? [from + text.length, from + text.length] : [at, at + target.length] }
}

export function table(value: string, from: number, to: number, head: string, head2: string, cell: string): Edit {
  return block(value, from, to, `| ${head} | ${head2} |\n| --- | --- |\n| ${cell} | ${cell} |\n| ${cell} | ${cell} |`)
}

/** Enter inside a list begins its next entry, and in an empty entry ends the list. Null: nothing of ours. */
export function nextLine(value: string, at: number): Edit | null {
  const start = value.lastIndexOf('\n', at - 1) + 1
  const found = /^(\s*)([-*+]|(\d+)\.|>) (.*)$/.exec(value.slice(start, at))
  if (!found) return null
  const [, indent, mark, digits, words] = found
  if (!words) return { from: start, to: at, text: '', select: [start, start] }
  const text = `\n${indent}${digits ? `${Number(digits) + 1}.` : mark} `
  return { from: at, to: at, text, select: [at + text.length, at + text.length] }
}

/** Change the box as typing would, so that undo works and the page hears of it. */
export function apply(box: HTMLTextAreaElement, edit: Edit): void {
  box.focus()
  box.setSelectionRange(edit.from, edit.to)
  const typed = edit.text ? document.execCommand('insertText', false, edit.text) : document.execCommand('delete')
  if (!typed && (edit.text || edit.from !== edit.to)) {
    box.setRangeText(edit.text, edit.from, edit.to, 'end')
    box.dispatchEvent(new Event('input', { bubbles: true }))
  }
  box.setSelectionRange(...edit.select)
}
