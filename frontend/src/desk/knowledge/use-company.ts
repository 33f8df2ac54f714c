/** Who else has the article open, and whether somebody has saved it: asked again while the page is looked at. */
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

import { api, ApiError } from '@shared/api'

import type { IndexMark, Who } from './types'

const EVERY_MS = 20_000

interface Answer {
  others: Who[]
  version: number
  updatedBy: Who | null
  index: IndexMark
}

export function useCompany(id: Ref<number | null>, heard: (answer: Answer) => void) {
  const others = ref<Who[]>([])
  const index = shallowRef<IndexMark | null>(null)

  async function ask(): Promise<void> {
    if (id.value === null || document.visibilityState === 'hidden') return
    try {
      const answer = await api.post<Answer>(`/kb/articles/${id.value}/editing`)
      others.value = answer.others
      index.value = answer.index
      heard(answer)
    } catch (error) {
      // A hint only: the save itself says what matters.
      if (!(error instanceof ApiError)) throw error
    }
  }

  function leave(number: number | null): void {
    if (number !== null) void api.post(`/kb/articles/${number}/editing`, { closing: true }).catch(() => undefined)
  }

  const soon = () => void ask()
  const timer = setInterval(soon, EVERY_MS)
  document.addEventListener('visibilitychange', soon)
  watch(
    id,
    (_, before) => {
      leave(before ?? null)
      soon()
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', soon)
    leave(id.value)
  })

  return { others, index, ask }
}
