/** The sentence of a system message in the reader's language; the server's own text where we know no words for it. */
import { hasTranslation, storedLocale, translate } from './i18n'
import type { Message } from './types'

/** What the sentence is made of: a message, or what a list keeps of one. */
export type SystemMessage = Pick<Message, 'content' | 'payload'> & { ticketId?: number | null }

/** A ticket's line names states by code: they are said in the reader's language too. */
function readable(params: Record<string, string | number | null>): Record<string, string | number | null> {
  const words = { ...params }
  for (const name of ['from', 'to']) {
    const key = `ticketStatus.${params[name]}`
    if (hasTranslation(key)) words[name] = translate(key)
  }
  return words
}

/** The company's own words for this event in the reader's language, where it has chosen some. */
export function ownWords(message: SystemMessage): string {
  return String(message.payload?.params?.[`text_${storedLocale()}`] ?? '')
}

export function systemText(message: SystemMessage): string {
  const event = message.payload?.event
  if (!event) return message.content
  const own = ownWords(message)
  if (own) return own
  const params = message.payload?.params ?? {}
  const group = message.ticketId ? 'systemTicket' : 'system'
  const plain = `${group}.${event}`
  const key = params.reason && hasTranslation(`${plain}Reason`) ? `${plain}Reason` : plain
  if (!hasTranslation(key)) return message.content
  const text = translate(key, message.ticketId ? readable(params) : params)
  // A placeholder without its value would be worse than the ready sentence.
  return /\{\w+\}/.test(text) ? message.content : text
}
