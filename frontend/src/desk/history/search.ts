/** A search of the history as the address keeps it, and as the server is asked. */
import type { Query } from '@shared/api'

export const ANY = {
  q: '',
  period: '',
  from: '',
  to: '',
  agent: '',
  customer: '',
  status: '',
  channel: '',
  rating: '',
  sort: 'recent',
  page: '1',
  c: '',
  seq: '',
}
export type SearchValues = typeof ANY

/** Days back from today; `custom` reads `from` and `to`. */
export const PERIODS = ['1', '7', '30', '90', 'custom'] as const
export const SORTS: Record<string, string> = { recent: '-lastMessageTime', newest: '-createTime', oldest: 'createTime' }
/** What a reader calls good or bad. */
export const RATINGS: Record<string, string> = { good: '4,5', middle: '3', bad: '1,2', none: 'none' }

function dayStart(date: Date): string {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).toISOString()
}

function plusDays(date: Date, days: number): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days)
}

/** "2026-11-21" on the reader's own calendar; null for anything else. */
function localDay(text: string): Date | null {
  const [year, month, day] = text.split('-').map(Number)
  return year && month && day ? new Date(year, month - 1, day) : null
}

/** The bounds of the period as moments: from the beginning of its first day to the end of its last. */
export function bounds(values: Pick<SearchValues, 'period' | 'from' | 'to'>, now = new Date()): { since: string; until: string } {
  if (values.period === 'custom') {
    const [first, last] = [localDay(values.from), localDay(values.to)]
    return { since: first ? dayStart(first) : '', until: last ? dayStart(plusDays(last, 1)) : '' }
  }
  const days = Number(values.period)
  return { since: days > 0 ? dayStart(plusDays(now, 1 - days)) : '', until: '' }
}

/** The filters alone: what a list asks for with a page, and an export without. */
export function filtersOf(values: SearchValues): Query {
  return {
    q: values.q.trim(),
    ...bounds(values),
    agentId: values.agent,
    customerId: values.customer ? Number(values.customer) : '',
    status: values.status,
    channel: values.channel,
    rating: RATINGS[values.rating] ?? '',
  }
}

export function isFiltered(values: SearchValues): boolean {
  return Object.values(filtersOf(values)).some((value) => value !== '')
}
