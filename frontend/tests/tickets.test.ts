import { describe, expect, it } from 'vitest'

import { countText } from '../src/desk/parts/counts'
import { accepts, extended, moved, refreshed, shownKeys, type BoardColumn } from '../src/desk/tickets/board/board'
import { directionOf, nextSort, shownColumns, USUAL } from '../src/desk/tickets/list/columns'
import { asGiven, dayOf, filtersOf, isFiltered, momentOf, NO_ADDRESS, NO_FILTERS, sameFilters, setFilters, stepsForAll, type Filters } from '../src/desk/tickets/list/filters'
import { stepTo } from '../src/desk/tickets/list/use-keys'
import { fromQuery, toQuery } from '../src/desk/parts/use-address'
import { type CustomField, isOwn } from '../src/shared/custom-fields'
import type { Ticket, TicketStatus } from '../src/shared/types'

const ticket = (id: number, more: Partial<Ticket> = {}) => ({ id, status: 'pending', transitions: ['processing', 'resolved'], assignee: null, ...more }) as Ticket
const field = (code: string, more: Partial<CustomField> = {}) => ({ code, kind: 'text', label: code, inList: false, ...more }) as CustomField
const column = (key: string, ids: number[], count = ids.length): BoardColumn => ({ key, agent: null, count, list: ids.map((id) => ticket(id)) })
const idsOf = (columns: BoardColumn[]) => Object.fromEntries(columns.map((one) => [one.key, one.list.map((row) => row.id)]))

describe('filters of tickets', () => {
  it('are asked for without page, order, view and what is empty', () => {
    const address = { ...NO_ADDRESS, q: ' 报表 ', status: 'pending', view: '7', page: '3' }
    expect(filtersOf(address)).toEqual({ q: '报表', status: 'pending' })
    expect(isFiltered(NO_ADDRESS)).toBe(false)
  })

  it('of a view replace all others, and what no filter is called is left out', () => {
    expect(asGiven({ status: 'waiting', colour: 'red' } as never)).toEqual({ ...NO_FILTERS, status: 'waiting' })
    expect(sameFilters({ ...NO_FILTERS, q: 'a ' }, { ...NO_FILTERS, q: 'a' })).toBe(true)
    expect(sameFilters({ ...NO_FILTERS, q: 'a' }, NO_FILTERS)).toBe(false)
  })

  it('of the company’s own fields are kept, compared and replaced like the others', () => {
    const values: Filters = { ...NO_FILTERS, q: 'a', 'custom.cause': 'power', 'custom.amount.from': ' ' }
    expect(filtersOf(values)).toEqual({ q: 'a', 'custom.cause': 'power' })
    expect(isFiltered({ ...NO_FILTERS, 'custom.cause': 'power' })).toBe(true)
    expect(sameFilters(values, { ...NO_FILTERS, q: 'a', 'custom.cause': 'power' })).toBe(true)
    expect(sameFilters(values, { ...NO_FILTERS, q: 'a' })).toBe(false)
    setFilters(values, { status: 'waiting', 'custom.amount.to': '3' })
    expect(filtersOf(values)).toEqual({ status: 'waiting', 'custom.amount.to': '3' })
  })

  it('of the company’s own fields stand in the address, and leave it', () => {
    const usual: Record<string, string> = { q: '', page: '1' }
    expect(fromQuery({ q: 'a', 'custom.cause': 'power', other: 'x' }, usual, isOwn)).toEqual({ q: 'a', page: '1', 'custom.cause': 'power' })
    expect(toQuery({ other: 'x', 'custom.cause': 'power' }, { ...usual, 'custom.cause': '', 'custom.amount.to': '3' }, usual)).toEqual({ other: 'x', 'custom.amount.to': '3' })
  })

  it('take days of the reader’s calendar, the last one whole', () => {
    expect(momentOf('2026-02-28', true)).toBe(new Date(2026, 2, 1).toISOString())
    expect(dayOf(momentOf('2026-02-28', true), true)).toBe('2026-02-28')
    expect(dayOf(momentOf('2026-02-28'))).toBe('2026-02-28')
    expect([dayOf('today'), dayOf('-6d'), momentOf('')]).toEqual(['', '', ''])
  })
})

