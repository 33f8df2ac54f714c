/** What a list says of a conversation: the last words of people, else what it is about. */
import { translate } from '@shared/i18n'
import { previewLine } from '@shared/preview'
import type { Conversation } from '@shared/types'

export function saidLine(conversation: Conversation): string {
  const said = conversation.lastSaid
  if (!said) return conversation.subject || previewLine(conversation.lastMessage)
  const words = previewLine(said)
  return said.senderKind === 'agent' ? translate('desk.workbench.replied', { words }) : words
}

/** When that was: what a list shows and is sorted by. A colleague's note moves nothing. */
export function saidTime(conversation: Conversation): string {
  return (conversation.lastSaid ?? conversation.lastMessage)?.createTime ?? conversation.createTime
}

/** Stars and words of the customer, as long as they are the last thing that happened. */
export function ratingOf(conversation: Conversation): { score: number; comment: string } | null {
  const { event, params } = conversation.lastMessage?.payload ?? {}
  return event === 'rated' ? { score: Number(params?.score), comment: String(params?.comment ?? '') } : null
}
