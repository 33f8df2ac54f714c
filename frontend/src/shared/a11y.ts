/** Keyboard focus in layers: a dialog keeps it inside and gives it back when it closes. */
import { onBeforeUnmount, onMounted, type Ref } from 'vue'

const FOCUSABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), [tabindex]:not([tabindex="-1"])'

/** For the component that is the layer: mounted when it opens, unmounted when it closes. */
export function useFocusTrap(root: Ref<HTMLElement | null>, onEscape?: () => void): void {
  const before = document.activeElement as HTMLElement | null

  function onKeydown(event: KeyboardEvent): void {
    if (event.key === 'Escape' && onEscape) {
      event.stopPropagation()
      onEscape()
    }
    if (event.key !== 'Tab' || !root.value) return
    const items = [...root.value.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((one) => one.offsetParent)
    const first = items[0]
    const last = items[items.length - 1]
    if (!first || !last) return
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault()
      last.focus()
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault()
      first.focus()
    }
  }

  onMounted(() => {
    root.value?.addEventListener('keydown', onKeydown)
    const wanted = root.value?.querySelector<HTMLElement>('[data-autofocus], [autofocus]') ?? root.value?.querySelector<HTMLElement>(FOCUSABLE)
    wanted?.focus()
  })
  onBeforeUnmount(() => {
    root.value?.removeEventListener('keydown', onKeydown)
    before?.focus?.()
  })
}

/** True where keys belong to a field, so that page shortcuts must stay silent. */
export function isTypingTarget(event: Event): boolean {
  const target = event.target as HTMLElement | null
  if (!target) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** A phone or tablet: no hover, and Enter on its keyboard should not send by surprise. */
export function isTouchDevice(): boolean {
  return window.matchMedia('(hover: none) and (pointer: coarse)').matches
}
