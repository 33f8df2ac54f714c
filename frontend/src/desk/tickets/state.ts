/** What follows from the state of a ticket. */
import type { Ticket, TicketStatus } from '@shared/types'

/** Nobody works on it any more; its room is closed. */
export function hasEnded({ status }: Pick<Ticket, 'status'>): boolean {
  return status === 'closed' || status === 'cancelled'
}

/** Whether a step wants words or facts before it is taken. */
export function asksFirst(ticket: Pick<Ticket, 'requirements'>, status: TicketStatus): boolean {
  return status === 'resolved' || status === 'cancelled' || Boolean(ticket.requirements?.[status]?.length)
}
