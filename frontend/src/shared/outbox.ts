/**
 * Messages that the server has not yet acknowledged. Kept in the browser until it has: a reload, a lost
 * connection or a restarted server loses nothing, and the same clientMsgId makes a repeat harmless.
 */
import { shallowRef } from 'vue'

import { ApiError, upload } from './api'
import { keptFiles, type FileKeeper } from './kept-files'
import { threadKey } from './thread-ref'
import type { FileInfo, Message, ThreadRef } from './types'

export interface Draft {
  type: 'text' | 'note' | 'image' | 'file' | 'voice'
  content: string
  /** A file that the server has already. */
  file?: FileInfo
  /** A file that goes up with the message, now or when the network is back. */
  blob?: File
  /** How long a voice message is. */
  seconds?: number
  /** User ids of the colleagues whom a note names. */
  mentions?: number[]
}

export interface OutboxItem extends Omit<Draft, 'blob'> {
  clientMsgId: string
  /** The file lies in this browser, under the message's id, until it has gone up. */
  waitsForUpload?: { name: string; mime: string; size: number }
  ref: ThreadRef
  createdAt: number
  attempts: number
  state: 'sending' | 'failed'
  /** Kind of the refusal when state is failed. */
  error?: string
  errorText?: string
}

export interface Transport {
  /** One attempt; resolves with the stored message, rejects with ApiError. */
  deliver(item: OutboxItem): Promise<Message>
}

const PREFIX = 'ss.outbox'
const STALE_MS = 30 * 60_000
const MAX_DELAY_MS = 30_000

