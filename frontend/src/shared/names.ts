/** What to call a customer on screen. */
import { translate } from './i18n'
import type { CustomerBrief } from './types'

/** Names that say nothing: visitors who gave none. */
const NAMELESS = new Set(['', '访客', 'Visitor'])

/** Visitors without a name are told apart by a number that stays with them; a name somebody gave stays as it is. */
export function customerName(customer: Pick<CustomerBrief, 'id' | 'name'> | null | undefined): string {
  if (!customer) return ''
  const name = customer.name.trim()
  if (customer.id === null || !NAMELESS.has(name)) return name
  return translate('customer.visitor', { number: String(customer.id % 10_000).padStart(4, '0') })
}
