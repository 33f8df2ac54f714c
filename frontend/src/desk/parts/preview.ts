/** One line of a message for a list. */
import { systemText } from '@shared/system-text'
import { translate } from '@shared/i18n'
import type { LastMessage, Message } from '@shared/types'

export function previewOf(message: Message): string {
  if (message.recalled) return translate('message.recalled')
  if (message.type === 'system') return systemText(message)
  return message.content.replace(/\s+/g, ' ').slice(0, 80)
}

/** With the kind of the message said in front, in the reader's language. */
export function previewLine(last: LastMessage | null): string {
  if (!last) return ''
  if (last.type === 'image') return `[${translate('message.image')}]`
  if (last.type === 'file') return `[${translate('message.file')}] ${last.preview}`
  if (last.type === 'note') return `[${translate('message.note')}] ${last.preview}`
  return last.preview
}
