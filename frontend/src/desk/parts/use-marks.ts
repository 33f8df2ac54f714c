/** The marks of sensitive words on the messages of a thread: fetched beside them, then as they are told. */
import { onScopeDispose, provide, shallowRef } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import { refOf, restPath, threadKey } from '@shared/thread-ref'
import type { ThreadRef } from '@shared/types'
import { WORD_MARKS, type Mark } from '@shared/word-marks'

export function useMarks(thread: ThreadRef): void {
  const marks = shallowRef<ReadonlyMap<number, Mark>>(new Map())
  provide(WORD_MARKS, marks)

  function add(found: Mark[]): void {
    marks.value = new Map([...marks.value, ...found.map((mark) => [mark.messageId, mark] as const)])
  }

  async function load(): Promise<void> {
    try {
      add(await api.get<Mark[]>(`${restPath(thread)}/marks`))
    } catch (reason) {
      // The thread itself says what is wrong; without marks its messages can still be read.
      if (!(reason instanceof ApiError)) throw reason
    }
  }

  const off = [
    live.on('message_marked', (mark) => {
      const place = refOf(mark)
      if (place && threadKey(place) === threadKey(thread)) add([mark])
    }),
    live.on('resumed', () => void load()),
  ]
  onScopeDispose(() => off.forEach((stop) => stop()))
  void load()
}
