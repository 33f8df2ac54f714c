import { describe, expect, it } from 'vitest'

import type { ShownMessage } from '../src/shared/thread'
import type { Conversation, Ticket } from '../src/shared/types'
import { isContact } from '../src/portal/lib/contact'
import { nobodyThere } from '../src/portal/lib/conversations'
import { startOfWork, stepsOf } from '../src/portal/lib/tickets'

const moved = (to: string, createTime: string) =>
  ({ type: 'system', payload: { event: 'status', params: { to } }, createTime }) as unknown as ShownMessage

describe('contact', () => {
  it.each(['', '13800001111', '0571-8888 1234', '+86 138 0000 1111', 'li@example.org', '１３８００００１１１１'])('takes %s', (text) => {
    expect(isContact(text)).toBe(true)
  })

  it.each(['abc', '12', 'li@', 'call me'])('refuses %s', (text) => {
    expect(isContact(text)).toBe(false)
  })
})

describe('steps of a ticket', () => {
  const ticket = (status: string) =>
    ({ status, createTime: 'T0', updateTime: 'T9', resolveTime: 'T5', closeTime: null }) as unknown as Ticket

  it('knows when the work began the last time', () => {
    expect(startOfWork([moved('processing', 'T1'), moved('resolved', 'T2'), moved('processing', 'T3')])).toBe('T3')
    expect(startOfWork([moved('resolved', 'T2')])).toBeNull()
  })

  it('gives a time to what is done, and none to what was undone', () => {
    expect(stepsOf(ticket('processing'), 'T3').map((step) => step.time)).toEqual(['T0', 'T3', null, null])
    expect(stepsOf(ticket('resolved'), 'T3').map((step) => step.time)).toEqual(['T0', 'T3', 'T5', null])
    expect(stepsOf(ticket('pending'), null).map((step) => step.time)).toEqual(['T0', null, null, null])
  })
})

describe('waiting', () => {
  const waits = (queue: object | null, status = 'queued') => ({ status, queue }) as unknown as Conversation

  it('is pointless only while it is known that nobody is there', () => {
    expect(nobodyThere(waits({ position: 1, expectedWaitSeconds: null }))).toBe(true)
    expect(nobodyThere(waits({ position: 1, expectedWaitSeconds: 0 }))).toBe(false)
    expect(nobodyThere(waits(null))).toBe(false)
    expect(nobodyThere(waits({ position: 1, expectedWaitSeconds: null }, 'active'))).toBe(false)
  })
})
