/** What stands beside the messages of a thread, for staff: fetched with them, then as it is told. By message. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import type { LiveEvents } from '@shared/live-events'
import { refOf, restPath, threadKey } from '@shared/thread-ref'
import type { ThreadRef } from '@shared/types'

type Beside<T> = Readonly<ShallowRef<ReadonlyMap<number, T>>>

export function useBeside<Name extends 'message_marked' | 'message_undelivered'>(
  thread: ThreadRef,
  path: string,
  event: Name,
): Beside<LiveEvents[Name]> {
  type Row = LiveEvents[Name]
  const rows = shallowRef<ReadonlyMap<number, Row>>(new Map())

  function add(found: Row[]): void {
    rows.value = new Map([...rows.value, ...found.map((row) => [row.messageId, row] as const)])
  }

  async function load(): Promise<void> {
    try {
      add(await api.get<Row[]>(`${restPath(thread)}/${path}`))
    } catch (reason) {
      // The thread itself says what is wrong; without these its messages can still be read.
      if (!(reason instanceof ApiError)) throw reason
    }
  }

  const off = [
    live.on(event, (row: Row) => {
      const place = refOf(row)
      if (place && threadKey(place) === threadKey(thread)) add([row])
    }),
    live.on('resumed', () => void load()),
  ]
  onScopeDispose(() => off.forEach((stop) => stop()))
  void load()
  return rows
}
