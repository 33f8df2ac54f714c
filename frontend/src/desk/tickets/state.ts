/** What follows from the state of a ticket. */
import type { Ticket } from '@shared/types'

/** Nobody works on it any more; its room is closed. */
export function hasEnded({ status }: Pick<Ticket, 'status'>): boolean {
  return status === 'closed' || status === 'cancelled'
}
