/** Who else of the staff has the same conversation or ticket open, and who is writing there: so that two do not answer. */
import { computed, onScopeDispose, ref, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { live } from '@shared/live'
import { session } from '@shared/session'
import { refOf, threadKey } from '@shared/thread-ref'
import type { ThreadRef, ViewingEvent } from '@shared/types'

export interface Viewer {
  id: number
  name: string
  writing: boolean
}

interface Seen extends Viewer {
  at: number
  wroteAt: number
}

const BEAT_MS = 25_000
/** Whoever has not been heard of for this long has gone without a word. */
const GONE_MS = 70_000
const WRITING_MS = 8000
/** Whoever only passes through on the way to another conversation is not there. */
const SETTLE_MS = 500
const TELL_WRITING_EVERY_MS = 4000

export function useViewers(target: MaybeRefOrGetter<ThreadRef>) {
  const seen = ref(new Map<number, Seen>())
  const now = ref(Date.now())
  let wroteAt = 0
  let arriving: ReturnType<typeof setTimeout> | undefined

  const viewers = computed<Viewer[]>(() =>
    [...seen.value.values()]
      .filter((one) => now.value - one.at < GONE_MS)
      .map(({ id, name, wroteAt: at }) => ({ id, name, writing: now.value - at < WRITING_MS }))
      .sort((a, b) => Number(b.writing) - Number(a.writing) || a.name.localeCompare(b.name)),
  )

  function tell(state: ViewingEvent['state'], ask = false): void {
    live.tell('viewing', { ...toValue(target), state, ask })
  }

  /** Only whoever really looks counts; a tab in the background does not. */
  function sayWhereIAm(ask = false): void {
    tell(document.visibilityState === 'visible' ? 'here' : 'gone', ask)
  }

  function noteWriting(on: boolean): void {
    if (!on) wroteAt = 0
    else if (Date.now() - wroteAt > TELL_WRITING_EVERY_MS) {
      wroteAt = Date.now()
      tell('writing')
    }
  }

  function hear(event: ViewingEvent): void {
    const thread = refOf(event)
    if (!thread || threadKey(thread) !== threadKey(toValue(target)) || event.user.id === session.actor?.userId) return
    now.value = Date.now()
    const { id, name } = event.user
    if (event.state === 'gone') seen.value.delete(id)
    else {
      const writing = event.state === 'writing' ? now.value : event.ask ? 0 : (seen.value.get(id)?.wroteAt ?? 0)
      seen.value.set(id, { id, name, writing: false, at: now.value, wroteAt: writing })
    }
    if (event.ask && document.visibilityState === 'visible') tell('here')
  }

  const off = [
    live.on('viewing', hear),
    live.on('resumed', () => arriving ?? sayWhereIAm(true)),
    live.on('message', (message) => {
      const one = message.sender.kind === 'agent' && message.sender.id !== null ? seen.value.get(message.sender.id) : undefined
      if (one) one.wroteAt = 0
    }),
  ]
  const beat = setInterval(() => sayWhereIAm(), BEAT_MS)
  const clock = setInterval(() => (now.value = Date.now()), WRITING_MS / 2)
  const onVisibility = () => sayWhereIAm(true)
  document.addEventListener('visibilitychange', onVisibility)

  watch(
    () => threadKey(toValue(target)),
    () => {
      seen.value = new Map()
      clearTimeout(arriving)
      arriving = setTimeout(() => {
        arriving = undefined
        sayWhereIAm(true)
      }, SETTLE_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    if (arriving) clearTimeout(arriving)
    else tell('gone')
    off.forEach((stop) => stop())
    clearInterval(beat)
    clearInterval(clock)
    document.removeEventListener('visibilitychange', onVisibility)
  })

  return { viewers, noteWriting }
}
