/** Words and steps of a ticket as its customer sees them. */
import { computed, onScopeDispose, shallowRef, watch } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import { identity } from '@shared/session'
import type { ShownMessage } from '@shared/thread'
import type { Page, Ticket, TicketStatus } from '@shared/types'

import { isCustomer } from './customer'
import { useFollowed } from './load'

/** Newest tickets that are looked through for what is unread. */
const LOOKED_THROUGH = 50

/** The customer's tickets as they were last looked at, for the dot on the tab. */
const known = shallowRef<Ticket[]>([])
export const unreadTickets = computed(() => known.value.filter((ticket) => ticket.unread > 0).length)
/** How many wait for a word of the customer. */
export const waitingTickets = computed(() => known.value.filter((ticket) => ticket.status === 'waiting').length)

/** In the background: the dot is only late when this fails, and the next event asks again. */
export function refreshUnreadTickets(): void {
  if (!isCustomer.value) {
    known.value = []
    return
  }
  api
    .get<Page<Ticket>>('/tickets', { size: LOOKED_THROUGH, sort: '-id' })
    .then((page) => (known.value = page.list))
    .catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })
}

/** `changed` runs soon after something happened to one of the customer's tickets. */
export function onTicketNews(changed: () => void): void {
  let soon: ReturnType<typeof setTimeout> | undefined
  const later = (event: { ticketId?: number | null }) => {
    if (!event.ticketId) return
    clearTimeout(soon)
    soon = setTimeout(changed, 400)
  }
  const off = [live.on('message', later), live.on('ticket_update', later), live.on('status_update', later), live.on('resumed', changed)]
  onScopeDispose(() => {
    clearTimeout(soon)
    off.forEach((stop) => stop())
  })
}

/** Call once for the whole page. */
export function followUnreadTickets(): void {
  onTicketNews(refreshUnreadTickets)
  watch(identity, refreshUnreadTickets)
}

export interface DictionaryItem {
  code: string
  label: string
  labelEn?: string | null
}

export const TONE: Record<TicketStatus, string> = {
  pending: 'warning',
  processing: 'info',
  waiting: 'warning',
  review: 'info',
  resolved: 'success',
  closed: '',
  cancelled: '',
}

/** The words for a state, as its customer reads it. */
export function wordsOf(status: TicketStatus): string {
  return status === 'waiting' ? 'portal.ticket.waitsForYou' : `ticketStatus.${status}`
}

export const UNDER_WAY: readonly TicketStatus[] = ['pending', 'processing', 'waiting', 'review']
/** Nothing more is written in the room of these. */
export const SHUT: readonly TicketStatus[] = ['closed', 'cancelled']

export interface Step {
  status: TicketStatus
  time: string | null
  done: boolean
  current: boolean
}

/** When work on a ticket began, or began again, as far as its room tells. */
export function startOfWork(messages: readonly ShownMessage[]): string | null {
  const began = messages.filter(
    (one) => one.type === 'system' && one.payload?.event === 'status' && one.payload.params?.to === 'processing',
  )
  return began[began.length - 1]?.createTime ?? null
}

/** The way of a ticket: submitted, in work, solved, closed; a cancelled one ends where it was. */
export function stepsOf(ticket: Ticket, started: string | null): Step[] {
  const step = (status: TicketStatus, time: string | null, done: boolean, current = false): Step => ({ status, time, done, current })
  if (ticket.status === 'cancelled') {
    return [step('pending', ticket.createTime, true), step('cancelled', ticket.closeTime ?? ticket.updateTime, true, true)]
  }
  const order: TicketStatus[] = ['pending', 'processing', 'resolved', 'closed']
  const at = order.indexOf(ticket.status === 'review' || ticket.status === 'waiting' ? 'processing' : ticket.status)
  const times: Partial<Record<TicketStatus, string | null>> = {
    pending: ticket.createTime,
    processing: at >= 1 ? started : null,
    resolved: at >= 2 ? ticket.resolveTime : null,
    closed: at >= 3 ? ticket.closeTime : null,
  }
  return order.map((status, index) => step(status, times[status] ?? null, index <= at, index === at))
}

/** One ticket kept up to date while it is shown. */
export function useTicket(id: () => number) {
  const { data: ticket, error, loading, fetch, reload, refresh } = useFollowed<Ticket>(() => `/tickets/${id()}`)

  async function flow(status: TicketStatus, reason = ''): Promise<void> {
    await api.post(`/tickets/${id()}/flow`, reason ? { status, reason } : { status })
    await fetch()
  }

  const off = [
    live.on('ticket_update', (update) => {
      if (update.ticketId === id()) refresh()
    }),
    live.on('resumed', refresh),
  ]
  onScopeDispose(() => off.forEach((stop) => stop()))

  return { ticket, error, loading, reload, flow }
}
