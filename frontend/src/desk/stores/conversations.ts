/** The agent's lists (mine, queue, closed) and every conversation this page has met, kept fresh by events. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef } from 'vue'

import { api, ApiError, isAborted } from '@shared/api'
import { translate } from '@shared/i18n'
import { live } from '@shared/live'
import { customerName } from '@shared/names'
import { lastOf } from '@shared/preview'
import { session } from '@shared/session'
import type { AgentBrief, Conversation, Message, Page } from '@shared/types'

import { maySeeQueue } from '../parts/taking'
import { waitingAfter } from '../parts/waiting'
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

const SIZE = 50

/** Words of people to each other, as the server counts them. */
function isSaid(message: Message): boolean {
  return message.type === 'text' || message.type === 'image' || message.type === 'file'
}

function emptyTab(): TabState {
  return { ids: [], total: 0, page: 0, pages: 0, loading: false, loaded: false }
}

export const useConversations = defineStore('conversations', () => {
  const byId = reactive(new Map<number, Conversation>())
  const tabs = reactive<Record<Tab, TabState>>({ mine: emptyTab(), queue: emptyTab(), closed: emptyTab() })
  const error = shallowRef<ApiError | null>(null)
  const tab = ref<Tab>('mine')
  const query = ref('')
  const openId = ref<number | null>(null)
  const alerts = useAlerts()
  const requests: Partial<Record<Tab, AbortController>> = {}
  let refreshTimer: ReturnType<typeof setTimeout> | undefined

  const isMyself = (agent: AgentBrief | null) => agent !== null && agent.id === session.actor?.agentId
  const isMine = (one: Conversation) => isMyself(one.agent)

  const shown = computed(() => {
    const list = tabs[tab.value].ids.map((id) => byId.get(id)).filter((one): one is Conversation => one !== undefined)
    const time = (one: Conversation) => one.lastMessage?.createTime ?? one.createTime
    if (tab.value === 'queue') {
      return list.sort(
        (a, b) => (a.queue?.position ?? 1e9) - (b.queue?.position ?? 1e9) || a.createTime.localeCompare(b.createTime),
      )
    }
    return list.sort((a, b) => time(b).localeCompare(time(a)))
  })
  const unread = computed(() =>
    tabs.mine.ids.reduce((sum, id) => sum + (id === openId.value ? 0 : (byId.get(id)?.unread ?? 0)), 0),
  )

  function keep(conversation: Conversation): Conversation {
    const known = byId.get(conversation.id)
    if (known) Object.assign(known, conversation)
    else byId.set(conversation.id, conversation)
    return byId.get(conversation.id)!
  }

  function listCall(which: Tab, page: number, signal: AbortSignal): Promise<Page<Conversation>> {
    const common = { page, size: SIZE, q: query.value }
    if (which === 'queue') return api.get('/sessions/unassigned', common, { signal })
    const status = which === 'mine' ? 'active,on_hold' : 'closed'
    return api.get('/sessions', { ...common, status, agentId: 'me' }, { signal })
  }

  async function load(which: Tab = tab.value, page = 1): Promise<void> {
    requests[which]?.abort()
    const abort = new AbortController()
    requests[which] = abort
    const state = tabs[which]
    state.loading = true
    try {
      const answer = await listCall(which, page, abort.signal)
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
    clearTimeout(refreshTimer)
    refreshTimer = setTimeout(() => {
      void load('mine')
      if (maySeeQueue()) void load('queue')
      if (tab.value === 'closed') void load('closed')
    }, 300 + Math.random() * 500)
  }

  async function fetchOne(id: number): Promise<Conversation> {
    return keep(await api.get<Conversation>(`/sessions/${id}`))
  }

  function noteMessage(message: Message): void {
    const one = message.sessionId ? byId.get(message.sessionId) : undefined
    if (!one) {
      if (message.sessionId) refreshSoon()
      return
    }
    const fresh = message.seq > one.lastSeq
    if (fresh || message.seq === one.lastMessage?.seq) {
      one.lastSeq = Math.max(one.lastSeq, message.seq)
      one.lastMessage = lastOf(message)
    }
    if (isSaid(message) && message.seq >= (one.lastSaid?.seq ?? 0)) one.lastSaid = lastOf(message)
    if (fresh) one.waitingSince = waitingAfter(one, message)
    if (!fresh || message.sender.kind !== 'customer') return
    const looking = openId.value === one.id && document.visibilityState === 'visible'
    if (!looking) one.unread += 1
    if (isMine(one)) alerts.call({ title: customerName(one.customer), text: translate('desk.notice.message'), link: `/desk/c/${one.id}` })
  }

  function markRead(id: number): void {
    const one = byId.get(id)
    if (one) one.unread = 0
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
      // What one has already read here is not unread again because of an older event.
      const { unread: told, ...rest } = conversation
      Object.assign(known, rest)
      if (told !== undefined && openId.value !== sessionId) known.unread = told
    }
    refreshSoon()
  })
  live.on('queue', ({ sessionId, position, expectedWaitSeconds }) => {
    const one = byId.get(sessionId)
    if (one) one.queue = { position, expectedWaitSeconds }
  })
  live.on('resumed', refreshSoon)

  return {
    byId,
    tabs,
    tab,
    query,
    error,
    openId,
    shown,
    unread,
    isMine,
    isMyself,
    load,
    refreshSoon,
    fetchOne,
    markRead,
    act,
  }
})
