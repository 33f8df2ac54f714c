/**
 * The part of the screen above the keyboard, as CSS variables. `100dvh` does not shrink for the keyboard of iOS, so
 * a room that must keep its writing box visible is as high as the visual viewport.
 */
import { isTouchDevice } from '@shared/a11y'

const KEYBOARD_PX = 160

/** Call once when the page starts. */
export function followViewport(): void {
  const visual = window.visualViewport
  if (!visual) return
  const root = document.documentElement
  // The highest the view has been at this width: what is missing now is the keyboard.
  let full = { width: 0, height: 0 }
  const follow = () => {
    root.style.setProperty('--p-view-height', `${Math.round(visual.height)}px`)
    root.style.setProperty('--p-view-top', `${Math.round(visual.offsetTop)}px`)
    if (visual.width !== full.width || visual.height > full.height) full = { width: visual.width, height: visual.height }
    root.toggleAttribute('data-keyboard', isTouchDevice() && full.height - visual.height > KEYBOARD_PX)
  }
  // Pinch zoom also resizes the visual viewport; then the layout must stay as it is.
  const onChange = () => {
    if (visual.scale <= 1.01) follow()
  }
  visual.addEventListener('resize', onChange)
  visual.addEventListener('scroll', onChange)
  follow()
}
