/** What customers thought of the service, as the server counts it. */
import { api } from '@shared/api'

import { isoDay, zone } from '../stores/agent-figures'

export interface Figures {
  ratings: number
  mean: number | null
  /** Ratings with one star, with two, … with five. */
  scores: number[]
  low: number
  lowShare: number | null
  invited: number
  answered: number
  answerRate: number | null
}

export interface NamedFigures extends Figures {
  /** null: without agent, without team. */
  id: number | null
  name: string | null
}

export interface Satisfaction {
  total: Figures
  days: (Figures & { day: string })[]
  agents: NamedFigures[]
  teams: NamedFigures[]
  tags: { code: string; count: number }[]
}

/** The last days, today included. */
export function loadSatisfaction(days: number, agentId: string, teamId: string, about: string): Promise<Satisfaction> {
  return api.get<Satisfaction>('/stats/satisfaction', { fromDay: isoDay(days - 1), toDay: isoDay(0), zone: zone(), agentId, teamId, about })
}

export const percent = (share: number | null): string => (share === null ? '—' : `${Math.round(share * 100)}%`)
export const mean = (figures: Figures): string => figures.mean?.toFixed(2) ?? '—'
