/** The form of a new ticket: what is written survives a reload, files are uploaded while one writes. */
import { reactive, ref, shallowRef, watch } from 'vue'

import { api, ApiError } from '@shared/api'
import { type CustomField, type CustomValues, isEmpty } from '@shared/custom-fields'
import { live } from '@shared/live'
import type { Draft } from '@shared/outbox'
import type { Ticket, TicketPriority } from '@shared/types'

import { isContact, useContact } from './contact'
import { ensureCustomer, hasAccount, introduce } from './customer'

export interface TicketForm {
  title: string
  description: string
  type: string
  priority: TicketPriority
  name: string
  /** What the fields that the company defined hold. */
  custom: CustomValues
}

const KEY = 'ss.portal.ticket'
const TITLE_MAX = 200

function kept(): Partial<TicketForm> {
  return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Partial<TicketForm>
}

export function useTicketForm(title: string) {
  const form = reactive<TicketForm>({ title: '', description: '', type: '', priority: 'normal', name: '', custom: {}, ...kept() })
  if (title) form.title = title.slice(0, TITLE_MAX)
  const contact = useContact()
  const files = shallowRef<Draft[]>([])
  const fields = ref<Record<string, string>>({})
  const sending = ref(false)

  watch(form, () => sessionStorage.setItem(KEY, JSON.stringify(form)))
  watch([() => form.title, () => form.description, () => form.custom, contact], () => (fields.value = {}))

  /** `asked` are the fields of the chosen type. */
  function missing(asked: CustomField[]): Record<string, string> {
    const found: Record<string, string> = {}
    for (const field of asked) if (field.required && isEmpty(form.custom[field.code])) found[`custom.${field.code}`] = 'required'
    if (!form.title.trim()) found.title = 'required'
    if (!form.description.trim()) found.description = 'required'
    if (!hasAccount.value && !isContact(contact.value)) found.contact = 'contact'
    return found
  }

  function attach(draft: Draft): void {
    files.value = [...files.value, draft]
  }

  function detach(draft: Draft): void {
    files.value = files.value.filter((one) => one !== draft)
  }

  /** The new ticket, or null when fields are missing or refused; other failures are thrown. */
  async function submit(asked: CustomField[]): Promise<Ticket | null> {
    fields.value = missing(asked)
    if (Object.keys(fields.value).length > 0 || sending.value) return null
    sending.value = true
    try {
      await ensureCustomer(form.name.trim())
      if (!hasAccount.value) await introduce(form.name.trim(), contact.value.trim())
      const { title: words, description, type, priority } = form
      const filled = asked.filter((one) => !isEmpty(form.custom[one.code])).map((one) => [one.code, form.custom[one.code]])
      const custom = filled.length ? { custom: Object.fromEntries(filled) as CustomValues } : {}
      const ticket = await api.post<Ticket>('/tickets', { title: words.trim(), description: description.trim(), type, priority, ...custom })
      // The files are the first messages of the ticket's room; the outbox sees them there.
      for (const draft of files.value) live.send({ ticketId: ticket.id }, draft)
      sessionStorage.removeItem(KEY)
      return ticket
    } catch (error) {
      if (!(error instanceof ApiError) || Object.keys(error.fields).length === 0) throw error
      fields.value = error.fields
      return null
    } finally {
      sending.value = false
    }
  }

  return { form, contact, files, fields, sending, attach, detach, submit, TITLE_MAX }
}
