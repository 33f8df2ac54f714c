/**
 * Everything that happens live on this page goes through here. An event is a hint: a thread joins first, then fetches
 * what changed since it last looked, then drops what it already has. While the line is away the open threads are asked
 * by REST now and then, and what is written waits in the outbox.
 */
import type { Ref } from 'vue'

import { api, ApiError } from './api'
import { Arrivals } from './arrivals'
import { Connection, defaultSocket, type ConnectionState, type SocketFactory } from './connection'
import { Emitter } from './emitter'
import { PUSHED, type LiveEvents, type Pushed } from './live-events'
import { isMine } from './mine'
import { OpenThreads } from './open-threads'
import { Outbox, type Draft, type OutboxItem } from './outbox'
import type { ThreadLog } from './thread-log'
import { refOf, restPath } from './thread-ref'
import type { Message, ThreadRef } from './types'

const POLL_MS = 10_000

export class Live {
  readonly outbox: Outbox
  private readonly emitter = new Emitter<LiveEvents>()
  private readonly connection: Connection
  private readonly threads: OpenThreads
  private readonly arrivals = new Arrivals((thread, seq) => this.tell('received', { ...thread, seq }))
  private poll: ReturnType<typeof setInterval> | null = null
  private catchUp: ReturnType<typeof setTimeout> | null = null

  constructor(makeSocket: SocketFactory = defaultSocket) {
    this.outbox = new Outbox({ deliver: (item) => this.deliver(item) }, (message) => this.receive(message))
    this.connection = new Connection(makeSocket, {
      connected: () => {
        this.stopPolling()
        void this.resume()
      },
      lost: () => (this.poll ??= setInterval(() => void this.askByRest(), POLL_MS)),
      networkBack: () => this.outbox.flush(),
    })
    this.threads = new OpenThreads(this.connection, {
      changed: (key) => this.emitter.emit('thread', { key }),
      fetched: (thread, log) => this.noteFetched(thread, log),
    })
  }

  get state(): Ref<ConnectionState> {
    return this.connection.state
  }

  on<K extends keyof LiveEvents>(event: K, handler: (payload: LiveEvents[K]) => void): () => void {
    return this.emitter.on(event, handler)
  }

  /** Start for this person (see session.identity); unsent messages of theirs are taken up again. */
  connect(owner: string): void {
    this.outbox.setOwner(owner)
    if (this.connection.isOpen) return
    this.connection.open((socket) => {
      socket.on('catch_up', (order: { within: number }) => this.catchUpWithin(order.within))
      for (const event of PUSHED) {
        socket.on(event, (payload: LiveEvents[typeof event]) => this.pushed(event, payload))
      }
    })
  }

  /** Stop for good: signed out or the page ends. */
  disconnect(): void {
    this.connection.close()
    this.stopPolling()
    if (this.catchUp) clearTimeout(this.catchUp)
    this.catchUp = null
    this.threads.forgetLogs()
    this.arrivals.forget()
    this.outbox.setOwner('')
  }

  /** Emit without waiting for an answer; while the socket is away there is nobody to tell. */
  tell(event: string, payload: object): void {
    this.connection.tell(event, payload)
  }

  /** The same for what may as well be lost while the line is busy: typing. */
  hint(event: string, payload: object): void {
    this.connection.hint(event, payload)
  }

  /** Resolves when there is something to show. Every openThread needs its closeThread. */
  openThread(thread: ThreadRef): Promise<ThreadLog> {
    return this.threads.open(thread)
  }

  closeThread(thread: ThreadRef): void {
    this.threads.close(thread)
  }

  /** The log as far as it is known in this browser, before anything is fetched. */
  peekThread(thread: ThreadRef): ThreadLog {
    return this.threads.peek(thread)
  }

  loadOlder(thread: ThreadRef, limit = 50): Promise<void> {
    return this.threads.loadOlder(thread, limit)
  }

  send(thread: ThreadRef, draft: Draft): OutboxItem {
    return this.outbox.add(thread, draft)
  }

  /** Read up to seq; by REST when the socket is away. */
  async markRead(thread: ThreadRef, seq: number): Promise<void> {
    this.arrivals.settle(thread, seq)
    try {
      await this.connection.request('message_ack', { ...thread, seq })
    } catch (error) {
      if (error instanceof ApiError && !error.isTemporary) throw error
      await api.post(`${restPath(thread)}/read`, { seq })
    }
  }

  /** A message that REST answered (recall, for one) goes into its log like a pushed one. */
  receive(message: Message): void {
    if (message.clientMsgId) this.outbox.acknowledge(message.clientMsgId)
    const thread = refOf(message)
    if (!thread) return
    const isOthers = message.sender.kind === 'customer' || message.sender.kind === 'agent'
    if (isOthers && !isMine(message)) this.arrivals.note(thread, message.seq)
    this.threads.take(thread, message)
  }

  private pushed<K extends Pushed>(event: K, payload: LiveEvents[K]): void {
    if (event === 'message') this.receive(payload as Message)
    if (event === 'status_update') {
      const update = payload as LiveEvents['status_update']
      const thread = refOf(update)
      if (thread && update.reads) this.threads.takeReads(thread, update.reads)
    }
    this.emitter.emit(event, payload)
    if (event === 'signed_out') this.disconnect()
  }

  private noteFetched(thread: ThreadRef, log: ThreadLog): void {
    for (const message of log.messages) if (message.clientMsgId) this.outbox.acknowledge(message.clientMsgId)
    this.arrivals.note(thread, log.lastSeq)
  }

  private async deliver(item: OutboxItem): Promise<Message> {
    const { clientMsgId, type, content, seconds, mentions } = item
    const body = { clientMsgId, type, content, seconds, mentions }
    if (!item.file && this.connection.isOnline) {
      try {
        const ack = await this.connection.request<{ message: Message }>('send_message', { ...item.ref, ...body })
        return ack.message
      } catch (error) {
        // Refused is refused; without an answer REST asks again with the same clientMsgId.
        if (error instanceof ApiError && !error.isTemporary) throw error
      }
    }
    return api.post<Message>(`${restPath(item.ref)}/messages`, { ...body, fileId: item.file?.fileId })
  }

  /** Hints may have been lost on their way between the server's processes: ask anew, at a moment of one's own. */
  private catchUpWithin(seconds: number): void {
    this.catchUp ??= setTimeout(
      () => {
        this.catchUp = null
        if (this.connection.isOnline) void this.resume()
      },
      Math.random() * seconds * 1000,
    )
  }

  private async resume(): Promise<void> {
    if (this.threads.areOpen) await this.threads.resume()
    this.outbox.flush()
    this.emitter.emit('resumed', {})
  }

  /** Where REST gets through, unsent messages do too. */
  private async askByRest(): Promise<void> {
    if (document.visibilityState === 'visible' && (await this.threads.fetchAll())) this.outbox.flush()
  }

  private stopPolling(): void {
    if (this.poll) clearInterval(this.poll)
    this.poll = null
  }
}

/** The one connection of this page. */
export const live = new Live()
