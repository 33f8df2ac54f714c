/** The customer's own conversations: the one that is open, and one that is looked at. */
import { onScopeDispose, shallowRef, watch } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import { identity } from '@shared/session'
import type { Conversation, Page } from '@shared/types'

import { isCustomer } from './customer'
import type { Answers } from './form'
import { useFollowed } from './load'

const OPEN = 'bot,queued,active,on_hold'
const POLL_MS = 15_000

/** The open conversation, for the banner of the home page and the dot on the tab; null when there is none. */
export const openConversation = shallowRef<Conversation | null>(null)

export async function findOpenConversation(): Promise<Conversation | null> {
  if (!isCustomer.value) return (openConversation.value = null)
  const page = await api.get<Page<Conversation>>('/sessions', { status: OPEN, size: 1, sort: '-createTime' })
  return (openConversation.value = page.list[0] ?? null)
}

/** In the background: the banner is only late when this fails, and the next event asks again. */
export function refreshOpenConversation(): void {
  findOpenConversation().catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error
  })
}

/** Call once for the whole page. */
export function followOpenConversation(): void {
  let soon: ReturnType<typeof setTimeout> | undefined
  const later = () => {
    clearTimeout(soon)
    soon = setTimeout(refreshOpenConversation, 400)
  }
  const off = [live.on('session_update', later), live.on('message', later), live.on('resumed', later)]
  watch(identity, refreshOpenConversation)
  onScopeDispose(() => {
    clearTimeout(soon)
    off.forEach((stop) => stop())
  })
}

/** Waits while none of our people is on line: nobody knows how long. */
export function nobodyThere(conversation: Conversation | null): boolean {
  const place = conversation?.status === 'queued' ? conversation.queue : null
  return place?.expectedWaitSeconds === null || place?.isOpen === false
}

/** One conversation kept up to date while it is shown. */
export function useConversation(id: () => number) {
  const { data: conversation, error, loading, fetch, reload, refresh } = useFollowed<Conversation>(() => `/sessions/${id()}`)

  function patch(change: Partial<Conversation>): void {
    if (conversation.value) conversation.value = { ...conversation.value, ...change }
  }

  const off = [
    live.on('session_update', (update) => {
      if (update.sessionId !== id()) return
      patch(update.conversation)
      refresh()
    }),
    live.on('queue', (place) => {
      if (place.sessionId !== id()) return
      const { position, expectedWaitSeconds } = place
      patch({ queue: { ...conversation.value?.queue, position, expectedWaitSeconds } })
    }),
    live.on('resumed', refresh),
  ]
  // Somebody who waits must not depend on an event that got lost.
  const poll = setInterval(() => {
    if (conversation.value?.status === 'queued' && document.visibilityState === 'visible') refresh()
  }, POLL_MS)
  onScopeDispose(() => {
    off.forEach((stop) => stop())
    clearInterval(poll)
  })

  async function handOver(form: Answers | null = null): Promise<void> {
    await api.post(`/sessions/${id()}/handover`, form ? { form } : {})
    await fetch()
  }

  /** Somebody whom the assistant has handed over says afterwards what others say before. */
  async function fillForm(form: Answers): Promise<void> {
    await api.post(`/sessions/${id()}/form`, { form })
    await fetch()
  }

  async function close(reason = ''): Promise<void> {
    await api.put(`/sessions/${id()}/close`, reason ? { reason } : {})
    await fetch()
  }

  async function backToBot(): Promise<void> {
    await api.post(`/sessions/${id()}/to-bot`)
    await fetch()
  }

  async function leaveMessage(clientMsgId: string, text: string, contact: string, form: Answers | null): Promise<void> {
    await api.post(`/sessions/${id()}/left-message`, { clientMsgId, text, contact, ...(form && { form }) })
    await fetch()
  }

  return { conversation, error, loading, reload, handOver, fillForm, close, backToBot, leaveMessage }
}
