/** Quick replies, loaded once and searched here, because they are wanted while one types. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api, ApiError } from '@shared/api'
import type { Page } from '@shared/types'

import { loadPinyin, soundsLike } from '../parts/pinyin'

export type Scope = 'global' | 'team' | 'personal'

export interface QuickReply {
  id: number
  code: string
  title: string
  content: string
  category: string | null
  scope: Scope
  ownerId: number | null
  teamId: number | null
  teamName: string | null
  useCount: number
  mayChange: boolean
  version: number
}

/** What a person writes down; without an owner and a team it is everybody's. */
export type QuickReplyFields = Pick<QuickReply, 'code' | 'title' | 'content' | 'category' | 'ownerId' | 'teamId'>

const FRESH_MS = 5 * 60_000
const MOST_OFFERED = 50

/** How well it fits what was typed: 0 is best, null not at all. */
function rank(one: QuickReply, wanted: string): number | null {
  const code = one.code.toLowerCase()
  if (code.startsWith(wanted)) return 0
  if (one.title.toLowerCase().includes(wanted) || soundsLike(one.title, wanted)) return 1
  if (code.includes(wanted) || one.category?.toLowerCase().includes(wanted)) return 2
  return one.content.toLowerCase().includes(wanted) ? 3 : null
}

export const useQuickReplies = defineStore('quick-replies', () => {
  const list = ref<QuickReply[]>([])
  const loaded = ref(false)
  const categories = computed(() => [...new Set(list.value.map((one) => one.category).filter((one) => one !== null && one !== ''))] as string[])
  let loadedAt = 0

  async function load(again = false): Promise<void> {
    if (!again && Date.now() - loadedAt < FRESH_MS) return
    const found: QuickReply[] = []
    const pinyin = loadPinyin()
    let pages = 1
    for (let page = 1; page <= pages; page += 1) {
      const answer = await api.get<Page<QuickReply>>('/quick-replies', { page, size: 100, sort: '-useCount' })
      found.push(...answer.list)
      pages = answer.pages
    }
    await pinyin
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

  async function save(known: QuickReply | null, fields: QuickReplyFields): Promise<void> {
    const saved = known
      ? await api.put<QuickReply>(`/quick-replies/${known.id}`, { ...fields, version: known.version })
      : await api.post<QuickReply>('/quick-replies', fields)
    list.value = [...list.value.filter((one) => one.id !== saved.id), saved]
  }

  async function remove(id: number): Promise<void> {
    await api.del(`/quick-replies/${id}`)
    list.value = list.value.filter((one) => one.id !== id)
  }

  /** What fits the words, by code, title, pinyin or text: the best fit first, then the most used. */
  function matching(query: string, category = ''): QuickReply[] {
    const wanted = query.trim().toLowerCase()
    return list.value
      .filter((one) => !category || one.category === category)
      .map((one) => ({ one, rank: rank(one, wanted) }))
      .filter((hit): hit is { one: QuickReply; rank: number } => hit.rank !== null)
      .sort((a, b) => a.rank - b.rank || b.one.useCount - a.one.useCount || a.one.id - b.one.id)
      .map(({ one }) => one)
  }

  const offered = (query: string, category = '') => matching(query, category).slice(0, MOST_OFFERED)

  return { list, loaded, categories, load, countUse, save, remove, matching, offered }
})
