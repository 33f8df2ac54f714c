/**
 * Tells the server now and then how far each thread has arrived here, so that the writer sees "delivered" although
 * nobody looks. What is read at once needs no word: reading says it.
 */
import { threadKey } from './thread-ref'
import type { ThreadRef } from './types'

const PAUSE_MS = 1500

interface Arrival {
  thread: ThreadRef
  seq: number
  told: number
}

export class Arrivals {
  private readonly known = new Map<string, Arrival>()
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(private readonly tell: (thread: ThreadRef, seq: number) => void) {}

  /** Everything up to `seq` is here. */
  note(thread: ThreadRef, seq: number): void {
    const one = this.of(thread)
    if (seq <= Math.max(one.seq, one.told)) return
    one.seq = seq
    this.timer ??= setTimeout(() => this.flush(), PAUSE_MS)
  }

  /** It was told another way: read, or written by the person here. */
  settle(thread: ThreadRef, seq: number): void {
    const one = this.of(thread)
    one.told = Math.max(one.told, seq)
  }

  forget(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.known.clear()
  }

  private flush(): void {
    this.timer = null
    for (const one of this.known.values()) {
      if (one.seq <= one.told) continue
      one.told = one.seq
      this.tell(one.thread, one.seq)
    }
  }

  private of(thread: ThreadRef): Arrival {
    const key = threadKey(thread)
    const one = this.known.get(key) ?? { thread, seq: 0, told: 0 }
    this.known.set(key, one)
    return one
  }
}
