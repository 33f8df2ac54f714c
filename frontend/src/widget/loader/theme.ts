/** Light or dark: as the site says, else as its page declares itself, else as the visitor wishes. */
import type { Theme } from '../protocol'

const isTheme = (text: string | undefined): text is Theme => text === 'light' || text === 'dark'

export const darkWish = matchMedia('(prefers-color-scheme: dark)')

export function themeOf(said: string | undefined): Theme {
  const declared = getComputedStyle(document.documentElement).colorScheme
  return [said, declared].find(isTheme) ?? (darkWish.matches ? 'dark' : 'light')
}
