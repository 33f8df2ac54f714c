/** What was being written in each thread, kept in this browser for this person. */
import { ref, watch, type Ref } from 'vue'

import { threadKey } from '@shared/outbox'
import { identity } from '@shared/session'
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
