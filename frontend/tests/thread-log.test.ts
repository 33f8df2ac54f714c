import { describe, expect, it } from 'vitest'

import { ThreadLog } from '../src/shared/thread-log'
import { makeBatch, makeMessage } from './factories'

function contents(log: ThreadLog): string[] {
  return log.messages.map((one) => one.content)
}

describe('ThreadLog', () => {
  it('shows a message once, however often and whichever way it arrives', () => {
    const log = new ThreadLog()
    const message = makeMessage({ messageId: 1 })
    log.applyNewest(makeBatch([message]))
    expect(log.applyPushed({ ...message })).toEqual({ applied: 'duplicate', gap: false })
    log.applyBatch(makeBatch([{ ...message }]))
    expect(log.messages).toHaveLength(1)
  })

  it('orders by seq when messages arrive in the wrong order', () => {
    const log = new ThreadLog()
    log.applyNewest(makeBatch([makeMessage({ messageId: 10, seq: 1 })]))
    log.applyPushed(makeMessage({ messageId: 12, seq: 3 }))
    log.applyPushed(makeMessage({ messageId: 11, seq: 2 }))
    expect(log.messages.map((one) => one.seq)).toEqual([1, 2, 3])
  })

  it('takes an edit or recall in place and ignores an older version that comes late', () => {
    const log = new ThreadLog()
    const first = makeMessage({ messageId: 1, content: 'typo' })
    log.applyNewest(makeBatch([first, makeMessage({ messageId: 2 })]))
    log.applyPushed({ ...first, content: 'fixed', changeSeq: 3 })
    log.applyPushed({ ...first, content: 'typo', changeSeq: 1 })
    expect(contents(log)).toEqual(['fixed', 'message 2'])
  })

  it('tells of a gap when a change was missed, and closes it with the catch-up', () => {
    const log = new ThreadLog()
    log.applyNewest(makeBatch([makeMessage({ messageId: 1 })]))
    const pushed = log.applyPushed(makeMessage({ messageId: 3 }))
    expect(pushed.gap).toBe(true)
    // The number to ask with is still the last one without a hole before it.
    expect(log.syncedChange).toBe(1)
    log.applyBatch(makeBatch([makeMessage({ messageId: 2 }), makeMessage({ messageId: 3 })]))
    expect(log.syncedChange).toBe(3)
    expect(contents(log)).toEqual(['message 1', 'message 2', 'message 3'])
  })

  it('does not see a gap in numbers that this reader may not see, once the server has vouched for them', () => {
    const log = new ThreadLog()
    // Change 2 was an internal note, invisible to the customer.
    log.applyNewest(makeBatch([makeMessage({ messageId: 1 })], { changeSeq: 2, lastSeq: 2 }))
    expect(log.applyPushed(makeMessage({ messageId: 3 })).gap).toBe(false)
  })

  it('asks for the rest when a page of changes was not the last', () => {
    const log = new ThreadLog()
    log.applyNewest(makeBatch([makeMessage({ messageId: 1 })]))
    log.applyBatch(makeBatch([makeMessage({ messageId: 2 })], { changeSeq: 9, lastSeq: 9, hasMore: true }))
    expect(log.syncedChange).toBe(2)
  })

  it('puts older pages in front and knows when the beginning is reached', () => {
    const log = new ThreadLog()
    log.applyNewest(makeBatch([makeMessage({ messageId: 3 })], { hasMore: true }))
    expect(log.hasOlder).toBe(true)
    log.applyOlder(makeBatch([makeMessage({ messageId: 1 }), makeMessage({ messageId: 2 })]))
    expect(log.hasOlder).toBe(false)
    expect(log.messages.map((one) => one.seq)).toEqual([1, 2, 3])
    expect(log.syncedChange).toBe(3)
  })

  it('keeps the furthest read mark of each reader', () => {
    const log = new ThreadLog()
    log.applyReads([{ senderKind: 'customer', senderId: 7, readSeq: 5 }])
    log.applyReads([
      { senderKind: 'customer', senderId: 7, readSeq: 3 },
      { senderKind: 'agent', senderId: 2, readSeq: 4 },
    ])
    expect(log.reads.map((one) => [one.senderKind, one.readSeq])).toEqual([
      ['customer', 5],
      ['agent', 4],
    ])
  })
})
