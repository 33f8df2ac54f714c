/** Fields that the company defined itself, as forms and pages of both sides know them. */
import { session } from './session'

export type FieldSubject = 'customer' | 'organization' | 'ticket' | 'conversation'
export type FieldKind = 'text' | 'long_text' | 'number' | 'date' | 'select' | 'multi_select' | 'person' | 'organization' | 'yes_no'
/** What a field is called among columns and filters; a filter may say more: "custom.amount.from". */
export type OwnName = `custom.${string}`
/** {code: value} as the server takes and gives them. */
export type CustomValues = Record<string, unknown>

export interface FieldOption {
  code: string
  label: string
  labelEn: string | null
  active: boolean
}

export interface CustomField {
  id: number
  code: string
  label: string
  labelEn: string | null
  kind: FieldKind
  options: FieldOption[] | null
  helpText: string | null
  required: boolean
  shownToCustomers: boolean
  fillableByCustomers: boolean
  /** Codes of the ticket types that have it; null: all. */
  ticketTypes: string[] | null
  inList: boolean
}

/** What rows with such fields have: values, and what a person reads. */
export interface WithCustom {
  custom?: CustomValues
  customText?: Record<string, string>
}

export function isOwn(name: string): name is OwnName {
  return name.startsWith('custom.')
}

export function ownName(field: CustomField): OwnName {
  return `custom.${field.code}`
}

/** The field's code in such a name. */
export function codeOf(name: OwnName): string {
  return name.split('.')[1] ?? ''
}

export function titleOf(one: { label: string; labelEn: string | null }): string {
  return (session.locale === 'en' && one.labelEn) || one.label
}

/** What can be chosen, and what was chosen before although nobody is offered it any more. */
export function optionsOf(field: CustomField, value: unknown): FieldOption[] {
  const chosen = Array.isArray(value) ? value : [value]
  return (field.options ?? []).filter((one) => one.active || chosen.includes(one.code))
}

export function appliesTo(field: CustomField, ticketType: string): boolean {
  return !field.ticketTypes?.length || field.ticketTypes.includes(ticketType)
}

/** Whether a value takes away what stands there; 0 and false do not. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '') || (Array.isArray(value) && value.length === 0)
}

/** What differs from before, with null for what was emptied: the body of a change. */
export function changesOf(before: CustomValues, after: CustomValues): CustomValues {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const plain = (value: unknown) => (isEmpty(value) ? null : value)
  return Object.fromEntries(
    [...names]
      .filter((name) => JSON.stringify(plain(before[name])) !== JSON.stringify(plain(after[name])))
      .map((name) => [name, plain(after[name])]),
  )
}
