/** What stands in proposed words where a name or number of another customer was taken out. */
export const BLANK = '[…]'

export function hasBlank(text: string): boolean {
  return text.includes(BLANK)
}

/** Where the first blank of `addition` stands once it has been put in at `start`: [from, to]; null without one. */
export function firstBlank(text: string, start: number): [number, number] | null {
  const at = text.indexOf(BLANK, start)
  return at < 0 ? null : [at, at + BLANK.length]
}
