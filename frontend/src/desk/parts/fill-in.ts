/** Quick replies may name the customer and the agent. */
import { session } from '@shared/session'

export function fillIn(text: string, customerName: string): string {
  const words: Record<string, string> = { customer: customerName, agent: session.actor?.name ?? '' }
  return text.replace(/\{(customer|agent)\}/g, (_, name: string) => words[name] ?? '')
}
