/** Pages of one conversation around a place in it, read-only: earlier and later ones come while one scrolls. */
import { ref, shallowRef, watch, type Ref } from 'vue'

import { api, ApiError } from '@shared/api'
import type { ShownMessage } from '@shared/thread'
import type { Message } from '@shared/types'

import type { MessagePage } from './types'

const PAGE = 50

function shown(message: Message): ShownMessage {
  // On the right stands the house; who took words back is said by name, so such a line is nobody's own.
  const ofHouse = message.sender.kind === 'agent' && !message.recalled
  return { ...message, key: String(message.messageId), mine: ofHouse, state: 'sent' }
}

export function useTranscript(conversationId: Ref<number>, seq: Ref<number | null>) {
  const messages = shallowRef<ShownMessage[]>([])
  const hasOlder = ref(false)
  const hasNewer = ref(false)
  const loading = ref(false)
  const error = shallowRef<ApiError | null>(null)
  let asked = 0
  let growing = false

  const page = (place: Record<string, number>) =>
    api.get<MessagePage>(`/sessions/${conversationId.value}/messages`, { ...place, limit: PAGE })

  async function load(): Promise<void> {
    const mine = ++asked
    loading.value = true
    error.value = null
    try {
      const answer = await page(seq.value ? { aroundSeq: seq.value } : {})
      if (mine !== asked) return
      messages.value = answer.list.map(shown)
      hasOlder.value = answer.hasMore
      hasNewer.value = answer.hasNewer
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (mine === asked) error.value = reason
    } finally {
      if (mine === asked) loading.value = false
    }
  }

  /** One page more at this end; false when there is none, or one is on its way. */
  async function grow(end: 'older' | 'newer'): Promise<boolean> {
    const edge = end === 'older' ? messages.value[0] : messages.value[messages.value.length - 1]
    if (growing || !edge || !(end === 'older' ? hasOlder.value : hasNewer.value)) return false
    growing = true
    const mine = asked
    try {
      const answer = await page(end === 'older' ? { beforeSeq: edge.seq } : { afterSeq: edge.seq })
      if (mine !== asked) return false
      const more = answer.list.map(shown)
      if (end === 'older') {
        messages.value = [...more, ...messages.value]
        hasOlder.value = answer.hasMore
      } else {
        messages.value = [...messages.value, ...more]
        hasNewer.value = answer.hasNewer
      }
      return true
    } finally {
      growing = false
    }
  }

  watch(
    [conversationId, seq],
    ([id, place], [idBefore]) => {
      // A place that is on screen already needs no new page.
      if (id !== idBefore || !messages.value.some((one) => one.seq === place)) void load()
    },
  )

  return { messages, hasOlder, hasNewer, loading, error, load, grow }
}
