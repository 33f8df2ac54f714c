/** The agent's lists (mine, queue, closed) and every conversation this page has met, kept fresh by events. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'

import { api, ApiError, isAborted } from '@shared/api'
import { translate } from '@shared/i18n'
import { live } from '@shared/live'
import { customerName } from '@shared/names'
import { lastOf } from '@shared/preview'
import { isMyself } from '@shared/session'
import type { Conversation, Message, Page } from '@shared/types'

import { saidTime } from '../parts/said'
import { maySeeQueue } from '../parts/taking'
import { waitingAfter, waitingSince } from '../parts/waiting'
import { useAlerts } from './alerts'

export type Tab = 'mine' | 'queue' | 'closed'

interface TabState {
  ids: number[]
  total: number
  page: number
  pages: number
  loading: boolean
  loaded: boolean
}

const SIZE = 100
/** Of one's own all are kept at hand, so that the list can be filtered and moved through without waiting. */
const MOST_PAGES = 5

export const SINCE = ['', 'today', 'week', 'month'] as const
const DAYS: Record<string, number> = { today: 0, week: 6, month: 29 }

export interface Filters {
  whose: 'me' | 'team' | 'all'
  status: '' | 'active' | 'on_hold'
  since: (typeof SINCE)[number]
  vip: boolean
  waiting: boolean
  unread: boolean
}

export const NO_FILTERS: Readonly<Filters> = { whose: 'me', status: '', since: '', vip: false, waiting: false, unread: false }

/** From the beginning of a day here, as the server understands it. */
function sinceTime(since: Filters['since']): string | undefined {
  if (!since) return undefined
  const day = new Date()
  day.setHours(0, 0, 0, 0)
  day.setDate(day.getDate() - DAYS[since]!)
  return day.toISOString()
}

/** Words of people to each other, as the server counts them. */
function isSaid(message: Message): boolean {
  return ['text', 'image', 'file', 'voice'].includes(message.type)
}

function emptyTab(): TabState {
  return { ids: [], total: 0, page: 0, pages: 0, loading: false, loaded: false }
}

/** What messages make of a conversation. */
function ofMessages({ lastSeq, changeSeq, unread, lastMessage, lastSaid, waitingSince }: Conversation): Partial<Conversation> {
  return { lastSeq, changeSeq, unread, lastMessage, lastSaid, waitingSince }
}

