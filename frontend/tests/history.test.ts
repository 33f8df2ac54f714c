import { describe, expect, it } from 'vitest'

import { ANY, bounds, filtersOf, isFiltered } from '../src/desk/history/search'

const NOON = new Date(2026, 10, 21, 12)
const local = (year: number, month: number, day: number) => new Date(year, month - 1, day).toISOString()

describe('the period of a search', () => {
  it('begins with the first moment of its first day, by the reader’s clock', () => {
    expect(bounds({ ...ANY, period: '1' }, NOON)).toEqual({ since: local(2026, 11, 21), until: '' })
    expect(bounds({ ...ANY, period: '30' }, NOON).since).toBe(local(2026, 10, 23))
    expect(bounds({ ...ANY }, NOON)).toEqual({ since: '', until: '' })
  })

  it('holds the last day whole, and may be open at either end', () => {
    const chosen = { ...ANY, period: 'custom', from: '2026-02-27', to: '2026-02-28' }
    expect(bounds(chosen, NOON)).toEqual({ since: local(2026, 2, 27), until: local(2026, 3, 1) })
    expect(bounds({ ...chosen, from: '' }, NOON).since).toBe('')
    expect(bounds({ ...chosen, to: '' }, NOON).until).toBe('')
  })

  it('counts only when it is chosen', () => {
    expect(bounds({ ...ANY, from: '2026-02-27', to: '2026-02-28' }, NOON)).toEqual({ since: '', until: '' })
  })
})

describe('what the server is asked', () => {
  it('knows the words of the address', () => {
    const asked = filtersOf({ ...ANY, q: ' 登录 ', agent: 'me', customer: '7', rating: 'bad', c: '9', seq: '3' })
    expect(asked).toMatchObject({ q: '登录', agentId: 'me', customerId: 7, rating: '1,2' })
    expect(asked).not.toHaveProperty('c')
  })

  it('is narrow only by what narrows: not by page, order or what is open', () => {
    expect(isFiltered({ ...ANY, page: '3', sort: 'oldest', c: '9', seq: '3' })).toBe(false)
    expect(isFiltered({ ...ANY, rating: 'none' })).toBe(true)
  })
})
