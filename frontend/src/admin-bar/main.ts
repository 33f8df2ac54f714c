/** The theme button of the server-rendered admin pages, in step with the pages of the desk. No framework. */
import { initTheme, setTheme, shownTheme } from '@shared/theme'

initTheme()

document.addEventListener('click', (event) => {
  const button = (event.target as Element | null)?.closest('[data-theme-toggle]')
  if (!button) return
  event.preventDefault()
  setTheme(shownTheme() === 'dark' ? 'light' : 'dark')
})
