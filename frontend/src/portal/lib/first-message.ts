/**
 * The first question of a conversation that does not exist yet. Kept in the browser and repeated with the same
 * clientMsgId until the server has it, so that neither a tunnel nor a reload loses it or sends it twice.
 */
import { onScopeDispose, ref, shallowRef } from 'vue'

import { api, ApiError } from '@shared/api'
import { newClientMsgId } from '@shared/outbox'
import type { Conversation } from '@shared/types'

import { ensureCustomer, introduce } from './customer'
import { cameBy } from './arrival'
import type { Answers } from './form'

export interface FirstMessage {
  clientMsgId: string
  question: string
  name: string
  contact: string
  /** Go straight to the queue for a person. */
  person: boolean
  /** What he was reading when he wanted to ask. */
  articleId: number
  /** The QR code that led here. */
  entryCode: string
  /** What was written into the channel's form. */
  form: Answers | null
  /** Nobody is there: the question is left as a message. */
  leave: boolean
}

const KEY = 'ss.portal.first'
const RETRY_MS = 5000

function kept(): FirstMessage | null {
  const text = sessionStorage.getItem(KEY)
  return text ? (JSON.parse(text) as FirstMessage) : null
}

export function useFirstMessage(onStarted: (conversation: Conversation) => void) {
  const pending = shallowRef<FirstMessage | null>(kept())
  const waiting = ref(false)
  const sending = ref(false)
  const error = shallowRef<ApiError | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  function forget(): void {
    clearTimeout(timer)
    sessionStorage.removeItem(KEY)
    pending.value = null
    waiting.value = false
    error.value = null
  }

  async function deliver(first: FirstMessage): Promise<Conversation> {
    await ensureCustomer(first.name)
    if (!first.leave) await introduce('', first.contact)
    const body = first.question && !first.leave ? { question: first.question, clientMsgId: first.clientMsgId } : {}
    const entry = first.entryCode ? { entryCode: first.entryCode } : {}
    const form = first.form ? { form: first.form } : {}
    const reading = first.articleId ? { articleId: first.articleId } : {}
    const conversation = await api.post<Conversation>('/sessions', { ...body, ...entry, ...form, ...reading, ...cameBy() })
    if (first.leave) {
      const { clientMsgId, question: text, contact } = first
      return api.post<Conversation>(`/sessions/${conversation.id}/left-message`, { clientMsgId, text, contact })
    }
    // A person may already be there: then there is nobody to ask for.
    if (first.person && conversation.status === 'bot') await api.post(`/sessions/${conversation.id}/handover`)
    return conversation
  }

  async function attempt(): Promise<void> {
    const first = pending.value
    if (!first || sending.value) return
    clearTimeout(timer)
    sending.value = true
    error.value = null
    try {
      const conversation = await deliver(first)
      forget()
      onStarted(conversation)
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      waiting.value = reason.isTemporary
      if (reason.isTemporary) timer = setTimeout(() => void attempt(), RETRY_MS)
      else error.value = reason
    } finally {
      sending.value = false
    }
  }

  function start(question: string, options: Partial<Omit<FirstMessage, 'clientMsgId' | 'question'>> = {}): void {
    const { name = '', contact = '', person = false, articleId = 0, entryCode = '', form = null, leave = false } = options
    const first = { clientMsgId: newClientMsgId(), question, name, contact, person, articleId, entryCode, form, leave }
    pending.value = first
    sessionStorage.setItem(KEY, JSON.stringify(first))
    void attempt()
  }

  const onOnline = () => void attempt()
  window.addEventListener('online', onOnline)
  onScopeDispose(() => {
    window.removeEventListener('online', onOnline)
    clearTimeout(timer)
  })

  return { pending, waiting, sending, error, start, attempt, forget }
}
