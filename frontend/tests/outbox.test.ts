import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { ApiError } from '../src/shared/api'
import { Outbox, type OutboxItem } from '../src/shared/outbox'
import type { Message } from '../src/shared/types'
import { makeMessage } from './factories'

const THREAD = { sessionId: 17 }

/** A server that is told for each attempt whether to answer, and remembers what it was given. */
function makeTransport(answers: (Error | 'ok')[]) {
  const attempts: OutboxItem[] = []
  return {
    attempts,
    deliver(item: OutboxItem): Promise<Message> {
      attempts.push(item)
      const answer = answers.shift() ?? 'ok'
      if (answer !== 'ok') return Promise.reject(answer)
      return Promise.resolve(makeMessage({ messageId: attempts.length, clientMsgId: item.clientMsgId }))
    },
  }
}

const offline = () => new ApiError(0, 'network', '')

beforeEach(() => {
  localStorage.clear()
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

describe('Outbox', () => {
  it('repeats with the same clientMsgId until the server has acknowledged', async () => {
    const transport = makeTransport([offline(), new ApiError(503, 'unavailable', ''), 'ok'])
    const sent = vi.fn()
    const outbox = new Outbox(transport, sent)
    outbox.setOwner('u1')
    const { clientMsgId } = outbox.add(THREAD, { type: 'text', content: '您好' })
    await vi.runAllTimersAsync()
    expect(transport.attempts.map((one) => one.clientMsgId)).toEqual([clientMsgId, clientMsgId, clientMsgId])
    expect(sent).toHaveBeenCalledTimes(1)
    expect(outbox.items.value).toEqual([])
    expect(localStorage.length).toBe(0)
  })

  it('survives a reload: the next page sends what the last could not', async () => {
    const before = new Outbox(makeTransport([offline()]), vi.fn())
    before.setOwner('u1')
    const { clientMsgId } = before.add(THREAD, { type: 'text', content: '别丢了' })
    await vi.advanceTimersByTimeAsync(0)

    const transport = makeTransport(['ok'])
    const after = new Outbox(transport, vi.fn())
    after.setOwner('u1')
    await vi.advanceTimersByTimeAsync(0)
    expect(transport.attempts.map((one) => one.clientMsgId)).toEqual([clientMsgId])
  })

  it('never sends what another person wrote in this browser', async () => {
    const first = new Outbox(makeTransport([offline()]), vi.fn())
    first.setOwner('u1')
    first.add(THREAD, { type: 'text', content: 'secret' })
    await vi.advanceTimersByTimeAsync(0)

    const transport = makeTransport([])
    const second = new Outbox(transport, vi.fn())
    second.setOwner('u2')
    await vi.advanceTimersByTimeAsync(0)
    expect(transport.attempts).toEqual([])
    expect(second.items.value).toEqual([])
  })

  it('leaves a message that was written long ago for a click', async () => {
    const before = new Outbox(makeTransport([offline()]), vi.fn())
    before.setOwner('u1')
    before.add(THREAD, { type: 'text', content: 'old' })
    await vi.advanceTimersByTimeAsync(0)
    vi.setSystemTime(Date.now() + 60 * 60_000)

    const transport = makeTransport([])
    const after = new Outbox(transport, vi.fn())
    after.setOwner('u1')
    await vi.advanceTimersByTimeAsync(0)
    expect(transport.attempts).toEqual([])
    expect(after.items.value.map((one) => one.state)).toEqual(['failed'])
  })

  it('stops at a refusal, says why, and goes on with the next message', async () => {
    const transport = makeTransport([new ApiError(409, 'conflict', '会话已结束'), 'ok'])
    const outbox = new Outbox(transport, vi.fn())
    outbox.setOwner('u1')
    outbox.add(THREAD, { type: 'text', content: 'one' })
    outbox.add(THREAD, { type: 'text', content: 'two' })
    await vi.runAllTimersAsync()
    expect(outbox.items.value.map((one) => [one.content, one.state, one.errorText])).toEqual([['one', 'failed', '会话已结束']])
    expect(transport.attempts.map((one) => one.content)).toEqual(['one', 'two'])
  })

  it('keeps the order of one thread while the first message is being repeated', async () => {
    const transport = makeTransport([offline(), 'ok', 'ok'])
    const outbox = new Outbox(transport, vi.fn())
    outbox.setOwner('u1')
    outbox.add(THREAD, { type: 'text', content: 'one' })
    outbox.add(THREAD, { type: 'text', content: 'two' })
    await vi.runAllTimersAsync()
    expect(transport.attempts.map((one) => one.content)).toEqual(['one', 'one', 'two'])
  })
})
