/** What may stand in a quick reply in braces, and what it becomes when it is inserted. */
import { translate } from '@shared/i18n'
import { session } from '@shared/session'

export const VARIABLES = ['customer', 'agent', 'company', 'number', 'team', 'date', 'time', 'greeting'] as const

export type Variable = (typeof VARIABLES)[number]

/** What the place knows: whom one writes to, in which conversation or ticket, for which team. */
export interface Blanks {
  customer: string
  number?: string
  team?: string
}

function greeting(hour: number): string {
  if (hour < 11) return translate('desk.quick.morning')
  if (hour < 13) return translate('desk.quick.noon')
  return translate(hour < 18 ? 'desk.quick.afternoon' : 'desk.quick.evening')
}

function values(blanks: Blanks, now: Date): Record<Variable, string> {
  const tag = session.locale === 'zh' ? 'zh-CN' : 'en-GB'
  return {
    customer: blanks.customer,
    agent: session.actor?.name ?? '',
    company: session.company.name,
    number: blanks.number ?? '',
    team: blanks.team ?? '',
    date: now.toLocaleDateString(tag, { month: 'long', day: 'numeric' }),
    time: now.toLocaleTimeString(tag, { hour: '2-digit', minute: '2-digit' }),
    greeting: greeting(now.getHours()),
  }
}

/** Names that nobody knows stay as they are: better seen before it is sent than gone. */
export function fillIn(text: string, blanks: Blanks, now = new Date()): string {
  const known: Record<string, string> = values(blanks, now)
  return text.replace(/\{([a-z]+)\}/g, (whole, name: string) => known[name] ?? whole)
}
