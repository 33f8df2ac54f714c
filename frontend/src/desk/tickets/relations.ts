/** What connects a ticket with others and with colleagues. */
import type { AgentBrief, TicketPriority, TicketStatus } from '@shared/types'

import type { Colleague } from '../parts/mentions'

/** How the other ticket stands to this one. */
export type LinkSide = 'related' | 'duplicate' | 'duplicated' | 'parent' | 'child'
/** What one says when linking: this ticket is … of the other one. */
export type LinkKind = 'related' | 'duplicate' | 'parent'

export interface TicketRef {
  id: number
  no: string
  title: string
  status: TicketStatus
  priority: TicketPriority
  assignee: AgentBrief | null
}

export interface TicketLink {
  id: number
  is: LinkSide
  ticket: TicketRef
}

export interface Relations {
  links: TicketLink[]
  merged: (TicketRef & { description: string })[]
  watchers: Colleague[]
  isWatching: boolean
}
