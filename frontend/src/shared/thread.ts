/** One thread for one component: messages with what is still being sent, read marks, typing, older pages. */
import { computed, onScopeDispose, reactive, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { api, ApiError } from './api'
import { live } from './live'
import { isMine } from './mine'
import type { Draft, OutboxItem } from './outbox'
import { session } from './session'
import { refOf, restPath, threadKey } from './thread-ref'
import type { FileInfo, Message, ReadMark, SenderKind, ThreadRef, TypingEvent } from './types'

/** `sent`: the server has it. `received`: a device of the other side has it. `read`: somebody there has looked. */
export type DeliveryState = 'sending' | 'waiting' | 'failed' | 'sent' | 'received' | 'read'

/** A stored message, or an unsent one (messageId 0) at the end of the list. */
export interface ShownMessage extends Message {
  key: string
  mine: boolean
  state: DeliveryState
  errorText?: string
}

export type RecalledWords = Pick<Draft, 'type' | 'content'>

const TYPING_EVERY_MS = 2500
const PREVIEW_EVERY_MS = 900
const TYPING_ENDS_MS = 6000

function waitingFile({ waitsForUpload, file }: OutboxItem): Partial<FileInfo> {
  return waitsForUpload && !file ? waitsForUpload : {}
}

function pendingMessage(item: OutboxItem, isAway: boolean): ShownMessage {
  const actor = session.actor
  const kind: SenderKind = actor?.isStaff ? 'agent' : 'customer'
  return {
    key: item.clientMsgId,
    messageId: 0,
    threadId: 0,
    seq: Number.MAX_SAFE_INTEGER,
    changeSeq: 0,
    clientMsgId: item.clientMsgId,
    type: item.type,
    content: item.content,
    payload: { ...item.file, ...waitingFile(item), seconds: item.seconds },
    sender: {
      kind,
      id: (actor?.isStaff ? actor.userId : actor?.customerId) ?? null,
      name: actor?.name ?? '',
      avatarUrl: actor?.avatarUrl ?? null,
    },
    createTime: new Date(item.createdAt).toISOString(),
    timestamp: item.createdAt,
    recalled: false,
    editedTime: null,
    mine: true,
    state: item.state === 'failed' ? 'failed' : item.attempts > 0 || isAway ? 'waiting' : 'sending',
    errorText: item.errorText,
  }
}

/** Follows `target`: when it names another thread, this one is closed and that one opened. */
export function useThread(target: MaybeRefOrGetter<ThreadRef | null>) {
  const stored = shallowRef<readonly Message[]>([])
  const reads = shallowRef<ReadMark[]>([])
  const loading = ref(false)
  const loadingOlder = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const hasOlder = ref(false)
  const lastSeq = ref(0)
  const typing = shallowRef<TypingEvent | null>(null)
  /** Words that were taken back here and now, by message: only this page still knows them. */
  const recalledWords = reactive(new Map<number, RecalledWords>())

  let current: ThreadRef | null = null
  let typingTimer: ReturnType<typeof setTimeout> | undefined
  let typingLater: ReturnType<typeof setTimeout> | undefined
  let typingSentAt = 0
  let readSeq = 0

  function show(): void {
    if (!current) return
    const log = live.peekThread(current)
    stored.value = log.messages
    reads.value = log.reads.map((mark) => ({ ...mark }))
    hasOlder.value = log.hasOlder
    lastSeq.value = log.lastSeq
  }

  async function open(thread: ThreadRef): Promise<void> {
    error.value = null
    loading.value = !live.peekThread(thread).loaded
    show()
    try {
      await live.openThread(thread)
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (current === thread) error.value = reason
    } finally {
      if (current === thread) loading.value = false
    }
  }

  function close(): void {
    clearTimeout(typingLater)
    typingSentAt = 0
    if (current) live.closeThread(current)
    current = null
    stored.value = []
    recalledWords.clear()
    reads.value = []
    typing.value = null
    readSeq = 0
  }

  watch(
    () => {
      const thread = toValue(target)
      return thread ? threadKey(thread) : ''
    },
    () => {
      close()
      current = toValue(target)
      if (current) void open(current)
    },
    { immediate: true },
  )

  async function reload(): Promise<void> {
    if (!current) return
    live.closeThread(current)
    await open(current)
  }

  async function loadOlder(): Promise<void> {
    if (!current || loadingOlder.value || !hasOlder.value) return
    loadingOlder.value = true
    try {
      await live.loadOlder(current)
    } finally {
      loadingOlder.value = false
    }
  }

  const othersMarks = computed(() => {
    const own = session.actor?.isStaff ? 'agent' : 'customer'
    const marks = reads.value.filter((mark) => mark.senderKind !== own)
    const furthest = (of: (mark: ReadMark) => number) => Math.max(0, ...marks.map(of))
    return { read: furthest((mark) => mark.readSeq), received: furthest((mark) => mark.receivedSeq ?? mark.readSeq) }
  })

  function stateOf(seq: number): DeliveryState {
    if (seq <= othersMarks.value.read) return 'read'
    return seq <= othersMarks.value.received ? 'received' : 'sent'
  }

  const messages = computed<ShownMessage[]>(() => {
    const key = current && threadKey(current)
    const known = stored.value.map((message): ShownMessage => {
      const mine = isMine(message)
      return {
        ...message,
        key: message.clientMsgId ?? String(message.messageId),
        mine,
        state: mine ? stateOf(message.seq) : 'sent',
      }
    })
    const waiting = live.outbox.items.value.filter((item) => threadKey(item.ref) === key)
    const isAway = live.state.value === 'offline' || live.state.value === 'reconnecting'
    return [...known, ...waiting.map((item) => pendingMessage(item, isAway))]
  })

  function send(draft: Draft): void {
    if (!current) return
    clearTimeout(typingLater)
    typingSentAt = 0
    live.send(current, draft)
  }

  /** Say that one is writing, now and then; only a customer's words go along, for the agents to see. */
  function setTyping(on: boolean, preview = ''): void {
    clearTimeout(typingLater)
    if (!on) {
      if (typingSentAt > 0) tellTyping(false)
      return
    }
    const staff = session.actor?.isStaff ?? false
    const rest = typingSentAt + (staff ? TYPING_EVERY_MS : PREVIEW_EVERY_MS) - Date.now()
    if (rest <= 0) tellTyping(true, preview)
    // What was written in between is told at the end of the pause.
    else if (!staff) typingLater = setTimeout(() => tellTyping(true, preview), rest)
  }

  function tellTyping(on: boolean, preview = ''): void {
    if (!current) return
    typingSentAt = on ? Date.now() : 0
    const words = on && !session.actor?.isStaff ? preview.slice(0, 200) : undefined
    live.hint('typing', { ...current, typing: on, preview: words })
  }

  async function markRead(seq = lastSeq.value): Promise<void> {
    if (!current || seq <= readSeq) return
    const before = readSeq
    readSeq = seq
    try {
      await live.markRead(current, seq)
    } catch (reason) {
      // Reading is told again with the next message or the next visit.
      readSeq = before
      if (!(reason instanceof ApiError)) throw reason
    }
  }

  async function recall(messageId: number): Promise<void> {
    if (!current) return
    const said = stored.value.find((one) => one.messageId === messageId)
    const answer = await api.post<Message | null>(`${restPath(current)}/messages/${messageId}/recall`)
    if (said?.type === 'text' || said?.type === 'note') recalledWords.set(messageId, { type: said.type, content: said.content })
    if (answer && answer.messageId) live.receive(answer)
  }

  const off = [
    live.on('thread', ({ key }) => {
      if (current && key === threadKey(current)) show()
    }),
    live.on('typing', (event) => {
      const thread = refOf(event)
      if (!current || !thread || threadKey(thread) !== threadKey(current)) return
      clearTimeout(typingTimer)
      typing.value = event.typing ? event : null
      if (event.typing) typingTimer = setTimeout(() => (typing.value = null), TYPING_ENDS_MS)
    }),
    live.on('message', (message) => {
      if (typing.value && message.sender.kind === typing.value.sender.kind) typing.value = null
    }),
  ]
  onScopeDispose(() => {
    off.forEach((stop) => stop())
    clearTimeout(typingTimer)
    close()
  })

  return {
    messages,
    reads,
    loading,
    loadingOlder,
    error,
    hasOlder,
    lastSeq,
    typing,
    recalledWords,
    reload,
    loadOlder,
    send,
    retry: (clientMsgId: string) => live.outbox.retry(clientMsgId),
    discard: (clientMsgId: string) => live.outbox.discard(clientMsgId),
    setTyping,
    markRead,
    recall,
  }
}

export type Thread = ReturnType<typeof useThread>
