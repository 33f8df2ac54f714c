/** Which tickets are shown, as the address keeps it and as the server is asked: the names are the server's. */
import type { Query } from '@shared/api'
import { isOwn, type OwnName } from '@shared/custom-fields'
import type { TicketPriority, TicketStatus } from '@shared/types'

/** Every filter, asking for nothing. A new filter is a new line here and in the form. */
export const NO_FILTERS = {
  q: '',
  status: '',
  priority: '',
  type: '',
  product: '',
  source: '',
  assigneeId: '',
  creatorId: '',
  customerId: '',
  teamId: '',
  departmentId: '',
  tag: '',
  slaState: '',
  createdFrom: '',
  createdTo: '',
  updatedFrom: '',
  updatedTo: '',
  unread: '',
}
/** Besides these there are those of the company's own fields. */
export type Filters = typeof NO_FILTERS & { [name: OwnName]: string }
export type FilterName = keyof Filters

export const USUAL_SORT = '-updateTime'
/** What the address of the list and of the board keeps; an empty view is the reader's usual one. */
export const NO_ADDRESS = { ...NO_FILTERS, view: '', sort: USUAL_SORT, page: '1', by: 'status' }
export type Address = typeof NO_ADDRESS & Filters

export const STATUSES: TicketStatus[] = ['pending', 'processing', 'waiting', 'review', 'resolved', 'closed', 'cancelled']
export const PRIORITIES: TicketPriority[] = ['critical', 'urgent', 'normal']
export const SOURCES = ['customer', 'agent', 'conversation', 'ticket', 'api'] as const
export const SLA_STATES = ['breached', 'warned', 'running', 'paused', 'missed', 'met'] as const
/** Days that the company's clock counts back from today. */
export const PERIODS = ['today', '-6d', '-29d', '-89d'] as const

const NAMES = Object.keys(NO_FILTERS) as FilterName[]
const textOf = (values: Filters, name: FilterName) => (values[name] ?? '').trim()
const namesOf = (...all: Filters[]) => [...NAMES, ...new Set(all.flatMap((one) => Object.keys(one).filter(isOwn)))]

/** The filters alone, without those that ask for nothing. */
export function filtersOf(values: Filters): Partial<Filters> {
  return Object.fromEntries(namesOf(values).map((name) => [name, textOf(values, name)]).filter(([, text]) => text !== ''))
}

export function queryOf(values: Filters): Query {
  return filtersOf(values)
}

export function isFiltered(values: Filters): boolean {
  return namesOf(values).some((name) => textOf(values, name) !== '')
}

/** All filters as a view has them; what it does not name asks for nothing. */
export function asGiven(filters: Partial<Filters>): Filters {
  return { ...NO_FILTERS, ...Object.fromEntries(Object.entries(filters).filter(([name]) => name in NO_FILTERS || isOwn(name))) }
}

/** Ask for this and nothing else. */
export function setFilters(values: Filters, filters: Partial<Filters>): void {
  const own = Object.keys(values).filter(isOwn).map((name) => [name, ''])
  Object.assign(values, Object.fromEntries(own), asGiven(filters))
}

export function sameFilters(one: Filters, other: Filters): boolean {
  return namesOf(one, other).every((name) => textOf(one, name) === textOf(other, name))
}

/** "pending,processing" as a list, for fields that take several. */
export function several(text: string): string[] {
  return text.split(',').filter(Boolean)
}

/** A day of the reader's calendar as the moment it begins; the end of a period is the beginning of the day after. */
export function momentOf(day: string, isEnd = false): string {
  const [year, month, date] = day.split('-').map(Number)
  return year && month && date ? new Date(year, month - 1, date + Number(isEnd)).toISOString() : ''
}

/** The same backwards, for date fields; a period that counts days has none. */
export function dayOf(moment: string, isEnd = false): string {
  const at = new Date(moment)
  if (!moment.includes('T') || Number.isNaN(at.getTime())) return ''
  const shown = new Date(at.getFullYear(), at.getMonth(), at.getDate() - Number(isEnd))
  return [shown.getFullYear(), `${shown.getMonth() + 1}`.padStart(2, '0'), `${shown.getDate()}`.padStart(2, '0')].join('-')
}

/** Steps that can be taken with every one of these tickets. */
export function stepsForAll(tickets: { transitions: TicketStatus[] }[]): TicketStatus[] {
  return STATUSES.filter((status) => tickets.length > 0 && tickets.every((one) => one.transitions.includes(status)))
}
