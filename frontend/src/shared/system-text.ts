/** The sentence of a system message in the reader's language; the server's own text where we know no words for it. */
import { hasTranslation, translate } from './i18n'
import type { Message } from './types'

export function systemText(message: Message): string {
  const event = message.payload?.event
  if (!event) return message.content
  const params = message.payload?.params ?? {}
  const key = params.reason && hasTranslation(`system.${event}Reason`) ? `system.${event}Reason` : `system.${event}`
  if (!hasTranslation(key)) return message.content
  const text = translate(key, params)
  // A placeholder without its value would be worse than the ready sentence.
  return /\{\w+\}/.test(text) ? message.content : text
}
