/** Kinds of tickets: the usual ones by name, any other as it is written. */
import { useI18n } from 'vue-i18n'

const USUAL = ['consult', 'fault', 'account', 'data', 'requirement', 'complaint', 'other']

export function useTicketTypes() {
  const { t, te } = useI18n()
  return {
    /** The usual ones, and the present one where it is none of them. */
    types: (present: string) => (!present || USUAL.includes(present) ? USUAL : [present, ...USUAL]),
    typeName: (type: string) => (te(`desk.ticketType.${type}`) ? t(`desk.ticketType.${type}`) : type),
  }
}
