/** The shapes of the REST and socket contract, as the pages see them. */

import type { WithCustom } from './custom-fields'

export type Locale = 'zh' | 'en'

export interface Actor {
  kind: 'user' | 'visitor'
  userId: number | null
  customerId: number | null
  name: string
  username: string | null
  avatarUrl: string | null
  roles: string[]
  permissions: string[]
  isStaff: boolean
  agentId: number | null
  mustChangePassword: boolean
  totpEnabled: boolean
}

/** Which ways in beside the password the operator has set up. */
export interface Doors {
  phoneCode: boolean
  wechat: boolean
  resetByPhone: boolean
  resetByEmail: boolean
}

export interface SessionInfo {
  actor: Actor | null
  csrfToken: string
  locale: Locale
  company: { name: string; logoUrl: string | null }
  uploadLimitBytes: number
  /** For the files of a framed page. */
  fileKey?: string
  doors: Doors
  /** What the company calls the priorities of tickets. */
  priorities?: Record<string, Record<Locale, string>>
}

export interface Page<T> {
  list: T[]
  total: number
  page: number
  size: number
  pages: number
  /** There are more than `total`; nobody has counted them. */
  atLeast?: boolean
  /** What `after` takes to go on behind the last row. */
  next: string | null
}

export type SenderKind = 'customer' | 'agent' | 'bot' | 'system'

export interface Sender {
  kind: SenderKind
  /** User id of an agent, customer id of a customer. */
  id: number | null
  name: string
  avatarUrl: string | null
}

export type MessageType = 'text' | 'image' | 'file' | 'voice' | 'answer' | 'system' | 'note'

export interface Citation {
  articleId: number
  title: string
  quote?: string
}

/** A sentence of a worded answer and the citations (by their place) it rests on. */
export interface WordedSentence {
  text: string
  citations: number[]
}

export interface Choice {
  articleId: number
  title: string
}

/** One line of the bot's menu. */
export interface MenuEntry {
  id: number
  kind: 'menu' | 'article' | 'question' | 'person' | 'link'
  label: string
  url?: string
  children?: MenuEntry[]
}

/** How a customer sounds; told to staff only. */
export type Mood = 'negative' | 'neutral' | 'positive' | 'angry'

export interface FileInfo {
  fileId: number
  name: string
  size: number
  mime: string
  url: string
}

export interface MessagePayload extends Partial<FileInfo> {
  citations?: Citation[]
  choices?: Choice[]
  confidence?: number
  answered?: boolean
  /** Of an answer: answer, choices, clarify, none, small_talk, menu, person, angry, wordless. */
  kind?: string
  menu?: MenuEntry[]
  link?: { label: string; url: string }
  /** By it the customer says what he thinks of the answer. */
  questionId?: number
  /** A language model has worded it. */
  rewritten?: boolean
  /** An internal note that tells who takes over what has been said. */
  summary?: boolean
  event?: string
  params?: Record<string, string | number | null>
  /** How long a voice message is. */
  seconds?: number
  /** Colleagues whom an internal note names. */
  mentions?: { userId: number; name: string }[]
  /** Who gave the reason that stands in a note of the system's. */
  by?: string
}

export interface Message {
  messageId: number
  threadId: number
  sessionId?: number | null
  ticketId?: number | null
  groupId?: number | null
  seq: number
  changeSeq: number
  clientMsgId: string | null
  type: MessageType
  content: string
  payload: MessagePayload | null
  sender: Sender
  createTime: string
  timestamp: number
  recalled: boolean
  editedTime: string | null
}

export interface ReadMark {
  senderKind: SenderKind
  senderId: number
  readSeq: number
  /** How far a device of theirs has it; never less than what was read. */
  receivedSeq?: number
}

/** One answer of `…/messages` or one thread of `resume`. */
export interface MessageBatch {
  list: Message[]
  changeSeq: number
  lastSeq: number
  hasMore?: boolean
  reads?: ReadMark[]
}

export type ConversationStatus = 'bot' | 'queued' | 'active' | 'on_hold' | 'closed'

export interface CustomerBrief {
  /** Null once the customer has been deleted; what was said to each other stays. */
  id: number | null
  name: string
  vipLevel: number
  avatarUrl: string | null
  isTemporary: boolean
}

export interface AgentBrief {
  id: number
  userId: number
  name: string
  avatarUrl: string | null
}

export interface QueuePlace {
  position: number
  expectedWaitSeconds: number | null
  /** Whether these are working hours; events about the place say nothing of it. */
  isOpen?: boolean
}

export type TransferState = 'pending' | 'accepted' | 'declined' | 'timed_out' | 'cancelled'

/** A conversation offered to a colleague or to a team. */
export interface Transfer {
  id: number
  sessionId: number
  state: TransferState
  fromAgent: AgentBrief
  toAgent: AgentBrief | null
  toTeam: { id: number; name: string } | null
  reason: string
  answer: string | null
  createTime: string
  expireTime: string
  endTime: string | null
  no: string
  subject: string
  customer: CustomerBrief
  waitingSince: string | null
}

export interface Rating {
  id: number
  score: number
  tags: string[]
  comment: string | null
  createTime: string
  changeableUntil: string
  /** Of a ticket: about the solution it has now, not about one before it was reopened. */
  current?: boolean
}

export interface LastMessage {
  seq: number
  type: MessageType
  preview: string
  senderKind: SenderKind
  /** Of a system message: event and parameters. */
  payload: MessagePayload | null
  recalled: boolean
  createTime: string
}

