/** Quick replies, loaded once and searched here, because they are wanted while one types. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api, ApiError } from '@shared/api'
import { session } from '@shared/session'
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
  /** Whose it is, where it is somebody's own. */
  ownerName: string | null
  /** What became of the wish to share it; null: nobody was asked. */
  review: 'pending' | 'approved' | 'rejected' | null
  reviewNote: string | null
  proposedTeamId: number | null
  proposedTeamName: string | null
  /** The shared reply whose place it would take. */
  replacesId: number | null
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

/** One's own or shared: what somebody else proposes may be looked at, not used. */
export function isUsable(one: QuickReply): boolean {
  return one.scope !== 'personal' || one.ownerId === session.actor?.userId
}

/** "售后/退款" stands below "售后". */
export function isWithin(category: string | null, wanted: string): boolean {
  return category !== null && (category === wanted || category.startsWith(`${wanted}/`))
}

/** Every level of every category, parents before what stands below them. */
function tree(list: readonly QuickReply[]): string[] {
  const all = new Set<string>()
  for (const { category } of list) {
    const levels = (category ?? '').split('/').filter(Boolean)
    levels.forEach((_, depth) => all.add(levels.slice(0, depth + 1).join('/')))
  }
  return [...all].sort((a, b) => a.localeCompare(b))
}

export const useQuickReplies = defineStore('quick-replies', () => {
  const list = ref<QuickReply[]>([])
  const loaded = ref(false)
  const usable = computed(() => list.value.filter(isUsable))
  const categories = computed(() => tree(usable.value))
  /** What others propose and somebody who leads is to look at. */
  const proposed = computed(() => list.value.filter((one) => one.review === 'pending' && !isUsable(one)))
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

  async function propose(id: number, to: { teamId?: number; replacesId?: number }): Promise<void> {
    replace(await api.post<QuickReply>(`/quick-replies/${id}/propose`, to))
  }

  async function withdraw(id: number): Promise<void> {
    replace(await api.post<QuickReply>(`/quick-replies/${id}/withdraw`))
  }

  /** The verdict about what a colleague proposes; approved words may take the place of others. */
  async function review(one: QuickReply, approved: boolean, note = ''): Promise<void> {
    await api.post(`/quick-replies/${one.id}/review`, { approved, note, version: one.version })
    await load(true)
  }

  function replace(saved: QuickReply): void {
    list.value = list.value.map((one) => (one.id === saved.id ? saved : one))
  }

  async function remove(id: number): Promise<void> {
    await api.del(`/quick-replies/${id}`)
    list.value = list.value.filter((one) => one.id !== id)
  }

  /** What fits the words, by code, title, pinyin or text: the best fit first, then the most used. */
  function matching(query: string, category = ''): QuickReply[] {
    const wanted = query.trim().toLowerCase()
    return usable.value
      .filter((one) => !category || isWithin(one.category, category))
      .map((one) => ({ one, rank: rank(one, wanted) }))
      .filter((hit): hit is { one: QuickReply; rank: number } => hit.rank !== null)
      .sort((a, b) => a.rank - b.rank || b.one.useCount - a.one.useCount || a.one.id - b.one.id)
      .map(({ one }) => one)
  }

  const offered = (query: string, category = '') => matching(query, category).slice(0, MOST_OFFERED)

  return { list, loaded, categories, proposed, load, countUse, save, propose, withdraw, review, remove, matching, offered }
})
