/** The board as plain values: where a card lies, where it may go, and what of it stays when the server is asked again. */
import type { AgentBrief, Page, Ticket, TicketStatus } from '@shared/types'

export type Grouping = 'status' | 'agent'

export interface BoardColumn {
  /** The state, or the agent's number; "none" has what is nobody's. */
  key: string
  agent: AgentBrief | null
  count: number
  list: Ticket[]
}

/** Whether this card may be put into that column by who holds these rights. */
export function accepts(by: Grouping, key: string, ticket: Ticket, mayAssign: boolean): boolean {
  if (by === 'status') return ticket.status !== key && ticket.transitions.includes(key as TicketStatus)
  return mayAssign && key !== 'none' && String(ticket.assignee?.id ?? 'none') !== key
}

/** The board with one card taken from its column and put on top of another; the counts follow. */
export function moved(columns: BoardColumn[], id: number, to: string): BoardColumn[] {
  const card = columns.flatMap((one) => one.list).find((one) => one.id === id)
  if (!card) return columns
  return columns.map((one) => {
    const had = one.list.some((row) => row.id === id)
    if (one.key === to) return had ? one : { ...one, count: one.count + 1, list: [card, ...one.list] }
    return had ? { ...one, count: one.count - 1, list: one.list.filter((row) => row.id !== id) } : one
  })
}

/** What the server says now, with the cards that were loaded further down and are nowhere else by now. */
export function refreshed(before: BoardColumn[], now: BoardColumn[]): BoardColumn[] {
  const known = new Set(now.flatMap((one) => one.list.map((row) => row.id)))
  return now.map((one) => {
    const old = before.find((column) => column.key === one.key)?.list ?? []
    const rest = one.list.length >= one.count ? [] : old.slice(one.list.length).filter((row) => !known.has(row.id))
    return { ...one, list: [...one.list, ...rest].slice(0, one.count) }
  })
}

/** The columns whose cards are to be brought up to date: not those that nobody has looked at yet. */
export function shownKeys(columns: BoardColumn[]): string[] {
  return columns.filter((one) => one.count === 0 || one.list.length > 0).map((one) => one.key)
}

/** A further page behind the cards there are: what had moved up in the meantime is not shown twice. Where the list stopped counting, the board's own count stays. */
export function extended(column: BoardColumn, page: Page<Ticket>): BoardColumn {
  const known = new Set(column.list.map((row) => row.id))
  const count = page.atLeast ? Math.max(page.total, column.count) : page.total
  return { ...column, count, list: [...column.list, ...page.list.filter((row) => !known.has(row.id))] }
}
