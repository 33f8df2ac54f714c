/** How long a customer has been waiting for a word. The server counts; a live message moves the clock at once. */
import type { Conversation, Message } from '@shared/types'

const WARM_MS = 2 * 60_000
const HOT_MS = 5 * 60_000

/** Since when; in the queue from its beginning. Null while it is not the agents' turn. */
export function waitingSince(conversation: Conversation): string | null {
  if (conversation.status === 'queued') return conversation.queueTime ?? conversation.createTime
  return conversation.status === 'closed' ? null : conversation.waitingSince
}

/** What the server's clock says after this message. */
export function waitingAfter(conversation: Conversation, message: Message): string | null {
  if (message.sender.kind === 'customer' && conversation.status !== 'bot') {
    return conversation.waitingSince ?? message.createTime
  }
  const isAnswer = message.sender.kind === 'agent' && message.type !== 'note'
  return isAnswer ? null : conversation.waitingSince
}

export function waitTone(since: string, now: number): 'calm' | 'warm' | 'hot' {
  const waited = now - Date.parse(since)
  if (waited > HOT_MS) return 'hot'
  return waited > WARM_MS ? 'warm' : 'calm'
}
