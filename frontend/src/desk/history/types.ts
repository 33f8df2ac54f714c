/** What the history and its exports answer. */
import type { Conversation, Message, MessageType, SenderKind } from '@shared/types'

export interface Match {
  messageId: number
  seq: number
  type: MessageType
  sender: { kind: SenderKind; id: number; name: string }
  snippet: string
  highlights: string[]
  createTime: string
}

export interface LegalHold {
  since: string
  reason: string
}

export interface HistoryRow extends Conversation {
  matchCount: number
  matches: Match[]
  rating: { score: number; comment: string | null } | null
  legalHold: LegalHold | null
  purgeTime: string | null
}

export interface MessagePage {
  list: Message[]
  hasMore: boolean
  hasNewer: boolean
}

export type ExportContent = 'conversations' | 'messages'
export type ExportFormat = 'xlsx' | 'csv' | 'pdf'
export type ExportState = 'queued' | 'running' | 'done' | 'failed' | 'removed'

export interface ExportJob {
  id: number
  name: string
  content: ExportContent
  format: ExportFormat
  state: ExportState
  total: number
  done: number
  size: number | null
  error: string | null
  createTime: string
  expireTime: string
}