describe('columns', () => {
  it('are the usual ones until somebody chooses, and always have the title', () => {
    expect(shownColumns([], [])).toEqual(USUAL)
    expect(shownColumns(['closeTime', 'no', 'unknown'], [])).toEqual(['no', 'title', 'closeTime'])
  })

  it('of the company’s own fields are there when chosen, or when lists are meant to have them', () => {
    const fields = [field('cause'), field('amount', { inList: true })]
    expect(shownColumns([], fields)).toEqual([...USUAL, 'custom.amount'])
    expect(shownColumns(['custom.cause', 'no', 'custom.gone'], fields)).toEqual(['no', 'title', 'custom.cause'])
  })

  it('sort down first, then up', () => {
    expect(nextSort('-updateTime', 'priority')).toBe('-priority')
    expect(nextSort('-priority', 'priority')).toBe('priority')
    expect(directionOf('priority', 'priority')).toBe('ascending')
    expect(directionOf('-priority', undefined)).toBeUndefined()
  })
})

describe('several tickets', () => {
  it('take only steps that all of them can take', () => {
    const steps = (...lists: TicketStatus[][]) => stepsForAll(lists.map((transitions) => ({ transitions })))
    expect(steps(['processing', 'resolved'], ['resolved', 'closed'])).toEqual(['resolved'])
    expect(steps()).toEqual([])
  })

  it('are walked through from either end', () => {
    expect([stepTo([5, 6, 7], null, 1), stepTo([5, 6, 7], null, -1)]).toEqual([5, 7])
    expect([stepTo([5, 6, 7], 6, 1), stepTo([5, 6, 7], 7, 1), stepTo([], null, 1)]).toEqual([7, 7, null])
  })
})

describe('the board', () => {
  it('lets a card go only where its ticket may', () => {
    expect(accepts('status', 'processing', ticket(1), false)).toBe(true)
    expect(accepts('status', 'review', ticket(1), true)).toBe(false)
    expect(accepts('agent', '7', ticket(1), true)).toBe(true)
    expect(accepts('agent', '7', ticket(1), false)).toBe(false)
    expect(accepts('agent', 'none', ticket(1, { assignee: { id: 7, userId: 9, name: 'x', avatarUrl: null } }), true)).toBe(false)
  })

  it('moves a card and its count, and nothing that is not there', () => {
    const before = [column('pending', [1, 2], 30), column('processing', [3])]
    const after = moved(before, 2, 'processing')
    expect(idsOf(after)).toEqual({ pending: [1], processing: [2, 3] })
    expect(after.map((one) => one.count)).toEqual([29, 2])
    expect(moved(before, 9, 'processing')).toBe(before)
    expect(idsOf(moved(after, 2, 'processing'))).toEqual(idsOf(after))
  })

  it('keeps what was loaded further down, but nothing twice', () => {
    const before = [column('pending', [1, 2, 3, 4], 9), column('processing', [5])]
    const now = [column('pending', [9, 1], 9), column('processing', [4, 5])]
    expect(idsOf(refreshed(before, now))).toEqual({ pending: [9, 1, 3], processing: [4, 5] })
    const page = { list: [ticket(2), ticket(3)], total: 3, page: 2, size: 2, pages: 2, next: null }
    expect(idsOf([extended(column('pending', [1, 2]), page)])).toEqual({ pending: [1, 2, 3] })
  })

  it('brings up to date what somebody has looked at', () => {
    expect(shownKeys([column('none', [1], 30), column('7', [], 9), column('8', [])])).toEqual(['none', '8'])
  })

  it('says where counting stopped, and keeps the count of the board there', () => {
    const page = { list: [], total: 10_000, page: 2, size: 20, pages: 500, next: null, atLeast: true }
    expect(extended(column('closed', [1], 90_000), page).count).toBe(90_000)
    expect([countText(12), countText(10_000, true), countText(10_000)]).toEqual(['12', '10,000+', '10,000'])
  })
})
