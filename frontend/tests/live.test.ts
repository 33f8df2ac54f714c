import type { Socket } from 'socket.io-client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { Live } from '../src/shared/live'
import type { Message, MessageBatch } from '../src/shared/types'
import { makeBatch, makeMessage } from './factories'

type Answer = (payload: Record<string, unknown>) => unknown

/** The other end of the socket: answers by event, pushes events, goes away and comes back. */
class FakeSocket {
  connected = false
  active = true
  readonly sent: { event: string; payload: Record<string, unknown> }[] = []
  readonly answers: Record<string, Answer> = {
    join: () => ({ ok: true }),
    resume: () => ({ ok: true, threads: [] }),
  }
  private readonly handlers = new Map<string, (payload?: unknown) => void>()

  on(event: string, handler: (payload?: unknown) => void): this {
    this.handlers.set(event, handler)
    return this
  }
  removeAllListeners(): void {
    this.handlers.clear()
  }
  connect(): void {
    this.connected = true
    this.handlers.get('connect')?.()
  }
  disconnect(): void {
    this.connected = false
  }
  refuse(): void {
    this.connected = false
    this.handlers.get('connect_error')?.(new Error('unavailable'))
  }
  drop(): void {
    this.connected = false
    this.handlers.get('disconnect')?.('transport close')
  }
  push(event: string, payload: unknown): void {
    this.handlers.get(event)?.(payload)
  }
  emit(event: string, payload: Record<string, unknown>): void {
    this.sent.push({ event, payload })
  }
  get volatile() {
    return { emit: (event: string, payload: Record<string, unknown>) => this.sent.push({ event, payload }) }
  }
  timeout() {
    return {
      emitWithAck: (event: string, payload: Record<string, unknown>) => {
        this.sent.push({ event, payload })
        const answer = this.answers[event]
        return answer ? Promise.resolve(answer(payload)) : Promise.reject(new Error('operation has timed out'))
      },
    }
  }
}

/** The REST side: one thread's stored messages. */
class FakeServer {
  stored: Message[] = []
  readonly calls: string[] = []

  answer(url: string, init: RequestInit): Response {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    this.calls.push(`${init.method} ${pathname}${searchParams.size ? `?${searchParams}` : ''}`)
    let data: Message | MessageBatch
    if (init.method === 'POST') {
      const body = JSON.parse(String(init.body)) as { clientMsgId: string; content: string }
      data = this.store(body.clientMsgId, body.content)
    } else {
      const after = Number(searchParams.get('afterChange') ?? 0)
      const list = this.stored.filter((one) => one.changeSeq > after)
      data = makeBatch(list, { changeSeq: this.stored.length, lastSeq: this.stored.length })
    }
    return new Response(JSON.stringify({ code: 200, message: 'success', data, timestamp: 0 }))
  }

  store(clientMsgId: string | null, content: string): Message {
    const known = this.stored.find((one) => clientMsgId !== null && one.clientMsgId === clientMsgId)
    if (known) return known
    const message = makeMessage({ messageId: this.stored.length + 1, clientMsgId, content })
    this.stored.push(message)
    return message
  }
}

const THREAD = { sessionId: 17 }
let socket: FakeSocket
let server: FakeServer
let live: Live

