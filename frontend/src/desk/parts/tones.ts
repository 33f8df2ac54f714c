/** Which colour a state has, everywhere the same. */
import type { ConversationStatus, TicketPriority, TicketStatus } from '@shared/types'

export const CONVERSATION_TONE: Record<ConversationStatus, string> = {
  bot: 'ss-tag--info',
  queued: 'ss-tag--warning',
  active: 'ss-tag--success',
  on_hold: '',
  closed: '',
}

export const TICKET_TONE: Record<TicketStatus, string> = {
  pending: 'ss-tag--warning',
  processing: 'ss-tag--info',
  waiting: 'ss-tag--primary',
  review: 'ss-tag--primary',
  resolved: 'ss-tag--success',
  closed: '',
  cancelled: '',
}

export const PRIORITY_TONE: Record<TicketPriority, string> = {
  normal: '',
  urgent: 'ss-tag--warning',
  critical: 'ss-tag--danger',
}
