/** Words and steps of a ticket as its customer sees them. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import type { Ticket, TicketStatus } from '@shared/types'

export interface DictionaryItem {
  code: string
  label: string
  labelEn?: string | null
}

export const TONE: Record<TicketStatus, string> = {
  pending: 'warning',
  processing: 'info',
  review: 'info',
  resolved: 'success',
  closed: '',
  cancelled: '',
}

export const UNDER_WAY: readonly TicketStatus[] = ['pending', 'processing', 'review']
export const ENDED: readonly TicketStatus[] = ['resolved', 'closed', 'cancelled']

/** Nothing more is written in the room of these. */
export const SHUT: readonly TicketStatus[] = ['closed', 'cancelled']

export interface Step {
  status: TicketStatus
  time: string | null
  done: boolean
  current: boolean
}

/** The way of a ticket: submitted, in work, solved, closed; a cancelled one ends where it was. */
export function stepsOf(ticket: Ticket): Step[] {
  const step = (status: TicketStatus, time: string | null, done: boolean, current = false): Step => ({ status, time, done, current })
  if (ticket.status === 'cancelled') {
    return [step('pending', ticket.createTime, true), step('cancelled', ticket.closeTime ?? ticket.updateTime, true, true)]
  }
  const order: TicketStatus[] = ['pending', 'processing', 'resolved', 'closed']
  const at = order.indexOf(ticket.status === 'review' ? 'processing' : ticket.status)
  const times: Partial<Record<TicketStatus, string | null>> = {
    pending: ticket.createTime,
    resolved: at >= 2 ? ticket.resolveTime : null,
    closed: at >= 3 ? ticket.closeTime : null,
  }
  return order.map((status, index) => step(status, times[status] ?? null, index <= at, index === at))
}

/** One ticket kept up to date while it is shown. */
export function useTicket(id: () => number) {
  const ticket = shallowRef<Ticket | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(true)

  async function fetch(): Promise<void> {
    const wanted = id()
    const answer = await api.get<Ticket>(`/tickets/${wanted}`)
    if (wanted === id()) ticket.value = answer
  }

  async function reload(): Promise<void> {
    loading.value = ticket.value === null
    error.value = null
    try {
      await fetch()
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      error.value = reason
    } finally {
      loading.value = false
    }
  }

  function refresh(): void {
    fetch().catch((reason: unknown) => {
      if (!(reason instanceof ApiError)) throw reason
    })
  }

  async function flow(status: TicketStatus, reason = ''): Promise<void> {
    await api.post(`/tickets/${id()}/flow`, reason ? { status, reason } : { status })
    await fetch()
  }

  watch(
    id,
    () => {
      ticket.value = null
      void reload()
    },
    { immediate: true },
  )
  const off = [
    live.on('ticket_update', (update) => {
      if (update.ticketId === id()) refresh()
    }),
    live.on('resumed', refresh),
  ]
  onScopeDispose(() => off.forEach((stop) => stop()))

  return { ticket, error, loading, reload, flow }
}
