/**
 * The only socket. An event is a hint: a thread joins first, then fetches what changed since it last looked, then
 * drops what it already has. While the socket is away the open threads are asked by REST now and then.
 */
import { io, type Socket } from 'socket.io-client'
import { ref, type Ref } from 'vue'

import { api, ApiError, handshake } from './api'
import { Arrivals } from './arrivals'
import { Emitter } from './emitter'
import { isMine } from './mine'
import type { Mark } from './word-marks'
import { Outbox, threadKey, type Draft, type OutboxItem } from './outbox'
import { ThreadLog } from './thread-log'
import type {
  Message,
  MessageBatch,
  Notice,
  Presence,
  QueuePlace,
  ReadMark,
  ThreadRef,
  Ticket,
  Transfer,
  TypingEvent,
  ViewingEvent,
  Conversation,
} from './types'

export type ConnectionState = 'connecting' | 'online' | 'reconnecting' | 'offline'

export interface SessionUpdate {
  sessionId: number
  event: string
  conversation: Partial<Conversation> & { id: number }
}

export interface LiveEvents {
  message: Message
  typing: TypingEvent
  viewing: ViewingEvent
  status_update: Partial<ThreadIds> & {
    threadId?: number
    reads?: ReadMark[]
    presence?: { agentId: number; presence: Presence }
  }
  session_update: SessionUpdate
  ticket_update: { ticketId: number; event: string; ticket: Partial<Ticket> & { id: number } }
  notification: Notice
  queue: { sessionId: number } & QueuePlace
  /** An alert of sensitive words is new or was settled; only those who look after alerts hear it. */
  sensitive_alert: { id: number; state: string; sessionId: number | null; ticketId: number | null }
  /** A message has sensitive words; only staff hear it. */
  message_marked: Mark & Partial<ThreadIds>
  /** To who is asked to take a conversation, and to who asks. */
  transfer: Transfer
  signed_out: { reason: string }
  /** Ours: the thread of this key has new content in its log. */
  thread: { key: string }
  /** Ours: from now on events are heard, for the first time or again; what lists fetched before may be out of date. */
  resumed: Record<string, never>
}

interface ThreadIds {
  sessionId: number
  ticketId: number
}

interface OpenThread {
  ref: ThreadRef
  log: ThreadLog
  users: number
  catchUp: ReturnType<typeof setTimeout> | null
}

type Ack = { ok: boolean; error?: string; message?: unknown; [key: string]: unknown }

const PUSHED = [
  'message',
  'typing',
  'viewing',
  'status_update',
  'session_update',
  'ticket_update',
  'notification',
  'queue',
  'sensitive_alert',
  'message_marked',
  'transfer',
  'signed_out',
] as const
const ACK_MS = 8000
/** How long a page may stay blank for an acknowledgement before it shows what REST knows. */
const JOIN_MS = 300
const REJOIN_MS = 3000
/** A noticed gap is filled within this time. */
const GAP_MS = 500
const POLL_MS = 10_000
/** A server that refuses is asked again after a while, and after ever longer ones; never by everybody at once. */
const REFUSED_MS = 1000
const REFUSED_MOST_MS = 15_000
/** How long a connection may take to prove that it has outlived a change of network. */
const PROBE_MS = 2000
const PAGE = 200
const KEPT_LOGS = 30

const STATUS_OF_ERROR: Record<string, number> = {
  invalid: 400,
  blocked_words: 400,
  not_signed_in: 401,
  not_allowed: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  too_many: 429,
  unavailable: 503,
}

export function refOf(event: { sessionId?: number | null; ticketId?: number | null }): ThreadRef | null {
  if (event.sessionId) return { sessionId: event.sessionId }
  return event.ticketId ? { ticketId: event.ticketId } : null
}

