/** What the server proposes to an agent: words to send, articles to read, tickets that were alike. */
import type { TicketStatus } from '@shared/types'

export type Source = 'article' | 'quick_reply' | 'past_answer'

export interface Reply {
  source: Source
  id: number
  title: string
  text: string
  /** Null where nobody knows how sure it is. */
  confidence: number | null
  /** In the words that this agent made of it before. */
  isEdited: boolean
}

export interface FoundArticle {
  articleId: number
  title: string
  snippet: string
  score: number
  isInternal: boolean
}

export interface Suggestions {
  replies: Reply[]
  articles: FoundArticle[]
  forSeq: number
}

export interface SimilarTicket {
  ticketId: number
  no: string
  title: string
  status: TicketStatus
  type: string
  resolution: string | null
  /** The resolution without the persons it was written for. */
  reply: string | null
  createTime: string
  resolveTime: string | null
}
