/** "@…" in an internal note: whom one can name, and whom the text names when it is sent. */
import { computed, ref, shallowRef, watch, type Ref } from 'vue'

import { api, ApiError } from '@shared/api'
import { restPath } from '@shared/thread-ref'
import type { ThreadRef } from '@shared/types'

import { loadPinyin, soundsLike } from './pinyin'

export interface Colleague {
  userId: number
  name: string
  avatarUrl: string | null
}

export function useMentions(thread: ThreadRef, text: Ref<string>, active: Ref<boolean>) {
  const colleagues = shallowRef<Colleague[] | null>(null)
  const hasSounds = ref(false)
  const dismissed = ref('')
  const caret = ref(0)

  /** What has been typed after the "@" before the caret; null where none is open. */
  const typed = computed(() => (active.value ? (/(?:^|[\s，。、（(])@([^\s@]{0,20})$/.exec(text.value.slice(0, caret.value))?.[1] ?? null) : null))
  const found = computed(() => {
    const wanted = typed.value?.toLowerCase() ?? ''
    const list = colleagues.value ?? []
    return list.filter((one) => one.name.toLowerCase().includes(wanted) || (hasSounds.value && soundsLike(one.name, wanted))).slice(0, 8)
  })
  const open = computed(() => typed.value !== null && dismissed.value !== text.value && found.value.length > 0)

  let loading: Promise<void> | null = null

  async function load(): Promise<void> {
    void loadPinyin().then(() => (hasSounds.value = true))
    try {
      colleagues.value = await api.get<Colleague[]>(`${restPath(thread)}/colleagues`)
    } catch (reason) {
      // Without the list the note can still be written; the next "@" asks again.
      if (!(reason instanceof ApiError)) throw reason
    } finally {
      loading = null
    }
  }

  /** Until it is known whom this text could name; at once where that is known or nobody is named. */
  function pending(content: string): Promise<void> | null {
    return active.value && content.includes('@') ? loading : null
  }

  // Not only while a name is typed: a draft that was kept or pasted names people too.
  watch(
    () => active.value && text.value.includes('@'),
    (needed) => {
      if (needed && colleagues.value === null) loading ??= load()
    },
    { immediate: true },
  )

  /** The text with the name in place of what was typed, and where the caret stands then. */
  function put(colleague: Colleague): { text: string; caret: number } {
    const start = caret.value - (typed.value?.length ?? 0)
    const head = `${text.value.slice(0, start)}${colleague.name} `
    return { text: head + text.value.slice(caret.value).replace(/^ /, ''), caret: head.length }
  }

  function namedIn(content: string): number[] {
    return (colleagues.value ?? []).filter((one) => content.includes(`@${one.name}`)).map((one) => one.userId)
  }

  return { caret, open, found, put, namedIn, pending, dismiss: () => (dismissed.value = text.value) }
}
