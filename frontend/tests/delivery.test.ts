/** Files that wait for the network, what has arrived, who else is writing, what is filled in. */
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'

import { fillIn } from '../src/desk/parts/fill-in'
import { useViewers } from '../src/desk/parts/viewers'
import { Arrivals } from '../src/shared/arrivals'
import type { FileKeeper } from '../src/shared/kept-files'
import { live } from '../src/shared/live'
import { Outbox, type OutboxItem } from '../src/shared/outbox'
import { ThreadLog } from '../src/shared/thread-log'
import type { Message, ThreadRef, ViewingEvent } from '../src/shared/types'
import { makeBatch, makeMessage } from './factories'

const THREAD = { sessionId: 17 }

beforeEach(() => {
  localStorage.clear()
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a message with a file that has not gone up', () => {
  class Drawer implements FileKeeper {
    readonly kept = new Map<string, Blob>()
    put = async (key: string, file: Blob) => void this.kept.set(key, file)
    get = async (key: string) => this.kept.get(key) ?? null
    remove = async (key: string) => void this.kept.delete(key)
  }

  /** An upload that fails while `network.away`, and answers with a file otherwise. */
  function stubUpload(network: { away: boolean; sent: string[] }) {
    class Request {
      upload = {}
      status = 200
      responseText = ''
      onload = () => {}
      onerror = () => {}
      onabort = () => {}
      open() {}
      setRequestHeader() {}
      send(form: FormData) {
        const file = form.get('file') as File
        if (network.away) return void queueMicrotask(() => this.onerror())
        network.sent.push(file.name)
        const data = { fileId: 5, name: file.name, size: file.size, mime: file.type, url: '/f/5' }
        this.responseText = JSON.stringify({ code: 200, message: 'success', data, timestamp: 0 })
        queueMicrotask(() => this.onload())
      }
    }
    vi.stubGlobal('XMLHttpRequest', Request)
  }

  it('keeps the file over a reload, brings it up when the network is back, and sends it once', async () => {
    const network = { away: true, sent: [] as string[] }
    stubUpload(network)
    const drawer = new Drawer()
    const delivered: OutboxItem[] = []
    const transport = {
      deliver(item: OutboxItem): Promise<Message> {
        delivered.push(item)
        return Promise.resolve(makeMessage({ messageId: 1, clientMsgId: item.clientMsgId }))
      },
    }
    const before = new Outbox(transport, vi.fn(), localStorage, drawer)
    before.setOwner('u1')
    const blob = new File(['sound'], 'voice-3s.webm', { type: 'audio/webm' })
    const { clientMsgId } = before.add(THREAD, { type: 'voice', content: '', blob, seconds: 3 })
    await vi.advanceTimersByTimeAsync(100)
    expect(before.items.value[0]).toMatchObject({ state: 'sending', attempts: 1 })
    expect([...drawer.kept.values()].map((one) => one.size)).toEqual([5])
    expect(delivered).toEqual([])

    network.away = false
    const after = new Outbox(transport, vi.fn(), localStorage, drawer)
    after.setOwner('u1')
    await vi.advanceTimersByTimeAsync(100)
    expect(network.sent).toEqual(['voice-3s.webm'])
    expect(delivered).toHaveLength(1)
    expect(delivered[0]).toMatchObject({ clientMsgId, type: 'voice', seconds: 3, file: { fileId: 5 } })
    expect(after.items.value).toEqual([])
    expect(drawer.kept.size).toBe(0)
  })

  it('goes although the browser keeps nothing, and says so when the file is lost', async () => {
    const network = { away: false, sent: [] as string[] }
    stubUpload(network)
    const full = new DOMException('full', 'QuotaExceededError')
    const none: FileKeeper = { put: () => Promise.reject(full), get: () => Promise.reject(full), remove: () => Promise.reject(full) }
    const deliver = vi.fn((item: OutboxItem) => Promise.resolve(makeMessage({ messageId: 1, clientMsgId: item.clientMsgId })))
    const outbox = new Outbox({ deliver }, vi.fn(), localStorage, none)
    outbox.setOwner('u1')
    outbox.add(THREAD, { type: 'image', content: 'a.png', blob: new File(['x'], 'a.png', { type: 'image/png' }) })
    await vi.advanceTimersByTimeAsync(100)
    expect(deliver).toHaveBeenCalledTimes(1)

    network.away = true
    outbox.add(THREAD, { type: 'image', content: 'b.png', blob: new File(['x'], 'b.png', { type: 'image/png' }) })
    await vi.advanceTimersByTimeAsync(100)
    const next = new Outbox({ deliver }, vi.fn(), localStorage, none)
    next.setOwner('u1')
    await vi.advanceTimersByTimeAsync(100)
    expect(next.items.value[0]).toMatchObject({ state: 'failed', error: 'file_lost' })
  })
})

describe('what has arrived', () => {
  it('is told once for many messages, and not what was read meanwhile', async () => {
    const tell = vi.fn<(thread: ThreadRef, seq: number) => void>()
    const arrivals = new Arrivals(tell)
    for (const seq of [3, 4, 5]) arrivals.note(THREAD, seq)
    arrivals.note({ ticketId: 2 }, 9)
    arrivals.settle({ ticketId: 2 }, 9)
    await vi.advanceTimersByTimeAsync(2000)
    expect(tell.mock.calls).toEqual([[THREAD, 5]])
    arrivals.note(THREAD, 5)
    await vi.advanceTimersByTimeAsync(2000)
    expect(tell).toHaveBeenCalledTimes(1)
  })

  it('never goes back when marks come late', () => {
    const log = new ThreadLog()
    const mark = { senderKind: 'customer' as const, senderId: 7 }
    log.applyBatch(makeBatch([makeMessage({ messageId: 1 })], { reads: [{ ...mark, readSeq: 2, receivedSeq: 5 }] }))
    log.applyReads([{ ...mark, readSeq: 4, receivedSeq: 4 }])
    expect(log.reads).toEqual([{ ...mark, readSeq: 4, receivedSeq: 5 }])
  })
})

describe('who else looks', () => {
  const BOSS = { id: 40, name: '赵静' }

  function hear(event: Partial<ViewingEvent>): void {
    // As the socket would hand it over.
    ;(live as unknown as { pushed: (name: string, payload: unknown) => void }).pushed('viewing', { ...THREAD, user: BOSS, ask: false, state: 'here', ...event })
  }

  it('comes, writes, stops and goes, also without a word', async () => {
    setActivePinia(createPinia())
    const scope = effectScope()
    const { viewers } = scope.run(() => useViewers(THREAD))!
    const seen = () => viewers.value.map((one) => `${one.name}${one.writing ? ' writes' : ''}`)
    hear({ ask: true })
    expect(seen()).toEqual(['赵静'])
    hear({ state: 'writing' })
    expect(seen()).toEqual(['赵静 writes'])
    hear({ sessionId: 18, user: { id: 41, name: '钱勇' } })
    await vi.advanceTimersByTimeAsync(12_000)
    expect(seen()).toEqual(['赵静'])
    hear({ state: 'gone' })
    expect(seen()).toEqual([])
    hear({})
    await vi.advanceTimersByTimeAsync(80_000)
    expect(seen()).toEqual([])
    scope.stop()
  })
})

describe('what stands in braces', () => {
  it('is filled in where it is known and left where it is not', () => {
    const filled = fillIn('{customer}，编号 {number}，{agnet}', { customer: '李医生', number: 'C1' })
    expect(filled).toBe('李医生，编号 C1，{agnet}')
  })
})
