/** Walking through the list by keyboard: j and k or the arrows move, Enter opens, x ticks, / goes to the search. */
import { onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue'

import { isTypingTarget } from '@shared/a11y'

interface Actions {
  open: (id: number) => void
  tick: (id: number) => void
}

/** Where a step leads among these numbers; from nowhere to the first, or to the last. */
export function stepTo(ids: readonly number[], current: number | null, by: 1 | -1): number | null {
  const at = current === null ? -1 : ids.indexOf(current)
  if (at < 0) return ids.at(by > 0 ? 0 : -1) ?? null
  return ids[Math.min(ids.length - 1, Math.max(0, at + by))] ?? null
}

/** Something else has the keys: a dialog, an open menu, or a control that was chosen by Tab. */
function isElsewhere(event: KeyboardEvent): boolean {
  if (isTypingTarget(event) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true
  if (document.querySelector('[role="dialog"][aria-modal="true"], .el-overlay:not([style*="display: none"])')) return true
  return Boolean((event.target as HTMLElement | null)?.closest('[role="menu"], [role="listbox"], [role="dialog"]'))
}

export function useKeys(rows: Readonly<Ref<{ id: number }[]>>, { open, tick }: Actions) {
  const current = ref<number | null>(null)

  watch(rows, (now) => {
    if (!now.some((one) => one.id === current.value)) current.value = null
  })

  function move(by: 1 | -1): void {
    current.value = stepTo(rows.value.map((one) => one.id), current.value, by)
  }

  function onKeydown(event: KeyboardEvent): void {
    if (isElsewhere(event)) return
    const onControl = Boolean((event.target as HTMLElement | null)?.closest('a, button'))
    if (event.key === 'j' || event.key === 'ArrowDown') move(1)
    else if (event.key === 'k' || event.key === 'ArrowUp') move(-1)
    else if (event.key === '/') document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus()
    else if (event.key === 'Escape' && current.value !== null) current.value = null
    else if (event.key === 'x' && current.value !== null) tick(current.value)
    else if (event.key === 'Enter' && current.value !== null && !onControl) open(current.value)
    else return
    event.preventDefault()
  }

  onMounted(() => window.addEventListener('keydown', onKeydown))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKeydown))

  return { current }
}
