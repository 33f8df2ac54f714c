/** Scrolling of a thread: stays at the newest message, keeps its place when older ones come in above. */
import { nextTick, onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue'

import { ApiError } from '@shared/api'
import { session } from '@shared/session'
import type { Thread } from '@shared/thread'

import { sayError } from './toast'

const NEAR_PX = 90

export function useThreadScroll(box: Ref<HTMLElement | null>, content: Ref<HTMLElement | null>, thread: Thread) {
  const atBottom = ref(true)
  const newBelow = ref(0)
  let seen = 0
  let boxHeight = 0

  function toBottom(): void {
    box.value?.scrollTo({ top: box.value.scrollHeight })
  }

  /** Only what somebody could have seen is read: the end of the thread, in a page that is shown. */
  function tellRead(): void {
    if (!session.actor || !atBottom.value || document.visibilityState !== 'visible') return
    newBelow.value = 0
    void thread.markRead()
  }

  function look(): void {
    const element = box.value
    if (!element) return
    // A box that has just shrunk (a card above the writing box, the keyboard) tells nothing about the reader's wish.
    const isSameBox = element.clientHeight === boxHeight
    boxHeight = element.clientHeight
    if (isSameBox) atBottom.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX
  }

  function onScroll(): void {
    const element = box.value
    if (!element) return
    look()
    if (atBottom.value) tellRead()
    if (element.scrollTop < NEAR_PX && thread.hasOlder.value) void older()
  }

  async function older(): Promise<void> {
    const element = box.value
    if (!element || thread.loadingOlder.value) return
    const fromEnd = element.scrollHeight - element.scrollTop
    try {
      await thread.loadOlder()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      sayError(error)
    }
    await nextTick()
    element.scrollTop = element.scrollHeight - fromEnd
  }

  watch(
    () => thread.messages.value[thread.messages.value.length - 1],
    async (last) => {
      if (!last) return
      // Somebody may have scrolled away since the last scroll event; the list itself has not changed yet.
      look()
      const isNew = last.seq > seen
      const mine = last.mine && (last.messageId === 0 || isNew)
      if (last.messageId !== 0) seen = Math.max(seen, last.seq)
      if (!mine && !atBottom.value) {
        if (isNew) newBelow.value += 1
        return
      }
      await nextTick()
      toBottom()
      tellRead()
    },
  )

  // The box shrinks when the keyboard rises, the content grows when a picture arrives: the end stays in sight.
  const observer = new ResizeObserver(() => {
    if (atBottom.value) toBottom()
  })

  onMounted(() => {
    if (box.value) observer.observe(box.value)
    if (content.value) observer.observe(content.value)
    document.addEventListener('visibilitychange', tellRead)
    toBottom()
    tellRead()
  })
  onBeforeUnmount(() => {
    observer.disconnect()
    document.removeEventListener('visibilitychange', tellRead)
  })

  return { atBottom, newBelow, toBottom, onScroll, older }
}
