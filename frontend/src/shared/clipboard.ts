/** Words for the clipboard, also where the browser keeps its own way for safe addresses only. */

/** The old way: mark the words in a field that nobody sees. */
function copyMarked(text: string): boolean {
  const before = document.activeElement as HTMLElement | null
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'ss-sr-only'
  field.readOnly = true
  document.body.append(field)
  field.select()
  const isDone = document.execCommand('copy')
  field.remove()
  before?.focus({ preventScroll: true })
  return isDone
}

/** Returns whether it is there. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch (reason) {
    // No clipboard at an address without https, or no permission.
    if (!(reason instanceof TypeError || reason instanceof DOMException)) throw reason
    return copyMarked(text)
  }
}
