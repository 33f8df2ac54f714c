/**
 * The threads that are on screen, each with its log: joined first, then fetched as far as they have changed, then fed
 * by events; and the logs of those one has just left, so that coming back shows them at once.
 */
import { api, ApiError } from './api'
import type { Connection } from './connection'
import type { ThreadIds } from './live-events'
import { ThreadLog } from './thread-log'
import { refOf, restPath, threadKey } from './thread-ref'
import type { Message, MessageBatch, ReadMark, ThreadRef } from './types'

interface OpenThread {
  ref: ThreadRef
  log: ThreadLog
  users: number
  catchUp: ReturnType<typeof setTimeout> | null
}

/** Who hears of what came in. */
export interface ThreadListener {
  changed(key: string): void
  /** Fetched: its own words in it are sent, the others' have arrived. */
  fetched(thread: ThreadRef, log: ThreadLog): void
}

/** How long a page may stay blank for an acknowledgement before it shows what REST knows. */
const JOIN_MS = 300
const REJOIN_MS = 3000
/** A noticed gap is filled within this time. */
const GAP_MS = 500
/** A server that refuses is asked again after ever longer whiles, up to this one. */
const REFUSED_MOST_MS = 15_000
const PAGE = 200
const KEPT_LOGS = 30

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** In the background a failed fetch is only late: the next event, poll or resume repeats it. Whether it worked. */
async function quietly(fetching: Promise<void>): Promise<boolean> {
  try {
    await fetching
    return true
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return false
  }
}

export class OpenThreads {
  private readonly threads = new Map<string, OpenThread>()
  private readonly logs = new Map<string, ThreadLog>()

  constructor(
    private readonly connection: Connection,
    private readonly listener: ThreadListener,
  ) {}

  get areOpen(): boolean {
    return this.threads.size > 0
  }

  /** Join, then fetch, then drop duplicates; resolves when there is something to show. Every open needs its close. */
  async open(thread: ThreadRef): Promise<ThreadLog> {
    const key = threadKey(thread)
    const open = this.threads.get(key) ?? { ref: thread, log: this.logOf(key), users: 0, catchUp: null }
    open.users += 1
    this.threads.set(key, open)
    await this.joinAndFetch(open)
    return open.log
  }

  close(thread: ThreadRef): void {
    const key = threadKey(thread)
    const open = this.threads.get(key)
    if (!open) return
    open.users -= 1
    if (open.users > 0) return
    if (open.catchUp) clearTimeout(open.catchUp)
    this.threads.delete(key)
    this.connection.hint('leave', thread)
  }

  /** The log as far as it is known in this browser, before anything is fetched. */
  peek(thread: ThreadRef): ThreadLog {
    return this.logOf(threadKey(thread))
  }

  async loadOlder(thread: ThreadRef, limit: number): Promise<void> {
    const log = this.peek(thread)
    const batch = await api.get<MessageBatch>(`${restPath(thread)}/messages`, { beforeSeq: log.firstSeq, limit })
    log.applyOlder(batch)
    this.listener.changed(threadKey(thread))
  }

  /** A pushed message. A log nobody looks at is brought up to date by its next opening. */
  take(thread: ThreadRef, message: Message): void {
    const open = this.threads.get(threadKey(thread))
    if (!open) return
    const { gap } = open.log.applyPushed(message)
    if (gap) this.scheduleCatchUp(open)
    this.listener.changed(threadKey(thread))
  }

  takeReads(thread: ThreadRef, reads: ReadMark[]): void {
    const open = this.threads.get(threadKey(thread))
    if (!open) return
    open.log.applyReads(reads)
    this.listener.changed(threadKey(thread))
  }

  /** The line is back: what was missed, of all that is on screen, in one question. */
  async resume(): Promise<void> {
    const open = [...this.threads.values()]
    try {
      const threads = open.map((one) => ({ ...one.ref, afterChange: one.log.syncedChange }))
      const answer = await this.connection.request<{ threads: (MessageBatch & Partial<ThreadIds>)[] }>('resume', { threads })
      for (const batch of answer.threads) this.takeMissed(batch)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const again = async (one: OpenThread) => {
        if (!(await quietly(this.joinAndFetch(one)))) this.scheduleCatchUp(one)
      }
      await Promise.all(open.map(again))
    }
  }

  /** By REST, while the line is away; whether any got through. */
  async fetchAll(): Promise<boolean> {
    const fetches = [...this.threads.values()].map((open) => quietly(this.fetchChanges(open)))
    return (await Promise.all(fetches)).some(Boolean)
  }

  forgetLogs(): void {
    this.logs.clear()
  }

  private takeMissed(batch: MessageBatch & Partial<ThreadIds>): void {
    const thread = refOf(batch)
    const one = thread && this.threads.get(threadKey(thread))
    if (!one) return
    // A log that was never loaded needs its newest page, not its whole history.
    if (one.log.loaded) {
      one.log.applyBatch(batch)
      this.listener.fetched(one.ref, one.log)
    }
    if (!one.log.loaded || batch.hasMore) void quietly(this.fetchChanges(one))
    this.listener.changed(threadKey(one.ref))
  }

  /** The acknowledgement comes at once as a rule. When it does not, one fetch shows what there is, another one follows it. */
  private async joinAndFetch(open: OpenThread): Promise<void> {
    const joined = this.join(open)
    const inTime = await Promise.race([joined.then(() => true), pause(JOIN_MS).then(() => false)])
    await this.fetchChanges(open)
    if (!inTime) void joined.then(() => quietly(this.fetchChanges(open)))
  }

  /** Try until there is an answer: outside its room a thread hears nothing. A lost connection ends it; resume joins anew. */
  private async join(open: OpenThread): Promise<void> {
    while (this.connection.isOnline && this.threads.get(threadKey(open.ref)) === open) {
      try {
        await this.connection.request('join', open.ref)
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
    this.listener.fetched(open.ref, log)
    this.listener.changed(threadKey(open.ref))
  }

  /** Something is missing: ask for it, and as long as this thread is open ask again when there was no answer. */
  private scheduleCatchUp(open: OpenThread, ceiling = GAP_MS): void {
    if (open.catchUp) return
    open.catchUp = setTimeout(
      async () => {
        open.catchUp = null
        const isFetched = await quietly(this.fetchChanges(open))
        const isOpen = this.threads.get(threadKey(open.ref)) === open
        if (!isFetched && isOpen) this.scheduleCatchUp(open, Math.min(2 * ceiling, REFUSED_MOST_MS))
      },
      ceiling / 2 + (Math.random() * ceiling) / 2,
    )
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
