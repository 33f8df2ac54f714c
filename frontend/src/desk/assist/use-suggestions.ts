/** Proposals for one conversation, kept up with what is said, typed, looked for and begun; one question at a time. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'

import { api, ApiError, isAborted } from '@shared/api'
import { live } from '@shared/live'
import type { Conversation } from '@shared/types'

import { readDraft } from '../parts/drafts'
import type { Suggestions } from './types'

const SETTLE_MS = 350
/** Who has typed nothing more for so long has stopped. */
const TYPING_ENDS_MS = 8000
const SHORTEST_TYPED = 4
const SHORTEST_DRAFT = 2
/** A longer draft is an answer, not the beginning of one. */
const LONGEST_DRAFT = 40
const KEPT = 40

export function useSuggestions(conversation: () => Conversation) {
  const found = shallowRef<Suggestions | null>(null)
  const loading = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const sought = ref('')
  const typed = ref('')
  const kept = new Map<string, Suggestions>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let typingTimer: ReturnType<typeof setTimeout> | undefined
  let request: AbortController | null = null

  const lastSeq = ref(0)
  const draft = computed(() => {
    const text = readDraft({ sessionId: conversation().id }).trim()
    const begins = text.length >= SHORTEST_DRAFT && text.length <= LONGEST_DRAFT && !text.startsWith('/')
    return begins ? text : ''
  })
  const question = computed(() => sought.value.trim() || typed.value)
  const key = computed(() => JSON.stringify([lastSeq.value, question.value, draft.value]))

  async function load(): Promise<void> {
    request?.abort()
    clearTimeout(timer)
    const wanted = key.value
    const known = kept.get(wanted)
    if (known) {
      found.value = known
      loading.value = false
      return
    }
    const mine = new AbortController()
    request = mine
    loading.value = true
    error.value = null
    try {
      // Whoever looks for words wants what has them, however likely it is the answer.
      const body = { sessionId: conversation().id, question: question.value, draft: sought.value.trim() || draft.value }
      const answer = await api.post<Suggestions>('/kb/suggest', body, { signal: mine.signal })
      if (kept.size >= KEPT) kept.delete(kept.keys().next().value!)
      kept.set(wanted, answer)
      if (wanted === key.value) found.value = answer
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (!isAborted(reason)) error.value = reason
    } finally {
      if (request === mine) loading.value = false
    }
  }

  watch(
    () => conversation().lastMessage,
    (message) => {
      if (message?.senderKind !== 'customer') return
      typed.value = ''
      lastSeq.value = message.seq
    },
    { immediate: true },
  )
  watch(key, () => {
    clearTimeout(timer)
    if (kept.has(key.value)) void load()
    else timer = setTimeout(() => void load(), SETTLE_MS)
  })

  const off = live.on('typing', (event) => {
    if (event.sessionId !== conversation().id || event.sender.kind !== 'customer') return
    clearTimeout(typingTimer)
    const words = event.typing ? (event.preview ?? '').trim() : ''
    typed.value = words.length >= SHORTEST_TYPED ? words : ''
    if (typed.value) typingTimer = setTimeout(() => (typed.value = ''), TYPING_ENDS_MS)
  })
  onScopeDispose(() => {
    off()
    clearTimeout(timer)
    clearTimeout(typingTimer)
    request?.abort()
  })

  return { found, loading, error, sought, typed, load }
}
