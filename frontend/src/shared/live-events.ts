/** What the server pushes, and what this page tells itself because of it. */
import type {
  Conversation,
  Message,
  Mood,
  Notice,
  Presence,
  QueuePlace,
  ReadMark,
  Ticket,
  Transfer,
  TypingEvent,
  ViewingEvent,
} from './types'
import type { HeardMood } from './moods'
import type { Undelivered } from './undelivered'
import type { Mark } from './word-marks'

export interface ThreadIds {
  sessionId: number
  ticketId: number
}

export interface SessionUpdate {
  sessionId: number
  event: string
  conversation: Partial<Conversation> & { id: number }
}

export interface LiveEvents {
  message: Message
  typing: TypingEvent
  viewing: ViewingEvent
  status_update: Partial<ThreadIds> & {
    threadId?: number
    reads?: ReadMark[]
    presence?: { agentId: number; presence: Presence }
  }
  session_update: SessionUpdate
  ticket_update: { ticketId: number; event: string; ticket: Partial<Ticket> & { id: number } }
  notification: Notice
  queue: { sessionId: number } & QueuePlace
  /** An alert of sensitive words is new or was settled; only those who look after alerts hear it. */
  sensitive_alert: { id: number; state: string; sessionId: number | null; ticketId: number | null }
  /** A message has sensitive words; only staff hear it. */
  message_marked: Mark & Partial<ThreadIds>
  /** The customer's own app did not take a message; only staff hear it. */
  message_undelivered: Undelivered & Partial<ThreadIds>
  /** How a customer sounds; only staff hear it. */
  mood: { sessionId: number; mood: Mood | null; messages: HeardMood[] }
  /** To who is asked to take a conversation, and to who asks. */
  transfer: Transfer
  signed_out: { reason: string }
  /** Ours: the thread of this key has new content in its log. */
  thread: { key: string }
  /** Ours: from now on events are heard, for the first time or again; what lists fetched before may be out of date. */
  resumed: Record<string, never>
}

export const PUSHED = [
  'message',
  'typing',
  'viewing',
  'status_update',
  'session_update',
  'ticket_update',
  'notification',
  'queue',
  'sensitive_alert',
  'message_marked',
  'message_undelivered',
  'mood',
  'transfer',
  'signed_out',
] as const

export type Pushed = (typeof PUSHED)[number]
