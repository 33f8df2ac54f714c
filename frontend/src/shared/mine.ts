/** Whether the person at this page has written a message. */
import { session } from './session'
import type { Message } from './types'

export function isMine(message: Pick<Message, 'sender'>): boolean {
  const actor = session.actor
  if (!actor) return false
  if (message.sender.kind === 'customer') return !actor.isStaff && message.sender.id === actor.customerId
  if (message.sender.kind !== 'agent') return false
  return actor.isStaff && message.sender.id === actor.userId
}