export interface Conversation extends WithCustom {
  id: number
  no: string
  status: ConversationStatus
  channel: string
  /** What the channel is called; null for one that is gone. */
  channelName?: string | null
  /** By what kind of door: portal, widget, wechat, app. */
  channelKind?: string | null
  /** The page on which the customer began. */
  source?: { page?: string; title?: string } | null
  /** Staff only: what he wrote into the form before it. */
  answers?: Record<string, string> | null
  subject: string | null
  customer: CustomerBrief
  agent: AgentBrief | null
  /** Whom the customer asked for, by a QR code for instance. */
  wantedAgent: AgentBrief | null
  /** The QR code by which he came. */
  entry: { id: number; kind: 'agent' | 'team' | 'channel'; name: string } | null
  teamId: number | null
  /** What it is about: a code of the dictionary problem_type. */
  problemType?: string | null
  /** Staff only: who says so, and how surely the recognition does, in thousandths. */
  problemSource?: 'keywords' | 'learned' | 'customer' | 'staff' | null
  problemConfidence?: number | null
  /** Staff only: how the customer sounds of late; null is neutral. */
  mood?: Mood | null
  threadId: number
  lastSeq: number
  changeSeq: number
  unread: number
  lastMessage: LastMessage | null
  /** The last words of people to each other: no bot, no system, no notes. */
  lastSaid: LastMessage | null
  queue: QueuePlace | null
  createTime: string
  queueTime: string | null
  /** The customer's first word that nobody has answered yet. */
  waitingSince: string | null
  activeTime: string | null
  closeTime: string | null
  /** Staff only: whom it is offered to just now. */
  pendingTransfer: Transfer | null
  /** Until when a word of the customer takes up what has ended. */
  reopenUntil: string | null
  leftMessageTime: string | null
  ratingInvitedTime: string | null
  queuePriority: number
  ticketId: number | null
  typing: unknown[]
}

export type TicketStatus = 'pending' | 'processing' | 'review' | 'resolved' | 'closed' | 'cancelled' | 'waiting'
export type TicketPriority = 'normal' | 'urgent' | 'critical'

/** How one goal of a service level stands; lengths in seconds of working time. */
export interface SlaGoal {
  targetSeconds: number
  /** As of `runsFrom`, or as it stands; negative when it is late. */
  remainingSeconds: number
  /** From when until when the clock goes without a break; null while it stands still. */
  runsFrom: string | null
  runsUntil: string | null
  dueTime: string | null
  metTime: string | null
  breached: boolean
  paused: boolean
}

export type SlaState = 'none' | 'running' | 'paused' | 'warned' | 'breached' | 'met' | 'missed'

export interface TicketSla {
  state: SlaState
  /** When the nearest goal is due; null while the clocks stand still. */
  dueTime: string | null
  policy: { id: number; name: string } | null
  firstResponse: SlaGoal | null
  resolution: SlaGoal | null
}

/** Why something was given to somebody by itself, in the reader's language. */
export interface AssignmentExplanation {
  summary: string
  conditions: string[]
  candidates: { agentId: number; name: string; chosen: boolean; facts: string[]; outcome: string }[]
}

/** An agent's wish to pass a ticket on, which a supervisor decides about. */
export interface TicketTransfer {
  id: number
  ticketId: number
  state: 'pending' | 'approved' | 'rejected' | 'cancelled'
  fromAgent: AgentBrief | null
  toAgent: AgentBrief | null
  reason: string
  note: string | null
  createTime: string
  ticket: { id: number; no: string; title: string; priority: TicketPriority; status: TicketStatus }
}

export interface Ticket extends WithCustom {
  id: number
  no: string
  title: string
  description: string | null
  status: TicketStatus
  priority: TicketPriority
  type: string
  tags: string[] | null
  /** The ticket that took this one up, where one may see it. */
  mergedInto: { id: number; no: string } | null
  /** Code of an item of the dictionary `product`. */
  product: string
  source: string
  contactName: string | null
  contactEmail: string | null
  contactPhone: string | null
  departmentId: number | null
  customer: CustomerBrief | null
  assignee: AgentBrief | null
  conversationId: number | null
  threadId: number
  lastSeq: number
  changeSeq: number
  unread: number
  resolution: string | null
  createTime: string
  updateTime: string
  firstReplyTime: string | null
  resolveTime: string | null
  closeTime: string | null
  ratingInvitedTime: string | null
  version: number
  transitions: TicketStatus[]
  /** Staff only. */
  sla: TicketSla | null
  /** For staff: the transfer that waits for an answer. */
  pendingTransfer?: TicketTransfer | null
  /** State that may come next → what must be known before it: "product", "custom.cause". */
  requirements?: Partial<Record<TicketStatus, string[]>>
}

export type Presence = 'online' | 'busy' | 'offline'

export interface Notice {
  id: number
  /** What happened, e.g. `ticket.assigned`; its words are ours, with these values. */
  kind: string
  params: Record<string, string | number | null> | null
  link: string | null
  readTime: string | null
  createTime: string
}

/** A thread is reached through what it belongs to. */
export type ThreadRef = { sessionId: number } | { ticketId: number }

/** A colleague who has the same conversation or ticket open; told to staff only. */
export interface ViewingEvent {
  sessionId?: number
  ticketId?: number
  user: { id: number; name: string }
  state: 'here' | 'writing' | 'gone'
  /** Has just come and wants to know who else is here. */
  ask: boolean
}

export interface TypingEvent {
  sessionId?: number
  ticketId?: number
  sender: { kind: SenderKind; id: number; name: string }
  typing: boolean
  preview?: string
}