export function newClientMsgId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export class Outbox {
  /** All unacknowledged messages, oldest first. Replaced as a whole, so that Vue notices. */
  readonly items = shallowRef<readonly OutboxItem[]>([])
  private owner = ''
  private readonly running = new Set<string>()
  private readonly inMemory = new Map<string, File>()
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>()

  constructor(
    private readonly transport: Transport,
    private readonly onSent: (message: Message, item: OutboxItem) => void,
    private readonly storage: Storage = localStorage,
    private readonly files: FileKeeper = keptFiles,
  ) {}

  /** Whose messages these are; loads what that person left unsent in this browser. */
  setOwner(owner: string): void {
    if (owner === this.owner) return
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
    this.owner = owner
    this.items.value = owner ? this.restore() : []
    this.flush()
  }

  add(ref: ThreadRef, draft: Draft): OutboxItem {
    const { blob, ...words } = draft
    const item: OutboxItem = {
      ...words,
      ref,
      clientMsgId: newClientMsgId(),
      waitsForUpload: blob && { name: blob.name, mime: blob.type, size: blob.size },
      createdAt: Date.now(),
      attempts: 0,
      state: 'sending',
    }
    this.save(item)
    this.items.value = [...this.items.value, item]
    if (blob) void this.keep(item, blob)
    else void this.pump(threadKey(ref))
    return item
  }

  /** The file of a message that has not gone up yet, e.g. to hear it meanwhile. */
  fileOf(clientMsgId: string): Promise<Blob | null> {
    return this.files.get(this.keyOf(clientMsgId))
  }

  private async keep(item: OutboxItem, blob: File): Promise<void> {
    this.inMemory.set(item.clientMsgId, blob)
    try {
      await this.files.put(this.keyOf(item.clientMsgId), blob)
      // Thrown away meanwhile.
      if (!this.items.value.some((one) => one.clientMsgId === item.clientMsgId)) await this.forgetFile(item.clientMsgId)
    } catch (reason) {
      // A browser that keeps nothing (private window, full disk) still sends it as long as the page is open.
      if (!(reason instanceof DOMException)) throw reason
    } finally {
      void this.pump(threadKey(item.ref))
    }
  }

  retry(clientMsgId: string): void {
    const item = this.change(clientMsgId, { state: 'sending', attempts: 0, error: undefined, errorText: undefined })
    if (item) void this.pump(threadKey(item.ref))
  }

  discard(clientMsgId: string): void {
    const item = this.items.value.find((one) => one.clientMsgId === clientMsgId)
    this.storage.removeItem(this.keyOf(clientMsgId))
    if (item?.waitsForUpload) void this.forgetFile(clientMsgId)
    this.items.value = this.items.value.filter((item) => item.clientMsgId !== clientMsgId)
  }

  /** The stored message arrived some other way (push, catch-up): nothing is left to send. */
  acknowledge(clientMsgId: string): void {
    if (this.items.value.some((item) => item.clientMsgId === clientMsgId)) this.discard(clientMsgId)
  }

  /** Try everything now: the connection is back. */
  flush(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
    const keys = new Set(this.items.value.map((item) => threadKey(item.ref)))
    for (const key of keys) void this.pump(key)
  }

  /** Bring the file of this message up, if it has one that waits. Rejects with ApiError. */
  private async uploaded(item: OutboxItem): Promise<OutboxItem> {
    if (!item.waitsForUpload || item.file) return item
    const { name, mime } = item.waitsForUpload
    const kept = this.inMemory.get(item.clientMsgId) ?? (await this.kept(item.clientMsgId))
    if (!kept) throw new ApiError(410, 'file_lost', '')
    const file = await upload(kept instanceof File ? kept : new File([kept], name, { type: mime }))
    return this.change(item.clientMsgId, { file }) ?? { ...item, file }
  }

  private async kept(clientMsgId: string): Promise<Blob | null> {
    try {
      return await this.fileOf(clientMsgId)
    } catch (reason) {
      if (!(reason instanceof DOMException)) throw reason
      return null
    }
  }

  private async forgetFile(clientMsgId: string): Promise<void> {
    this.inMemory.delete(clientMsgId)
    try {
      await this.files.remove(this.keyOf(clientMsgId))
    } catch (reason) {
      // What was never kept need not be removed.
      if (!(reason instanceof DOMException)) throw reason
    }
  }

  /** One message at a time in each thread, so that they arrive in the order they were written. */
  private async pump(key: string): Promise<void> {
    if (this.running.has(key) || this.timers.has(key)) return
    const item = this.items.value.find((one) => one.state === 'sending' && threadKey(one.ref) === key)
    if (!item) return
    const owner = this.owner
    this.running.add(key)
    let delay = 0
    try {
      const message = await this.transport.deliver(await this.uploaded(item))
      if (owner === this.owner) this.discard(item.clientMsgId)
      this.onSent(message, item)
    } catch (error) {
      delay = this.afterFailure(item, error)
    } finally {
      this.running.delete(key)
    }
    if (owner !== this.owner) return
    if (delay === 0) void this.pump(key)
    else this.later(key, delay)
  }

  /** Returns how long to wait before the next attempt; 0 when the message was refused for good. */
  private afterFailure(item: OutboxItem, error: unknown): number {
    const reason = error instanceof ApiError ? error : new ApiError(0, 'internal', String(error))
    const attempts = item.attempts + 1
    if (!reason.isTemporary) {
      this.change(item.clientMsgId, {
        attempts,
        state: 'failed',
        error: reason.error,
        errorText: reason.message,
      })
      return 0
    }
    this.change(item.clientMsgId, { attempts })
    const ceiling = Math.min(MAX_DELAY_MS, 1000 * 2 ** Math.min(attempts, 6))
    return ceiling / 2 + Math.random() * (ceiling / 2)
  }

  private later(key: string, delay: number): void {
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key)
        void this.pump(key)
      }, delay),
    )
  }

  private change(clientMsgId: string, patch: Partial<OutboxItem>): OutboxItem | null {
    const item = this.items.value.find((one) => one.clientMsgId === clientMsgId)
    if (!item) return null
    const next = { ...item, ...patch }
    this.items.value = this.items.value.map((one) => (one === item ? next : one))
    this.save(next)
    return next
  }

  private keyOf(clientMsgId: string): string {
    return `${PREFIX}:${this.owner}:${clientMsgId}`
  }

  private save(item: OutboxItem): void {
    if (this.owner) this.storage.setItem(this.keyOf(item.clientMsgId), JSON.stringify(item))
  }

  private restore(): OutboxItem[] {
    const found: OutboxItem[] = []
    for (let index = 0; index < this.storage.length; index += 1) {
      const key = this.storage.key(index)
      if (!key?.startsWith(`${PREFIX}:${this.owner}:`)) continue
      const item = JSON.parse(this.storage.getItem(key)!) as OutboxItem
      // What was written long ago is not sent behind the writer's back: it waits for a click.
      const stale = Date.now() - item.createdAt > STALE_MS
      found.push(stale ? { ...item, state: 'failed', error: 'stale' } : { ...item, attempts: 0 })
    }
    return found.sort((a, b) => a.createdAt - b.createdAt)
  }
}
