/**
 * The messages of one thread as this browser knows them. No network, no Vue: only the merging rule.
 *
 * A message is known by messageId, placed by seq, and the version with the highest changeSeq wins; so the same
 * message may arrive by socket, by REST and by resume, in any order and any number of times.
 */
import type { Message, MessageBatch, ReadMark } from './types'

export type Applied = 'new' | 'changed' | 'duplicate'

export class ThreadLog {
  private readonly byId = new Map<number, Message>()
  private ordered: Message[] = []

  /** Everything up to this change number is here: the number to ask `afterChange` with. */
  syncedChange = 0
  lastSeq = 0
  /** False until the newest page has been loaded once. */
  loaded = false
  hasOlder = false
  reads: ReadMark[] = []

  get messages(): readonly Message[] {
    return this.ordered
  }

  get firstSeq(): number {
    return this.ordered[0]?.seq ?? 0
  }

  has(messageId: number): boolean {
    return this.byId.has(messageId)
  }

  /** The newest page replaces nothing: it is merged, and says whether there is something before it. */
  applyNewest(batch: MessageBatch): void {
    this.applyBatch(batch)
    this.hasOlder = batch.hasMore ?? (this.firstSeq > 1 && batch.list.length > 0)
    this.loaded = true
  }

  applyOlder(batch: MessageBatch): void {
    for (const message of batch.list) this.put(message)
    this.hasOlder = (batch.hasMore ?? false) && batch.list.length > 0
  }

  /** What `afterChange` or `resume` answered; afterwards nothing up to its changeSeq is missing. */
  applyBatch(batch: MessageBatch): void {
    let highest = this.syncedChange
    for (const message of batch.list) {
      this.put(message)
      highest = Math.max(highest, message.changeSeq)
    }
    // A page that has a next one vouches only for what it carried.
    this.syncedChange = batch.hasMore && this.loaded ? highest : Math.max(highest, batch.changeSeq)
    this.lastSeq = Math.max(this.lastSeq, batch.lastSeq)
    if (batch.reads) this.applyReads(batch.reads)
  }

  /** A pushed message. `gap` tells that a change before it was missed and must be fetched. */
  applyPushed(message: Message): { applied: Applied; gap: boolean } {
    const applied = this.put(message)
    const gap = message.changeSeq > this.syncedChange + 1
    if (message.changeSeq === this.syncedChange + 1) this.syncedChange = message.changeSeq
    return { applied, gap }
  }

  applyReads(reads: ReadMark[]): void {
    for (const mark of reads) {
      const known = this.reads.find((one) => one.senderKind === mark.senderKind && one.senderId === mark.senderId)
      if (!known) this.reads = [...this.reads, { ...mark }]
      else {
        known.readSeq = Math.max(known.readSeq, mark.readSeq)
        known.receivedSeq = Math.max(known.receivedSeq ?? 0, mark.receivedSeq ?? 0)
      }
    }
  }

  private put(message: Message): Applied {
    const known = this.byId.get(message.messageId)
    if (known && known.changeSeq >= message.changeSeq) return 'duplicate'
    this.byId.set(message.messageId, message)
    this.lastSeq = Math.max(this.lastSeq, message.seq)
    const rest = known ? this.ordered.filter((one) => one.messageId !== message.messageId) : this.ordered
    let at = rest.length
    while (at > 0 && rest[at - 1]!.seq > message.seq) at -= 1
    this.ordered = [...rest.slice(0, at), message, ...rest.slice(at)]
    return known ? 'changed' : 'new'
  }
}
