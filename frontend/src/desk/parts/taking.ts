/** How this person may take a waiting conversation: by the right one has, or not at all. */
import { can, session } from '@shared/session'
import type { Conversation } from '@shared/types'

export interface Taking {
  action: 'accept' | 'takeover' | 'assign'
  body: object
}

export function takingOf(): Taking | null {
  const agentId = session.actor?.agentId
  if (!agentId) return null
  if (can('conversation.accept')) return { action: 'accept', body: {} }
  if (can('conversation.assign')) return { action: 'assign', body: { agentId } }
  return can('conversation.takeover') ? { action: 'takeover', body: {} } : null
}

/** An agent has it: talking, or put aside for a moment. */
export function isHeld(conversation: Conversation): boolean {
  return conversation.status === 'active' || conversation.status === 'on_hold'
}

/** The list of those who wait is for those who may do something about it. */
export function maySeeQueue(): boolean {
  return can('conversation.accept') || can('conversation.assign')
}
