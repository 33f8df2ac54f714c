/** What was being written in each thread, kept in this browser for this person. */
import { ref, watch, type Ref } from 'vue'

import { identity } from '@shared/session'
import { threadKey } from '@shared/thread-ref'
import type { ThreadRef } from '@shared/types'

/** Grows with every change, so that lists show drafts without polling the storage. */
const changes = ref(0)

function keyOf(thread: ThreadRef): string {
  return `ss.draft:${identity.value}:${threadKey(thread)}`
}

export function readDraft(thread: ThreadRef): string {
  return changes.value >= 0 ? (localStorage.getItem(keyOf(thread)) ?? '') : ''
}

/** `part` keeps apart what is meant for different readers. */
export function useDraft(thread: ThreadRef, part = ''): Ref<string> {
  const key = part ? `${keyOf(thread)}:${part}` : keyOf(thread)
  const text = ref(localStorage.getItem(key) ?? '')
  watch(text, (value) => {
    if (value) localStorage.setItem(key, value)
    else localStorage.removeItem(key)
    changes.value += 1
  })
  return text
}

/** Whether what is being written is meant for colleagues: words of a note must not wait as words for the customer. */
export function useNoteChoice(thread: ThreadRef, text: Ref<string>): Ref<boolean> {
  const key = `${keyOf(thread)}:noting`
  const chosen = ref(text.value !== '' && localStorage.getItem(key) !== null)
  watch(chosen, (noting) => {
    if (noting) localStorage.setItem(key, '1')
    else localStorage.removeItem(key)
  })
  return chosen
}