export function restPath(thread: ThreadRef): string {
  return 'sessionId' in thread ? `/sessions/${thread.sessionId}` : `/tickets/${thread.ticketId}`
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export type SocketFactory = () => Socket

const defaultSocket: SocketFactory = () =>
  io({
    path: '/ws',
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    autoConnect: false,
    reconnectionDelay: 800,
    reconnectionDelayMax: 15_000,
    randomizationFactor: 0.6,
    timeout: 10_000,
    ...handshake(),
  })

export class Live {
  readonly state: Ref<ConnectionState> = ref('offline')
  readonly outbox: Outbox
  private readonly emitter = new Emitter<LiveEvents>()
  private readonly threads = new Map<string, OpenThread>()
  private readonly logs = new Map<string, ThreadLog>()
  private readonly onNetwork = () => void this.reconnectNow()
  private readonly arrivals = new Arrivals((thread, seq) => this.tell('received', { ...thread, seq }))
  private socket: Socket | null = null
  private poll: ReturnType<typeof setInterval> | null = null
  private catchUp: ReturnType<typeof setTimeout> | null = null
  private refusals = 0

  constructor(private readonly makeSocket: SocketFactory = defaultSocket) {
    this.outbox = new Outbox({ deliver: (item) => this.deliver(item) }, (message) => this.receive(message))
  }

  on<K extends keyof LiveEvents>(event: K, handler: (payload: LiveEvents[K]) => void): () => void {
    return this.emitter.on(event, handler)
  }

  /** Start for this person (see session.identity); unsent messages of theirs are taken up again. */
  connect(owner: string): void {
    this.outbox.setOwner(owner)
    if (this.socket) return
    this.state.value = 'connecting'
    window.addEventListener('online', this.onNetwork)
    const socket = this.makeSocket()
    this.socket = socket
    socket.on('connect', () => {
      this.state.value = 'online'
      this.refusals = 0
      this.stopPolling()
      void this.resume()
    })
    socket.on('disconnect', (reason) => this.lost(reason === 'io client disconnect'))
    socket.on('connect_error', () => this.lost(false))
    socket.on('catch_up', (order: { within: number }) => this.catchUpWithin(order.within))
    for (const event of PUSHED) {
      socket.on(event, (payload: LiveEvents[typeof event]) => this.pushed(event, payload))
    }
    socket.connect()
  }

  /** Stop for good: signed out or the page ends. */
  disconnect(): void {
    window.removeEventListener('online', this.onNetwork)
    this.socket?.removeAllListeners()
    this.socket?.disconnect()
    this.socket = null
    this.stopPolling()
    if (this.catchUp) clearTimeout(this.catchUp)
    this.catchUp = null
    this.state.value = 'offline'
    this.logs.clear()
    this.arrivals.forget()
    this.outbox.setOwner('')
  }

  /** Emit with an acknowledgement; rejects with the ApiError that REST would have given. */
  async request<T extends object>(event: string, payload: object, timeoutMs = ACK_MS): Promise<T> {
    if (!this.socket?.connected) throw new ApiError(0, 'network', '')
    let ack: Ack
    try {
      ack = (await this.socket.timeout(timeoutMs).emitWithAck(event, payload)) as Ack
    } catch {
      // socket.io rejects with a bare Error when no acknowledgement came in time.
      throw new ApiError(0, 'timeout', '')
    }
    if (ack.ok) return ack as unknown as T
    const kind = ack.error ?? 'internal'
    throw new ApiError(STATUS_OF_ERROR[kind] ?? 500, kind, typeof ack.message === 'string' ? ack.message : '')
  }

  /** Emit without waiting for an answer; while the socket is away there is nobody to tell. */
  tell(event: string, payload: object): void {
    if (this.socket?.connected) this.socket.emit(event, payload)
  }

  /** The same for what may as well be lost while the line is busy: typing. */
  hint(event: string, payload: object): void {
    if (this.socket?.connected) this.socket.volatile.emit(event, payload)
  }

  /** Join, then fetch, then drop duplicates; resolves when there is something to show. Every open needs its closeThread. */
  async openThread(thread: ThreadRef): Promise<ThreadLog> {
    const key = threadKey(thread)
    const open = this.threads.get(key) ?? { ref: thread, log: this.logOf(key), users: 0, catchUp: null }
    open.users += 1
    this.threads.set(key, open)
    await this.joinAndFetch(open)
    return open.log
  }

  /** The log as far as it is known in this browser, before anything is fetched. */
  peekThread(thread: ThreadRef): ThreadLog {
    return this.logOf(threadKey(thread))
  }

  closeThread(thread: ThreadRef): void {
    const key = threadKey(thread)
    const open = this.threads.get(key)
    if (!open) return
    open.users -= 1
    if (open.users > 0) return
    if (open.catchUp) clearTimeout(open.catchUp)
    this.threads.delete(key)
    this.hint('leave', thread)
  }

  async loadOlder(thread: ThreadRef, limit = 50): Promise<void> {
    const log = this.logOf(threadKey(thread))
    const batch = await api.get<MessageBatch>(`${restPath(thread)}/messages`, { beforeSeq: log.firstSeq, limit })
    log.applyOlder(batch)
    this.emitter.emit('thread', { key: threadKey(thread) })
  }

  send(thread: ThreadRef, draft: Draft): OutboxItem {
    return this.outbox.add(thread, draft)
  }

  /** Read up to seq; by REST when the socket is away. */
  async markRead(thread: ThreadRef, seq: number): Promise<void> {
    this.arrivals.settle(thread, seq)
    try {
      await this.request('message_ack', { ...thread, seq })
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
    const key = threadKey(thread)
    const open = this.threads.get(key)
    // A log nobody looks at is brought up to date by its next opening.
    if (!open) return
    const { gap } = open.log.applyPushed(message)
    if (gap) this.scheduleCatchUp(open)
    this.emitter.emit('thread', { key })
  }

  private pushed<K extends (typeof PUSHED)[number]>(event: K, payload: LiveEvents[K]): void {
    if (event === 'message') this.receive(payload as Message)
    if (event === 'status_update') {
      const update = payload as LiveEvents['status_update']
      const thread = refOf(update)
      const open = thread && this.threads.get(threadKey(thread))
      if (open && update.reads) {
        open.log.applyReads(update.reads)
        this.emitter.emit('thread', { key: threadKey(open.ref) })
      }
    }
    this.emitter.emit(event, payload)
    if (event === 'signed_out') this.disconnect()
  }

  private async deliver(item: OutboxItem): Promise<Message> {
    const { clientMsgId, type, content, seconds, mentions } = item
    const body = { clientMsgId, type, content, seconds, mentions }
    if (!item.file && this.state.value === 'online') {
      try {
        const ack = await this.request<{ message: Message }>('send_message', { ...item.ref, ...body })
        return ack.message
      } catch (error) {
        // Refused is refused; without an answer REST asks again with the same clientMsgId.
        if (error instanceof ApiError && !error.isTemporary) throw error
      }
    }
    return api.post<Message>(`${restPath(item.ref)}/messages`, { ...body, fileId: item.file?.fileId })
  }

  /** The acknowledgement comes at once as a rule. When it does not, one fetch shows what there is, another one follows it. */
  private async joinAndFetch(open: OpenThread): Promise<void> {
    const joined = this.join(open)
    const inTime = await Promise.race([joined.then(() => true), pause(JOIN_MS).then(() => false)])
    await this.fetchChanges(open)
    if (!inTime) void joined.then(() => this.fetchQuietly(open))
  }

  /** Try until there is an answer: outside its room a thread hears nothing. A lost connection ends it; resume joins anew. */
  private async join(open: OpenThread): Promise<void> {
    while (this.state.value === 'online' && this.threads.get(threadKey(open.ref)) === open) {
      try {
        await this.request('join', open.ref)
        return
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        // Refused is refused: REST says so to the reader.
        if (!error.isTemporary) return
        await pause(REJOIN_MS)
      }
    }
  }

  private async fetchChanges(open: OpenThread): Promise<void> {
    const { log } = open
    const path = `${restPath(open.ref)}/messages`
    if (!log.loaded) log.applyNewest(await api.get<MessageBatch>(path))
    else {
      let more = true
      while (more) {
        const batch = await api.get<MessageBatch>(path, { afterChange: log.syncedChange, limit: PAGE })
        const before = log.syncedChange
        log.applyBatch(batch)
        more = Boolean(batch.hasMore) && log.syncedChange > before
      }
    }
    for (const message of log.messages) if (message.clientMsgId) this.outbox.acknowledge(message.clientMsgId)
    this.arrivals.note(open.ref, log.lastSeq)
    this.emitter.emit('thread', { key: threadKey(open.ref) })
  }

  /** Something is missing: ask for it, and as long as this thread is open ask again when there was no answer. */
  private scheduleCatchUp(open: OpenThread, ceiling = GAP_MS): void {
    if (open.catchUp) return
    open.catchUp = setTimeout(
      async () => {
        open.catchUp = null
        const isFetched = await this.quietly(this.fetchChanges(open))
        const isOpen = this.threads.get(threadKey(open.ref)) === open
        if (!isFetched && isOpen) this.scheduleCatchUp(open, Math.min(2 * ceiling, REFUSED_MOST_MS))
      },
      ceiling / 2 + (Math.random() * ceiling) / 2,
    )
  }

  private fetchQuietly(open: OpenThread): void {
    void this.quietly(this.fetchChanges(open))
  }

  /** In the background a failed fetch is only late: the next event, poll or resume repeats it. Whether it worked. */
  private async quietly(fetching: Promise<void>): Promise<boolean> {
    try {
      await fetching
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return false
    }
  }

  /** Hints may have been lost on their way between the server's processes: ask anew, at a moment of one's own. */
  private catchUpWithin(seconds: number): void {
    this.catchUp ??= setTimeout(
      () => {
        this.catchUp = null
        if (this.state.value === 'online') void this.resume()
      },
      Math.random() * seconds * 1000,
    )
  }

  private async resume(): Promise<void> {
    const open = [...this.threads.values()]
    if (open.length > 0) await this.resumeThreads(open)
    this.outbox.flush()
    this.emitter.emit('resumed', {})
  }

  private async resumeThreads(open: OpenThread[]): Promise<void> {
    try {
      const threads = open.map((one) => ({ ...one.ref, afterChange: one.log.syncedChange }))
      const answer = await this.request<{ threads: (MessageBatch & Partial<ThreadIds>)[] }>('resume', { threads })
      for (const batch of answer.threads) {
        const thread = refOf(batch)
        const one = thread && this.threads.get(threadKey(thread))
        if (!one) continue
        // A log that was never loaded needs its newest page, not its whole history.
        if (one.log.loaded) one.log.applyBatch(batch)
        this.arrivals.note(one.ref, one.log.lastSeq)
        if (!one.log.loaded || batch.hasMore) this.fetchQuietly(one)
        this.emitter.emit('thread', { key: threadKey(one.ref) })
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const again = async (one: OpenThread) => {
        if (!(await this.quietly(this.joinAndFetch(one)))) this.scheduleCatchUp(one)
      }
      await Promise.all(open.map(again))
    }
  }

  private lost(wanted: boolean): void {
    if (wanted || !this.socket) return
    this.state.value = navigator.onLine ? 'reconnecting' : 'offline'
    // After a disconnect by the server socket.io does not come back by itself.
    if (!this.socket.active) setTimeout(() => this.socket?.connect(), this.patience())
    this.poll ??= setInterval(() => void this.askByRest(), POLL_MS)
  }

  private patience(): number {
    const ceiling = Math.min(REFUSED_MOST_MS, REFUSED_MS * 2 ** Math.min(this.refusals, 5))
    this.refusals += 1
    return ceiling + Math.random() * 2 * ceiling
  }

  /** Where REST gets through, unsent messages do too. */
  private async askByRest(): Promise<void> {
    if (document.visibilityState !== 'visible') return
    const fetches = [...this.threads.values()].map((open) => this.quietly(this.fetchChanges(open)))
    if ((await Promise.all(fetches)).some(Boolean)) this.outbox.flush()
  }

  /** The network is back: do not wait for the next try, and do not trust a connection made before. */
  private async reconnectNow(): Promise<void> {
    const socket = this.socket
    if (!socket) return
    if (socket.connected && (await this.quietly(this.request('ping', {}, PROBE_MS).then(() => undefined)))) return
    if (socket !== this.socket) return
    this.state.value = 'reconnecting'
    socket.disconnect()
    socket.connect()
    this.outbox.flush()
  }

  private stopPolling(): void {
    if (this.poll) clearInterval(this.poll)
    this.poll = null
  }

  private logOf(key: string): ThreadLog {
    const log = this.threads.get(key)?.log ?? this.logs.get(key) ?? new ThreadLog()
    // Most recently used last; the oldest unused log makes room.
    this.logs.delete(key)
    this.logs.set(key, log)
    for (const old of this.logs.keys()) {
      if (this.logs.size <= KEPT_LOGS) break
      if (!this.threads.has(old)) this.logs.delete(old)
    }
    return log
  }
}

/** The one connection of this page. */
export const live = new Live()

export type { Draft, OutboxItem }
