/** Messages and batches for the tests; a test names only what it is about. */
import type { Message, MessageBatch } from '../src/shared/types'

export function makeMessage(what: Partial<Message> & { messageId: number }): Message {
  const seq = what.seq ?? what.messageId
  return {
    threadId: 5,
    sessionId: 17,
    seq,
    changeSeq: seq,
    clientMsgId: null,
    type: 'text',
    content: `message ${what.messageId}`,
    payload: null,
    sender: { kind: 'customer', id: 7, name: '李女士', avatarUrl: null },
    createTime: '2026-11-21T03:04:05Z',
    timestamp: 1763694245000,
    recalled: false,
    editedTime: null,
    ...what,
  }
}

export function makeBatch(list: Message[], more: Partial<MessageBatch> = {}): MessageBatch {
  return {
    list,
    changeSeq: Math.max(0, ...list.map((one) => one.changeSeq)),
    lastSeq: Math.max(0, ...list.map((one) => one.seq)),
    hasMore: false,
    ...more,
  }
}
