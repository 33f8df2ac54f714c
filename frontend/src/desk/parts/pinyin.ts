/** Chinese words found by how they are typed: whole syllables, first letters, or a mixture ("qshao" finds 请稍候). */

/** Character → its readings; several for those that are read in more than one way. */
let readings: Map<string, string[]> | null = null

/** The table is some twenty kilobytes: fetched when somebody first searches. */
export async function loadPinyin(): Promise<void> {
  if (readings) return
  const { SYLLABLES } = await import('./pinyin-table')
  const found = new Map<string, string[]>()
  for (const line of SYLLABLES.trim().split('\n')) {
    const [syllable, characters] = line.split(' ') as [string, string]
    for (const character of characters) found.set(character, [...(found.get(character) ?? []), syllable])
  }
  readings = found
}

/** What of `typed` may be left after this character: nothing taken means that it does not fit. */
function remainders(character: string, typed: string): string[] {
  if (typed.startsWith(character)) return [typed.slice(character.length)]
  const left = new Set<string>()
  for (const reading of readings?.get(character) ?? []) {
    if (typed.startsWith(reading)) left.add(typed.slice(reading.length))
    // The last syllable need not be complete.
    else if (reading.startsWith(typed)) left.add('')
    if (typed[0] === reading[0]) left.add(typed.slice(1))
    if (reading[1] === 'h' && typed.startsWith(reading.slice(0, 2))) left.add(typed.slice(2))
  }
  return [...left]
}

function fitsFrom(characters: string[], at: number, typed: string): boolean {
  if (typed === '') return true
  const character = characters[at]
  if (character === undefined) return false
  if (/[\s，。、,.！!？?·-]/.test(character)) return fitsFrom(characters, at + 1, typed)
  return remainders(character, typed).some((left) => fitsFrom(characters, at + 1, left))
}

/** Whether somewhere in `text` the words can be typed so. Without the table only letters that stand there fit. */
export function soundsLike(text: string, typed: string): boolean {
  const wanted = typed.toLowerCase().replace(/[\s']/g, '')
  if (!/^[a-z]+$/.test(wanted)) return false
  const characters = [...text.toLowerCase()]
  return characters.some((_, at) => fitsFrom(characters, at, wanted))
}
