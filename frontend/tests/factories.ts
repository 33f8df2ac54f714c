/** Messages, batches and conversations for the tests; a test names only what it is about. */
import type { Conversation, Message, MessageBatch } from '../src/shared/types'

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

export function makeConversation(what: Partial<Conversation> = {}): Conversation {
  return {
    id: 17,
    no: 'C202611210001',
    status: 'active',
    channel: 'portal',
    subject: '报表打不开',
    customer: { id: 7, name: '李女士', vipLevel: 0, avatarUrl: null, isTemporary: false },
    agent: { id: 3, userId: 30, name: '王敏', avatarUrl: null },
    wantedAgent: null,
    entry: null,
    teamId: null,
    threadId: 5,
    lastSeq: 0,
    changeSeq: 0,
    unread: 0,
    lastMessage: null,
    lastSaid: null,
    queue: null,
    createTime: '2026-11-21T03:00:00Z',
    queueTime: null,
    waitingSince: null,
    activeTime: null,
    closeTime: null,
    pendingTransfer: null,
    reopenUntil: null,
    leftMessageTime: null,
    ratingInvitedTime: null,
    queuePriority: 0,
    ticketId: null,
    typing: [],
    ...what,
  }
}
