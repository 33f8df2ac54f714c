/** A finger that rests on something: what a mouse does by hovering. Moving or scrolling is no rest. */
const REST_MS = 450
const STILL_PX = 10

/** Listeners for an element, to bind with `v-on`; `pressed` is called while the finger is still down. */
export function useLongPress(pressed: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let from = { x: 0, y: 0 }
  let done = false

  const cancel = () => clearTimeout(timer)

  /** What the browser itself makes of a long press, and of lifting the finger after it, is not wanted. */
  function swallow(event: Event): void {
    if (!done) return
    event.preventDefault()
    event.stopPropagation()
  }

  return {
    pointerdown(event: PointerEvent): void {
      cancel()
      done = false
      if (event.pointerType === 'mouse' || !event.isPrimary) return
      from = { x: event.clientX, y: event.clientY }
      timer = setTimeout(() => {
        done = true
        pressed()
      }, REST_MS)
    },
    pointermove(event: PointerEvent): void {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > STILL_PX) cancel()
    },
    pointerup: cancel,
    pointercancel: cancel,
    contextmenu: swallow,
    clickCapture: swallow,
  }
}
