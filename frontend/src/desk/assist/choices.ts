/** Tells the server what an agent made of what was proposed, so that the next proposals are better. */
import { onScopeDispose } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import { session } from '@shared/session'

import type { Reply, Source } from './types'

interface Offer {
  offered: { source: Source; id: number }[]
  chosen: { source: Source; id: number; text: string } | null
  /** Told already: what the agent adds afterwards says nothing about it. */
  told: boolean
}

/** By conversation: an agent has several open, and the panel may be closed before he sends. */
const offers = new Map<number, Offer>()

export function noteOffered(conversationId: number, replies: readonly Reply[]): void {
  const known = offers.get(conversationId)
  // While an answer is being finished, what it was chosen among counts.
  if (known?.chosen || replies.length === 0) return
  offers.set(conversationId, { offered: replies.map(({ source, id }) => ({ source, id })), chosen: null, told: false })
}

export function noteChosen(conversationId: number, replies: readonly Reply[], { source, id }: Reply, text: string): void {
  offers.set(conversationId, { offered: replies.map((one) => ({ source: one.source, id: one.id })), chosen: { source, id, text }, told: false })
}

async function tell(conversationId: number, messageId: number, offer: Offer): Promise<void> {
  const { source, id, text } = offer.chosen ?? {}
  try {
    await api.post(`/sessions/${conversationId}/suggestions/choice`, { messageId, offered: offer.offered, source, sourceId: id, text })
  } catch (reason) {
    // The message is on its way: what could not be noted is no matter to the agent.
    if (!(reason instanceof ApiError)) throw reason
  }
}

/** For as long as the conversation is open on the page. */
export function useChoiceReports(conversationId: number): void {
  onScopeDispose(
    live.on('message', (message) => {
      const offer = offers.get(conversationId)
      const isMine = message.sender.kind === 'agent' && message.sender.id === session.actor?.userId
      if (!offer || offer.told || message.sessionId !== conversationId || message.type !== 'text' || !isMine || message.recalled) return
      offer.told = true
      void tell(conversationId, message.messageId, offer)
      offers.set(conversationId, { ...offer, chosen: null })
    }),
  )
}
