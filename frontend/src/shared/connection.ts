/** The line to the server: opened, lost, opened again; and questions over it, answered as REST would answer them. */
import { io, type Socket } from 'socket.io-client'
import { ref, type Ref } from 'vue'

import { ApiError, handshake } from './api'

export type ConnectionState = 'connecting' | 'online' | 'reconnecting' | 'offline'
export type SocketFactory = () => Socket

export interface Line {
  /** Events are heard from now on. */
  connected(): void
  lost(): void
  /** The network is back; the line may not be yet. */
  networkBack(): void
}

type Ack = { ok: boolean; error?: string; message?: unknown; [key: string]: unknown }

const ACK_MS = 8000
/** A server that refuses is asked again after a while, and after ever longer ones; never by everybody at once. */
const REFUSED_MS = 1000
const REFUSED_MOST_MS = 15_000
/** How long a connection may take to prove that it has outlived a change of network. */
const PROBE_MS = 2000

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

export const defaultSocket: SocketFactory = () =>
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

export class Connection {
  readonly state: Ref<ConnectionState> = ref('offline')
  private readonly onNetwork = () => void this.reconnectNow()
  private socket: Socket | null = null
  private refusals = 0

  constructor(
    private readonly makeSocket: SocketFactory,
    private readonly line: Line,
  ) {}

  get isOnline(): boolean {
    return this.state.value === 'online'
  }

  get isOpen(): boolean {
    return this.socket !== null
  }

  /** `listen` puts its ears on before anything can be said. */
  open(listen: (socket: Socket) => void): void {
    this.state.value = 'connecting'
    window.addEventListener('online', this.onNetwork)
    const socket = this.makeSocket()
    this.socket = socket
    socket.on('connect', () => {
      this.state.value = 'online'
      this.refusals = 0
      this.line.connected()
    })
    socket.on('disconnect', (reason) => this.lost(reason === 'io client disconnect'))
    socket.on('connect_error', () => this.lost(false))
    listen(socket)
    socket.connect()
  }

  close(): void {
    window.removeEventListener('online', this.onNetwork)
    this.socket?.removeAllListeners()
    this.socket?.disconnect()
    this.socket = null
    this.state.value = 'offline'
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

  private lost(wanted: boolean): void {
    if (wanted || !this.socket) return
    this.state.value = navigator.onLine ? 'reconnecting' : 'offline'
    // After a disconnect by the server socket.io does not come back by itself.
    if (!this.socket.active) setTimeout(() => this.socket?.connect(), this.patience())
    this.line.lost()
  }

  private patience(): number {
    const ceiling = Math.min(REFUSED_MOST_MS, REFUSED_MS * 2 ** Math.min(this.refusals, 5))
    this.refusals += 1
    return ceiling + Math.random() * 2 * ceiling
  }

  /** The network is back: do not wait for the next try, and do not trust a connection made before. */
  private async reconnectNow(): Promise<void> {
    const socket = this.socket
    if (!socket || (socket.connected && (await this.hasOutlived()))) return
    if (socket !== this.socket) return
    this.state.value = 'reconnecting'
    socket.disconnect()
    socket.connect()
    this.line.networkBack()
  }

  private async hasOutlived(): Promise<boolean> {
    try {
      await this.request('ping', {}, PROBE_MS)
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return false
    }
  }
}
