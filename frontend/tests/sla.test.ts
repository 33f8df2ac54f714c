import { describe, expect, it } from 'vitest'

import { nearest, remaining } from '../src/desk/sla/use-sla'
import type { SlaGoal, TicketSla } from '../src/shared/types'

const NINE = Date.parse('2026-03-02T09:00:00Z')
const HOUR = 3_600_000

const goal = (more: Partial<SlaGoal> = {}): SlaGoal => ({
  targetSeconds: 14_400,
  remainingSeconds: 7200,
  runsFrom: '2026-03-02T09:00:00Z',
  runsUntil: '2026-03-02T12:00:00Z',
  dueTime: '2026-03-02T11:00:00Z',
  metTime: null,
  breached: false,
  paused: false,
  ...more,
})

const sla = (more: Partial<TicketSla>): TicketSla => ({
  state: 'running',
  dueTime: null,
  policy: null,
  firstResponse: null,
  resolution: null,
  ...more,
})

describe('the time a goal has left', () => {
  it('runs down from when the clock began to go, into what is late', () => {
    expect(remaining(goal(), NINE)).toBe(7200)
    expect(remaining(goal(), NINE + HOUR)).toBe(3600)
    expect(remaining(goal(), NINE + 2.5 * HOUR)).toBe(-1800)
  })

  it('stops at closing, however long the page stays open', () => {
    const evening = goal({ remainingSeconds: 20_000 })
    expect(remaining(evening, NINE + 9 * HOUR)).toBe(20_000 - 3 * 3600)
  })

  it('stands still while nothing runs, and never grows by a clock that is slow', () => {
    expect(remaining(goal({ runsFrom: null, runsUntil: null }), NINE + HOUR)).toBe(7200)
    expect(remaining(goal(), NINE - HOUR)).toBe(7200)
  })
})

describe('the goal to see to next', () => {
  it('is the one not met with the least time', () => {
    const both = sla({ firstResponse: goal({ remainingSeconds: 600 }), resolution: goal() })
    expect(nearest(both, NINE)).toBe('firstResponse')
    expect(nearest({ ...both, firstResponse: goal({ metTime: '2026-03-02T09:00:00Z' }) }, NINE)).toBe('resolution')
    expect(nearest(sla({}), NINE)).toBeNull()
  })
})
