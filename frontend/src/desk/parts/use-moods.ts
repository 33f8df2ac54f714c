/** How the customer sounds in the messages of an open conversation: fetched with them, then as it is told. */
import { onScopeDispose, provide, shallowRef } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import { MOODS, type HeardMood } from '@shared/moods'
import { restPath } from '@shared/thread-ref'
import type { ThreadRef } from '@shared/types'

export function useMoods(thread: ThreadRef): void {
  if (!('sessionId' in thread)) return
  const moods = shallowRef<ReadonlyMap<number, HeardMood>>(new Map())
  provide(MOODS, moods)

  function add(found: HeardMood[]): void {
    moods.value = new Map([...moods.value, ...found.map((one) => [one.messageId, one] as const)])
  }

  async function load(): Promise<void> {
    try {
      add(await api.get<HeardMood[]>(`${restPath(thread)}/moods`))
    } catch (reason) {
      // Without them the messages can still be read.
      if (!(reason instanceof ApiError)) throw reason
    }
  }

  const off = [
    live.on('mood', ({ sessionId, messages }) => {
      if (sessionId === thread.sessionId) add(messages)
    }),
    live.on('resumed', () => void load()),
  ]
  onScopeDispose(() => off.forEach((stop) => stop()))
  void load()
}
