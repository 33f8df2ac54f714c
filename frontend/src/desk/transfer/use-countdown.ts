/** Whole seconds until a moment, ticking while it is shown. */
import { computed, onScopeDispose, ref } from 'vue'

export function useCountdown(until: () => string | undefined) {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 500)
  onScopeDispose(() => clearInterval(timer))
  return computed(() => {
    const moment = until()
    return moment ? Math.max(0, Math.ceil((Date.parse(moment) - now.value) / 1000)) : 0
  })
}
