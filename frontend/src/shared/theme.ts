/** Light, dark or as the system: kept in the browser, shared by all our pages, free of any framework. */

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'ss.theme'
const darkSystem = window.matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<(theme: Theme) => void>()

export function getTheme(): Theme {
  const kept = localStorage.getItem(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

/** What is shown now. */
export function shownTheme(): 'light' | 'dark' {
  const theme = getTheme()
  if (theme !== 'system') return theme
  return darkSystem.matches ? 'dark' : 'light'
}

function apply(): void {
  const shown = shownTheme()
  document.documentElement.dataset.theme = shown
  // The server reads this cookie to send the page in the right colours at once.
  document.cookie = `ss_theme=${shown};path=/;max-age=31536000;samesite=lax`
  for (const listener of listeners) listener(getTheme())
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, theme)
  apply()
}

export function onThemeChange(listener: (theme: Theme) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Call once when a page starts; follows the system and the other tabs from then on. */
export function initTheme(): void {
  apply()
  darkSystem.addEventListener('change', apply)
  window.addEventListener('storage', (event) => {
    if (event.key === KEY) apply()
  })
}
