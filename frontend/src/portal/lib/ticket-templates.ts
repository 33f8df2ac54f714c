/** What the company has prepared for new tickets, and how it meets what is in the form already. */
import { api } from '@shared/api'
import type { Page, TicketPriority } from '@shared/types'

/** What a template may put into the form; as it stands here it says nothing. */
export const BLANK = { title: '', description: '', type: '', product: '', priority: 'normal' as TicketPriority }
export type Contents = typeof BLANK

export interface TicketTemplate extends Omit<Contents, 'description'> {
  id: number
  name: string
  description: string | null
}

const NAMES = Object.keys(BLANK) as (keyof Contents)[]

/** Those meant for customers, in the company's order; their texts are filled in for whoever asks. */
export async function loadTemplates(signal?: AbortSignal): Promise<TicketTemplate[]> {
  return (await api.get<Page<TicketTemplate>>('/ticket-templates', { size: 100, sort: 'sort' }, { signal })).list
}

/** What the form gets; a type or product that is no longer offered it does not get. */
export function contentsOf(template: TicketTemplate | undefined, types: string[], products: string[]): Contents {
  if (!template) return BLANK
  const { title, description, type, product, priority } = template
  return { title, description: description ?? '', type: types.includes(type) ? type : '', product: products.includes(product) ? product : '', priority }
}

/** Whether somebody has written or chosen this himself: it is neither empty nor from the template before. */
const isOwn = (name: keyof Contents, form: Contents, before: Contents) => form[name] !== BLANK[name] && form[name] !== before[name]

/** Whether the next template would take the place of something of his own. */
export function collides(form: Contents, before: Contents, next: Contents): boolean {
  return NAMES.some((name) => isOwn(name, form, before) && next[name] !== BLANK[name] && next[name] !== form[name])
}

/** The form with the next template instead of the one before. What is his own gives way to it only if he agrees. */
export function exchanged(form: Contents, before: Contents, next: Contents, overwrite: boolean): Contents {
  const left = NAMES.filter((name) => isOwn(name, form, before) && !(overwrite && next[name] !== BLANK[name]))
  return { ...next, ...Object.fromEntries(left.map((name) => [name, form[name]])) }
}
