/** What happened, told to the customer: our words where we have them, otherwise the common ones. */
import { hasTranslation, translate } from '@shared/i18n'
import { ownWords, systemText, type SystemMessage } from '@shared/system-text'
import type { TicketStatus } from '@shared/types'

import { wordsOf } from './tickets'

export function toldToCustomer(message: SystemMessage): string {
  const { event, params = {} } = message.payload ?? {}
  const key = `portal.${message.ticketId ? 'ticketSystem' : 'system'}.${event}`
  if (!event || !hasTranslation(key) || ownWords(message)) return systemText(message)
  const status = wordsOf(params.to as TicketStatus)
  const words = translate(key, event === 'status' && hasTranslation(status) ? { to: translate(status) } : params)
  // A placeholder without its value would be worse than the ready sentence.
  return /\{\w+\}/.test(words) ? systemText(message) : words
}