export const useConversations = defineStore('conversations', () => {
  const byId = reactive(new Map<number, Conversation>())
  const tabs = reactive<Record<Tab, TabState>>({ mine: emptyTab(), queue: emptyTab(), closed: emptyTab() })
  const error = shallowRef<ApiError | null>(null)
  const tab = ref<Tab>('mine')
  const query = ref('')
  const filters = reactive<Filters>({ ...NO_FILTERS })
  const openId = ref<number | null>(null)
  const alerts = useAlerts()
  const requests: Partial<Record<Tab, AbortController>> = {}
  /** How far each has been read here: what the server told before it knew that makes nothing unread again. */
  const readHere = new Map<number, number>()
  let refreshTimer: ReturnType<typeof setTimeout> | undefined

  const isMine = (one: Conversation) => isMyself(one.agent)

  /** What the server does not filter, because it changes with every message. */
  function fits(one: Conversation): boolean {
    if (filters.waiting && !waitingSince(one)) return false
    if (filters.vip && one.customer.vipLevel === 0) return false
    return !filters.unread || tab.value !== 'mine' || one.unread > 0 || one.id === openId.value
  }

  const shown = computed(() => {
    const list = tabs[tab.value].ids.map((id) => byId.get(id)).filter((one): one is Conversation => one !== undefined && fits(one))
    if (tab.value === 'queue') {
      return list.sort(
        (a, b) => (a.queue?.position ?? 1e9) - (b.queue?.position ?? 1e9) || a.createTime.localeCompare(b.createTime),
      )
    }
    return list.sort((a, b) => saidTime(b).localeCompare(saidTime(a)))
  })
  const unread = computed(() =>
    [...byId.values()].reduce((sum, one) => sum + (isMine(one) && one.status !== 'closed' ? one.unread : 0), 0),
  )

  function keep(told: Conversation): Conversation {
    const known = byId.get(told.id)
    // Asked for before the newest message, answered after it came: what that message changed stays.
    const conversation = known && told.changeSeq < known.changeSeq ? { ...told, ...ofMessages(known) } : told
    if (conversation.lastSeq <= (readHere.get(conversation.id) ?? -1)) conversation.unread = 0
    if (known) Object.assign(known, conversation)
    else byId.set(conversation.id, conversation)
    return byId.get(conversation.id)!
  }

  function listCall(which: Tab, page: number, signal: AbortSignal): Promise<Page<Conversation>> {
    const common = { page, size: SIZE, q: query.value }
    if (which === 'queue') return api.get('/sessions/unassigned', common, { signal })
    const status = which === 'mine' ? filters.status || 'active,on_hold' : 'closed'
    const whose = which === 'mine' ? filters.whose : 'me'
    const agentId = whose === 'all' ? undefined : whose
    const narrow = { since: sinceTime(filters.since), vip: filters.vip || undefined }
    return api.get('/sessions', { ...common, status, agentId, ...narrow }, { signal })
  }

  /** Everything of one's own, of the other lists the page that was asked for. */
  async function fetchPages(which: Tab, page: number, signal: AbortSignal): Promise<Page<Conversation>> {
    const found = await listCall(which, page, signal)
    if (which !== 'mine') return found
    for (let next = 2; next <= Math.min(found.pages, MOST_PAGES); next += 1) {
      const more = await listCall(which, next, signal)
      found.list.push(...more.list)
      found.page = next
    }
    return found
  }

  async function load(which: Tab = tab.value, page = 1): Promise<void> {
    requests[which]?.abort()
    const abort = new AbortController()
    requests[which] = abort
    const state = tabs[which]
    state.loading = true
    try {
      const answer = await fetchPages(which, page, abort.signal)
      answer.list.forEach(keep)
      const ids = answer.list.map((one) => one.id)
      state.ids = page === 1 ? ids : [...new Set([...state.ids, ...ids])]
      Object.assign(state, { total: answer.total, page: answer.page, pages: answer.pages, loaded: true })
      error.value = null
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (!isAborted(reason)) error.value = reason
    } finally {
      if (requests[which] === abort) state.loading = false
    }
  }

  /** Several events close together ask once; a little jitter keeps many desks from asking at the same moment. */
  function refreshSoon(): void {
    // Not put off by the next event: where something happens all the time the list would never come.
    refreshTimer ??= setTimeout(() => {
      refreshTimer = undefined
      void load('mine')
      if (maySeeQueue()) void load('queue')
      if (tab.value === 'closed') void load('closed')
    }, 300 + Math.random() * 500)
  }

  async function fetchOne(id: number): Promise<Conversation> {
    return keep(await api.get<Conversation>(`/sessions/${id}`))
  }

  /** Those of these that one may see; returns which. */
  async function fetchThese(ids: readonly number[]): Promise<number[]> {
    const answer = await api.get<Page<Conversation>>('/sessions', { ids: ids.join(','), size: ids.length })
    return answer.list.map(keep).map((one) => one.id)
  }

  function noteMessage(message: Message): void {
    const one = message.sessionId ? byId.get(message.sessionId) : undefined
    if (!one) {
      if (message.sessionId) refreshSoon()
      return
    }
    const fresh = message.seq > one.lastSeq
    one.changeSeq = Math.max(one.changeSeq, message.changeSeq)
    if (fresh || message.seq === one.lastMessage?.seq) {
      one.lastSeq = Math.max(one.lastSeq, message.seq)
      one.lastMessage = lastOf(message)
    }
    if (isSaid(message) && message.seq >= (one.lastSaid?.seq ?? 0)) one.lastSaid = lastOf(message)
    if (fresh) one.waitingSince = waitingAfter(one, message)
    if (!fresh || message.sender.kind !== 'customer') return
    // Where the end of the messages is in view the room says at once that it was seen.
    one.unread += 1
    const looking = openId.value === one.id && document.visibilityState === 'visible'
    if (!looking && isMine(one)) alerts.call({ title: customerName(one.customer), text: translate('desk.notice.message'), link: `/desk/c/${one.id}` })
  }

  function markRead(id: number): void {
    const one = byId.get(id)
    if (!one) return
    one.unread = 0
    readHere.set(id, one.lastSeq)
  }

  async function act(id: number, action: string, body: object = {}, method: 'post' | 'put' = 'post'): Promise<void> {
    const answer = await api[method]<Partial<Conversation> | null>(`/sessions/${id}/${action}`, body)
    if (answer && answer.id === id && answer.status) keep(answer as Conversation)
    else await fetchOne(id)
    refreshSoon()
  }

  live.on('message', noteMessage)
  live.on('session_update', ({ sessionId, conversation }) => {
    const known = byId.get(sessionId)
    if (known && conversation) {
      const stays = known.status === conversation.status && known.agent?.id === conversation.agent?.id
      keep({ ...known, ...conversation })
      if (stays) return
    }
    refreshSoon()
  })
  live.on('mood', ({ sessionId, mood }) => {
    const one = byId.get(sessionId)
    if (one) one.mood = mood
  })
  live.on('queue', ({ sessionId, position, expectedWaitSeconds }) => {
    const one = byId.get(sessionId)
    if (one) one.queue = { position, expectedWaitSeconds }
  })
  live.on('resumed', refreshSoon)
  watch([() => ({ ...filters }), tab], ([, now], [, before]) => {
    if (now === before) void load()
  })

  return {
    byId,
    tabs,
    tab,
    query,
    filters,
    error,
    openId,
    shown,
    unread,
    isMine,
    load,
    refreshSoon,
    fetchOne,
    fetchThese,
    markRead,
    act,
  }
})
