/** What each agent has on his desk, for whoever chooses one of them. */
import { api } from '@shared/api'
import type { AgentBrief, TicketPriority } from '@shared/types'

export interface Workload {
  agent: AgentBrief
  skills: { name: string; level: number }[]
  /** Tickets that are not solved yet. */
  open: number
  byPriority: Record<TicketPriority, number>
  resolvedWeek: number
  resolvedMonth: number
  /** The following only for one ticket: what speaks for him, in the reader's words, and why the rules pass him over. */
  limit?: number
  isRecommended?: boolean
  reasons?: string[]
  obstacle?: string | null
}

/** Best first for one ticket; for several, or none in particular, who has least to do. */
export async function fetchWorkload(ticketId: number | null): Promise<Workload[]> {
  if (ticketId === null) return api.get<Workload[]>('/tickets/workload')
  return (await api.get<{ candidates: Workload[] }>(`/tickets/${ticketId}/candidates`)).candidates
}
