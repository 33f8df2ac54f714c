/**
 * The part of the screen above the keyboard, as CSS variables. `100dvh` does not shrink for the keyboard of iOS, so
 * a room that must keep its writing box visible is as high as the visual viewport.
 */
export function followViewport(): void {
  const visual = window.visualViewport
  if (!visual) return
  const style = document.documentElement.style
  const follow = () => {
    style.setProperty('--p-view-height', `${Math.round(visual.height)}px`)
    style.setProperty('--p-view-top', `${Math.round(visual.offsetTop)}px`)
  }
  // Pinch zoom also resizes the visual viewport; then the layout must stay as it is.
  const onChange = () => {
    if (visual.scale <= 1.01) follow()
  }
  visual.addEventListener('resize', onChange)
  visual.addEventListener('scroll', onChange)
  follow()
}
