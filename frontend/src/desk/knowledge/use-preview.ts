/** The text as readers will see it: the server's own rendering, asked for a moment after the last stroke. */
import { onScopeDispose, ref, watch } from 'vue'

import { api, ApiError } from '@shared/api'

const QUIET_MS = 250

export function usePreview(text: () => string, wanted: () => boolean) {
  const html = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let request: AbortController | null = null

  async function render(): Promise<void> {
    request?.abort()
    request = new AbortController()
    try {
      html.value = text().trim() ? (await api.post<{ html: string }>('/kb/preview', { body: text() }, { signal: request.signal })).html : ''
    } catch (error) {
      // What was shown last stays; the next stroke asks again.
      if (!(error instanceof ApiError)) throw error
    }
  }

  watch(
    [text, wanted],
    () => {
      clearTimeout(timer)
      if (wanted()) timer = setTimeout(() => void render(), html.value ? QUIET_MS : 0)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    request?.abort()
  })

  return html
}
