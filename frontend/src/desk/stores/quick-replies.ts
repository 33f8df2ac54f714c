/** Quick replies, loaded once and searched here, because they are wanted while one types. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api } from '@shared/api'
import type { Page } from '@shared/types'

export interface QuickReply {
  id: number
  code: string
  title: string
  content: string
  scope: 'global' | 'personal'
}

const FRESH_MS = 5 * 60_000

export const useQuickReplies = defineStore('quick-replies', () => {
  const list = ref<QuickReply[]>([])
  const loaded = ref(false)
  let loadedAt = 0

  async function load(): Promise<void> {
    if (Date.now() - loadedAt < FRESH_MS) return
    const answer = await api.get<QuickReply[] | Page<QuickReply>>('/quick-replies', { size: 100 })
    list.value = Array.isArray(answer) ? answer : answer.list
    loaded.value = true
    loadedAt = Date.now()
  }

  function matching(query: string): QuickReply[] {
    const wanted = query.toLowerCase()
    const hits = list.value.filter((one) => `${one.code} ${one.title} ${one.content}`.toLowerCase().includes(wanted))
    const rank = (one: QuickReply) => (one.code?.toLowerCase().startsWith(wanted) ? 0 : 1)
    return hits.sort((a, b) => rank(a) - rank(b)).slice(0, 20)
  }

  return { list, loaded, load, matching }
})
