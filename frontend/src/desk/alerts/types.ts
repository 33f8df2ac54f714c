/** Alerts of sensitive words, as the console sees them. */
import type { AgentBrief, CustomerBrief, Message, SenderKind } from '@shared/types'

export type AlertLevel = 'notice' | 'warning' | 'severe'
export type AlertState = 'open' | 'seen' | 'handled' | 'dismissed'

export interface SensitiveAlert {
  id: number
  level: AlertLevel
  /** Marked messages were sent, blocked ones were not. */
  action: 'mark' | 'block'
  state: AlertState
  words: string
  excerpt: string
  /** Where in the excerpt the words stand. */
  spans: [number, number][]
  conversationId: number | null
  ticketId: number | null
  messageId: number | null
  /** What it was written in; a question to the help centre has neither conversation nor ticket. */
  saidIn: 'message' | 'ticket' | 'rating' | 'question' | 'verdict'
  /** Number of the message; of a blocked one, of the last message before it. */
  seq: number
  createTime: string
  handleTime: string | null
  note: string | null
  sender: { kind: SenderKind; id: number; name: string }
  place: { no: string; status: string } | null
  customer: CustomerBrief | null
  agent: AgentBrief | null
  handler: { id: number; name: string } | null
  /** With one alert: what was said around it. */
  around?: Message[]
}

export interface Trend {
  days: ({ date: string } & Record<AlertLevel, number>)[]
  words: { word: string; group: string; count: number }[]
  states: Partial<Record<AlertState, number>>
  secondsToSettle: number | null
}

export const LEVELS: AlertLevel[] = ['severe', 'warning', 'notice']
export const STATES: AlertState[] = ['open', 'seen', 'handled', 'dismissed']

export const LEVEL_TONE: Record<AlertLevel, string> = {
  notice: 'ss-tag--info',
  warning: 'ss-tag--warning',
  severe: 'ss-tag--danger',
}

export const STATE_TONE: Record<AlertState, string> = {
  open: 'ss-tag--danger',
  seen: 'ss-tag--warning',
  handled: 'ss-tag--success',
  dismissed: '',
}

export const isUnsettled = (state: AlertState) => state === 'open' || state === 'seen'

/** The page on which it was said, within the desk; none for what was only asked. */
export function placeOf(alert: SensitiveAlert): string | null {
  if (!alert.conversationId && !alert.ticketId) return null
  return alert.conversationId ? `/c/${alert.conversationId}` : `/tickets/${alert.ticketId}`
}

/** The same place in the history, where the whole conversation can be read. */
export function historyOf(alert: SensitiveAlert): string {
  return `/history?c=${alert.conversationId}&seq=${alert.seq}`
}

/** The excerpt in pieces, every other one a word that was found. */
export function pieces(alert: Pick<SensitiveAlert, 'excerpt' | 'spans'>): { text: string; found: boolean }[] {
  const found: { text: string; found: boolean }[] = []
  // Places count characters, as the server does, not the halves of characters outside the first plane.
  const characters = Array.from(alert.excerpt)
  const slice = (from: number, to?: number) => characters.slice(from, to).join('')
  let last = 0
  for (const [start, end] of alert.spans) {
    found.push({ text: slice(last, start), found: false }, { text: slice(start, end), found: true })
    last = end
  }
  found.push({ text: slice(last), found: false })
  return found.filter((piece) => piece.text !== '')
}
