/** One line of a message for a list. */
import { translate } from './i18n'
import { systemText, type SystemMessage } from './system-text'
import type { LastMessage, Message } from './types'

/** What a list keeps of a message that has just arrived; the same that the server would say. */
export function lastOf(message: Message): LastMessage {
  return {
    seq: message.seq,
    type: message.type,
    preview: message.recalled ? '' : message.content.replace(/\s+/g, ' ').slice(0, 80),
    senderKind: message.sender.kind,
    payload: message.type === 'system' ? message.payload : null,
    recalled: message.recalled,
    createTime: message.createTime,
  }
}

/** With the kind of the message said in front, in the reader's language; `wording` is for system messages. */
export function previewLine(last: LastMessage | null, wording: (message: SystemMessage) => string = systemText): string {
  if (!last) return ''
  if (last.recalled) return translate('message.recalled')
  if (last.type === 'system') return wording({ content: last.preview, payload: last.payload })
  if (last.type === 'image') return `[${translate('message.image')}]`
  if (last.type === 'voice') return `[${translate('message.voice')}]`
  if (last.type === 'file') return `[${translate('message.file')}] ${last.preview}`
  if (last.type === 'note') return `[${translate('message.note')}] ${last.preview}`
  return last.preview
}
