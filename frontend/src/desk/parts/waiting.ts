/** How long a customer has been waiting for a word. */
import type { Conversation } from '@shared/types'

const WARM_MS = 2 * 60_000
const HOT_MS = 5 * 60_000

/** Since when; null while it is not the agents' turn. */
export function waitingSince(conversation: Conversation): string | null {
  if (conversation.status === 'queued') return conversation.lastMessage?.createTime ?? conversation.createTime
  if (conversation.status !== 'active' || conversation.lastMessage?.senderKind !== 'customer') return null
  return conversation.lastMessage.createTime
}

export function waitTone(since: string, now: number): 'calm' | 'warm' | 'hot' {
  const waited = now - Date.parse(since)
  if (waited > HOT_MS) return 'hot'
  return waited > WARM_MS ? 'warm' : 'calm'
}