beforeEach(() => {
  localStorage.clear()
  vi.useFakeTimers()
  socket = new FakeSocket()
  server = new FakeServer()
  live = new Live(() => socket as unknown as Socket)
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => Promise.resolve(server.answer(url, init)))
})
afterEach(() => {
  live.disconnect()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const settle = () => vi.advanceTimersByTimeAsync(1000)
const shown = () => live.peekThread(THREAD).messages.map((one) => one.content)

describe('Live', () => {
  it('joins before it fetches, so that nothing falls between', async () => {
    live.connect('u1')
    const order: string[] = []
    socket.answers.join = () => {
      order.push('join')
      return { ok: true }
    }
    const answer = server.answer.bind(server)
    server.answer = (url, init) => {
      order.push('fetch')
      return answer(url, init)
    }
    await live.openThread(THREAD)
    expect(order).toEqual(['join', 'fetch'])
  })

  it('shows what there is while the join has no answer, and what was missed when it has one', async () => {
    live.connect('u1')
    server.store(null, 'one')
    let answerJoin: (answer: unknown) => void = () => undefined
    socket.answers.join = () => new Promise((resolve) => (answerJoin = resolve))
    const opened = vi.fn()
    void live.openThread(THREAD).then(opened)
    await vi.advanceTimersByTimeAsync(400)
    expect(opened).toHaveBeenCalled()
    expect(shown()).toEqual(['one'])
    server.store(null, 'said before the room was entered')
    answerJoin({ ok: true })
    await settle()
    expect(shown()).toEqual(['one', 'said before the room was entered'])
  })

  it('fetches once when the join is answered in time', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    await settle()
    expect(server.calls).toHaveLength(1)
  })

  it('joins again while no answer comes, and no longer once the thread is closed', async () => {
    live.connect('u1')
    delete socket.answers.join
    const joins = () => socket.sent.filter((one) => one.event === 'join').length
    await Promise.all([live.openThread(THREAD), settle()])
    await vi.advanceTimersByTimeAsync(3000)
    expect(joins()).toBe(2)
    live.closeThread(THREAD)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(joins()).toBe(2)
  })

  it('shows a message once that came by push and by fetch', async () => {
    live.connect('u1')
    const message = server.store(null, 'hello')
    const opening = live.openThread(THREAD)
    socket.push('message', { ...message })
    await opening
    socket.push('message', { ...message })
    await settle()
    expect(shown()).toEqual(['hello'])
  })

  it('fetches what a lost event would have brought', async () => {
    live.connect('u1')
    server.store(null, 'one')
    await live.openThread(THREAD)
    server.store(null, 'lost')
    socket.push('message', server.store(null, 'three'))
    await settle()
    expect(shown()).toEqual(['one', 'lost', 'three'])
    expect(server.calls.at(-1)).toBe('GET /api/v1/sessions/17/messages?afterChange=1&limit=200')
  })

  it('asks again for what is missing when the server had no answer', async () => {
    live.connect('u1')
    server.store(null, 'one')
    await live.openThread(THREAD)
    server.store(null, 'lost')
    const answer = server.answer.bind(server)
    let refusals = 2
    server.answer = (url, init) => {
      if (refusals-- <= 0) return answer(url, init)
      const body = { code: 503, message: 'busy', data: { error: 'unavailable' }, timestamp: 0 }
      return new Response(JSON.stringify(body), { status: 503 })
    }
    socket.push('message', server.store(null, 'three'))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(shown()).toEqual(['one', 'lost', 'three'])
  })

  it('catches up once, within the time it is given, when hints may have been lost', async () => {
    live.connect('u1')
    server.store(null, 'one')
    await live.openThread(THREAD)
    const missed = server.store(null, 'lost between two processes')
    socket.answers.resume = () => ({ ok: true, threads: [{ ...THREAD, ...makeBatch([missed], { changeSeq: 2, lastSeq: 2 }) }] })
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const resumes = () => socket.sent.filter((one) => one.event === 'resume').length
    const before = resumes()
    socket.push('catch_up', { within: 8 })
    socket.push('catch_up', { within: 8 })
    await vi.advanceTimersByTimeAsync(3900)
    expect(resumes()).toBe(before)
    await vi.advanceTimersByTimeAsync(200)
    expect(resumes()).toBe(before + 1)
    expect(shown()).toEqual(['one', 'lost between two processes'])
  })

  it('waits ever longer for a server that refuses it, and not as long again once it was let in', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    live.connect('u1')
    socket.active = false
    const connect = vi.spyOn(socket, 'connect').mockImplementation(() => undefined)
    const waits = [1000, 2000, 4000]
    for (const wait of waits) {
      socket.refuse()
      vi.advanceTimersByTime(wait - 1)
      expect(connect).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1)
      expect(connect).toHaveBeenCalledOnce()
      connect.mockClear()
    }
    connect.mockRestore()
    socket.connect()
    const again = vi.spyOn(socket, 'connect')
    socket.refuse()
    vi.advanceTimersByTime(1000)
    expect(again).toHaveBeenCalledOnce()
  })

  it('resumes open threads from their last change when the connection is back', async () => {
    live.connect('u1')
    server.store(null, 'one')
    await live.openThread(THREAD)
    const resumed = vi.fn()
    live.on('resumed', resumed)
    socket.drop()
    expect(live.state.value).not.toBe('online')
    const missed = server.store(null, 'while away')
    socket.answers.resume = (payload) => {
      expect(payload).toEqual({ threads: [{ sessionId: 17, afterChange: 1 }] })
      return { ok: true, threads: [{ sessionId: 17, ...makeBatch([missed]) }] }
    }
    socket.connect()
    await settle()
    expect(shown()).toEqual(['one', 'while away'])
    expect(live.state.value).toBe('online')
    expect(resumed).toHaveBeenCalledTimes(1)
  })

  it('tells lists to look again when it is connected: what happened before was not heard', () => {
    const resumed = vi.fn()
    live.on('resumed', resumed)
    live.connect('u1')
    expect(resumed).toHaveBeenCalledTimes(1)
  })

  it('joins and fetches again when resume has no answer', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    socket.drop()
    server.store(null, 'while away')
    socket.answers.resume = () => ({ ok: false, error: 'internal', message: '' })
    socket.connect()
    await settle()
    expect(shown()).toEqual(['while away'])
    expect(socket.sent.filter((one) => one.event === 'join')).toHaveLength(2)
  })

  it('keeps asking by REST while the socket stays away', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    socket.drop()
    server.store(null, 'by polling')
    await vi.advanceTimersByTimeAsync(11_000)
    expect(shown()).toEqual(['by polling'])
  })

  it('sends by socket, and by REST with the same clientMsgId when no acknowledgement comes', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    // No answer to send_message, although the server has stored it.
    const { clientMsgId } = live.send(THREAD, { type: 'text', content: '您好' })
    server.store(clientMsgId, '您好')
    await settle()
    expect(socket.sent.filter((one) => one.event === 'send_message')).toHaveLength(1)
    expect(server.calls.at(-1)).toBe('POST /api/v1/sessions/17/messages')
    expect(shown()).toEqual(['您好'])
    expect(live.outbox.items.value).toEqual([])
  })

  it('takes its own message from the push as the acknowledgement', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    socket.answers.send_message = () => new Promise(() => undefined)
    const { clientMsgId } = live.send(THREAD, { type: 'text', content: 'hi' })
    expect(live.outbox.items.value).toHaveLength(1)
    socket.push('message', server.store(clientMsgId, 'hi'))
    await settle()
    expect(live.outbox.items.value).toEqual([])
    expect(shown()).toEqual(['hi'])
  })

  it('reconnects at once when the network is back, instead of waiting for the next try', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    socket.drop()
    expect(live.state.value).not.toBe('online')
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(0)
    expect(live.state.value).toBe('online')
  })

  it('asks a connection that claims to be there whether it has outlived the change of network', async () => {
    live.connect('u1')
    const connects = vi.spyOn(socket, 'connect')
    socket.answers.ping = () => ({ ok: true })
    window.dispatchEvent(new Event('online'))
    await settle()
    expect(connects).not.toHaveBeenCalled()
    delete socket.answers.ping
    window.dispatchEvent(new Event('online'))
    await settle()
    expect(connects).toHaveBeenCalledTimes(1)
  })

  it('sends what waits as soon as REST gets through again', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    socket.drop()
    let isDown = true
    const answer = server.answer.bind(server)
    server.answer = (url, init) => {
      if (isDown) throw new TypeError('Failed to fetch')
      return answer(url, init)
    }
    live.send(THREAD, { type: 'text', content: '还在吗' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(live.outbox.items.value).toHaveLength(1)
    isDown = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(live.outbox.items.value).toEqual([])
    expect(shown()).toContain('还在吗')
  })

  it('moves read marks only forward', async () => {
    live.connect('u1')
    await live.openThread(THREAD)
    const mark = (readSeq: number) => ({ sessionId: 17, reads: [{ senderKind: 'customer', senderId: 7, readSeq }] })
    socket.push('status_update', mark(4))
    socket.push('status_update', mark(2))
    expect(live.peekThread(THREAD).reads[0]?.readSeq).toBe(4)
  })
})
