/** A customer as the side panel knows one. */
import type { WithCustom } from '@shared/custom-fields'
import type { AgentBrief, Conversation, Ticket } from '@shared/types'

export interface Customer extends WithCustom {
  id: number
  name: string
  phone: string | null
  email: string | null
  vipLevel: number
  tags: string[] | null
  organizationName: string | null
  /** Where he says he is from. */
  organizationTold: string | null
  note: string | null
  source: string | null
  isTemporary: boolean
  createTime: string
  conversationCount: number
  ticketCount: number
  version: number
}

export interface CustomerRating {
  id: number
  conversationId: number | null
  ticketId: number | null
  agent: AgentBrief | null
  score: number
  comment: string | null
  createTime: string
}

export interface Services {
  sessions: Conversation[]
  tickets: Ticket[]
  ratings: CustomerRating[]
}
