/** A thread belongs to a conversation or to a ticket: how it is named in storage, in events and in addresses. */
import type { ThreadRef } from './types'

export function threadKey(ref: ThreadRef): string {
  return 'sessionId' in ref ? `session:${ref.sessionId}` : `ticket:${ref.ticketId}`
}

export function refOf(event: { sessionId?: number | null; ticketId?: number | null }): ThreadRef | null {
  if (event.sessionId) return { sessionId: event.sessionId }
  return event.ticketId ? { ticketId: event.ticketId } : null
}

export function restPath(thread: ThreadRef): string {
  return 'sessionId' in thread ? `/sessions/${thread.sessionId}` : `/tickets/${thread.ticketId}`
}
