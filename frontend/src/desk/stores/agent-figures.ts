/** What agents did today, for the supervisor's board and an agent's own details. */
import { api } from '@shared/api'
import type { Page } from '@shared/types'

import type { Agent } from './agents'

export interface Attendance {
  onlineSeconds: number
  busySeconds: number
  firstTime: string | null
  lastTime: string | null
}

export interface Figures extends Attendance {
  totalCount: number
  satisfaction: number | null
  servedCount: number
  closedCount: number
  firstReplySeconds: number | null
  rating: number | null
}

export interface AgentSummary extends Agent, Figures {
  workNo: string
  region: string | null
  hireDate: string | null
  introduction: string | null
  lastLoginTime: string | null
}

export interface AttendanceDay extends Attendance {
  day: string
}

/** Days begin where the reader is. */
export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** A day of the reader's calendar, so many days ago. */
export function isoDay(daysAgo: number): string {
  const day = new Date()
  day.setDate(day.getDate() - daysAgo)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}

/** Agent's number -> today's figures, of all whom the reader leads. */
export async function loadFigures(): Promise<Map<number, Figures>> {
  const found = new Map<number, Figures>()
  let pages = 1
  for (let page = 1; page <= pages; page += 1) {
    const answer = await api.get<Page<Figures & { agent: { id: number } }>>('/stats/agents/performance', { page, size: 100, zone: zone() })
    for (const row of answer.list) found.set(row.agent.id, row)
    pages = answer.pages
  }
  return found
}

export const loadSummary = (agentId: number): Promise<AgentSummary> => api.get<AgentSummary>(`/agents/${agentId}/summary`, { zone: zone() })

const lastDays = (count: number) => ({ fromDay: isoDay(count - 1), toDay: isoDay(0), zone: zone() })

/** The last days, today last. */
export async function loadDays(agentId: number, count: number): Promise<AttendanceDay[]> {
  const query = lastDays(count)
  return (await api.get<{ days: AttendanceDay[] }>(`/agents/${agentId}/presence`, query)).days
}

/** Where the same days are a file. */
export const daysFile = (agentId: number, count: number): string =>
  `/api/v1/stats/agents/attendance/content?${new URLSearchParams({ ...lastDays(count), agentId: String(agentId) })}`
