/** Quick replies, loaded once and searched here, because they are wanted while one types. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api, ApiError } from '@shared/api'
import type { Page } from '@shared/types'

export interface QuickReply {
  id: number
  code: string
  title: string
  content: string
  scope: 'global' | 'personal'
  useCount: number
}

const FRESH_MS = 5 * 60_000

export const useQuickReplies = defineStore('quick-replies', () => {
  const list = ref<QuickReply[]>([])
  const loaded = ref(false)
  let loadedAt = 0

  async function load(): Promise<void> {
    if (Date.now() - loadedAt < FRESH_MS) return
    const found: QuickReply[] = []
    let pages = 1
    for (let page = 1; page <= pages; page += 1) {
      const answer = await api.get<Page<QuickReply>>('/quick-replies', { page, size: 100, sort: '-useCount' })
      found.push(...answer.list)
      pages = answer.pages
    }
    list.value = found
    loaded.value = true
    loadedAt = Date.now()
  }

  /** An agent has sent it: what is used most is offered first. */
  async function countUse(id: number): Promise<void> {
    try {
      const { useCount } = await api.post<{ useCount: number }>(`/quick-replies/${id}/use`)
      list.value = list.value.map((one) => (one.id === id ? { ...one, useCount } : one))
    } catch (reason) {
      // The message itself is on its way: a use that was not counted is no matter to the agent.
      if (!(reason instanceof ApiError)) throw reason
    }
  }

  /** What fits the words: those whose code begins with them, then the rest, each the most used first. */
  function matching(query: string): QuickReply[] {
    const wanted = query.toLowerCase()
    const hits = list.value.filter((one) => `${one.code} ${one.title} ${one.content}`.toLowerCase().includes(wanted))
    const rank = (one: QuickReply) => (one.code?.toLowerCase().startsWith(wanted) ? 0 : 1)
    return hits.sort((a, b) => rank(a) - rank(b) || b.useCount - a.useCount || a.id - b.id).slice(0, 20)
  }

  return { list, loaded, load, countUse, matching }
})
