/** Verification codes: asked for once a minute for each phone or mailbox, whichever form asks. */
import { computed, onScopeDispose, reactive, ref, watch } from 'vue'

import { api, ApiError } from './api'
import { errorText } from './errors'
import { translate } from './i18n'

export type CodePurpose = 'login' | 'reset' | 'verify'

/** What the server grants by default (CODE_RATE); it has the last word. */
const PAUSE_MS = 60_000

/** The latest code asked for on this page, by target: for what, and until when to wait before the next. */
const asked = reactive(new Map<string, { purpose: CodePurpose; until: number }>())

function keyOf(target: string): string {
  return target.replace(/[\s()-]/g, '').toLowerCase()
}

export function useCode(purpose: CodePurpose, target: () => string) {
  const now = ref(Date.now())
  const busy = ref(false)
  const failure = ref('')
  const key = computed(() => keyOf(target()))
  const latest = computed(() => asked.get(key.value))
  /** Seconds until the next one may be asked for. */
  const left = computed(() => Math.max(0, Math.ceil(((latest.value?.until ?? 0) - now.value) / 1000)))
  const sent = computed(() => latest.value?.purpose === purpose)

  let clock = 0
  const stop = () => window.clearInterval(clock)
  function tick(): void {
    now.value = Date.now()
    if (left.value === 0) stop()
  }
  function count(): void {
    stop()
    clock = window.setInterval(tick, 500)
    tick()
  }
  watch(latest, count, { immediate: true })
  watch(key, () => (failure.value = ''))
  onScopeDispose(stop)

  async function send(): Promise<boolean> {
    if (busy.value || left.value > 0) return false
    failure.value = ''
    if (!key.value) {
      failure.value = translate('code.noTarget')
      return false
    }
    const wanted = key.value
    busy.value = true
    try {
      await api.post('/auth/codes', { target: target().trim(), purpose })
      asked.set(wanted, { purpose, until: Date.now() + PAUSE_MS })
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failure.value = errorText(error)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, failure, left, sent, send }
}
