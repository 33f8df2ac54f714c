/** How much work tickets make and how it gets done, as the server counts it. */
import { api } from '@shared/api'
import type { TicketPriority, TicketStatus } from '@shared/types'

import { isoDay, zone } from '../stores/agent-figures'

export interface Counts {
  created: number
  resolved: number
  closed: number
}

/** Seconds. */
export interface Durations {
  count: number
  mean: number | null
  median: number | null
}

export interface Statistics {
  total: Counts & {
    solved: number
    resolutionRate: number | null
    reopened: number
    reopenedShare: number | null
    firstReply: Durations
    handling: Durations
  }
  days: (Counts & { day: string })[]
  statuses: Record<TicketStatus, number>
  priorities: Record<TicketPriority, number>
  types: { code: string; count: number }[]
  /** The most solved first; id null: nobody was in charge, name null: gone. */
  agents: { id: number | null; name: string | null; resolved: number; handlingSeconds: number | null }[]
}

export type OpenStatus = 'pending' | 'processing' | 'waiting' | 'review'

export interface Moment {
  states: Record<OpenStatus, number>
  open: number
  unassigned: number
  waitingSince: string | null
  createdToday: number
  resolvedToday: number
  agents: { id: number; name: string | null; open: number; states: Record<OpenStatus, number>; resolvedToday: number }[]
}

export interface Line {
  id: number | null
  name: string | null
  resolved: number
  handlingSeconds: number | null
  open: number
  states: Partial<Record<OpenStatus, number>>
}

/** The last days, today included. */
export const loadStatistics = (days: number, agentId: string, teamId: string): Promise<Statistics> =>
  api.get<Statistics>('/stats/tickets', { fromDay: isoDay(days - 1), toDay: isoDay(0), zone: zone(), agentId, teamId })

export const loadMoment = (teamId: string): Promise<Moment> => api.get<Moment>('/stats/realtime/tickets', { zone: zone(), teamId })

/** What each agent has solved and has to do; who solved most first, then who has most to do. */
export function linesOf(statistics: Statistics, moment: Moment): Line[] {
  const now = new Map(moment.agents.map((one) => [one.id, one]))
  const lines: Line[] = statistics.agents.map((one) => {
    const load = one.id === null ? undefined : now.get(one.id)
    return { ...one, open: load?.open ?? 0, states: load?.states ?? {} }
  })
  const known = new Set(lines.map((one) => one.id))
  const others = moment.agents
    .filter((one) => !known.has(one.id) && one.open > 0)
    .map((one) => ({ id: one.id, name: one.name, resolved: 0, handlingSeconds: null, open: one.open, states: one.states }))
  return [...lines, ...others]
}

export function sumOf(days: Counts[]): Counts {
  const sum = { created: 0, resolved: 0, closed: 0 }
  for (const day of days) {
    sum.created += day.created
    sum.resolved += day.resolved
    sum.closed += day.closed
  }
  return sum
}
