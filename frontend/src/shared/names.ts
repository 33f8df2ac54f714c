/** What to call a customer on screen. */
import { translate } from './i18n'

/** Visitors who gave no name have a number: as it is stored, or as the server says it in one language or the other. */
const NUMBERED = /^(?:#|访客 ?|Visitor )(\d{4,})$/

/** In the reader's language, whoever has told us; a name that somebody gave stays as it is. */
export function customerName(customer: { id?: number | null; name: string } | null | undefined): string {
  if (customer?.id === null) return translate('customer.deleted')
  const name = customer?.name.trim() ?? ''
  const number = NUMBERED.exec(name)?.[1]
  return number ? translate('customer.visitor', { number }) : name
}
