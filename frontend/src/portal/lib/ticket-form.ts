/** The form of a new ticket: what is written and uploaded survives a reload, files go up while one writes. */
import { reactive, ref, shallowRef, watch } from 'vue'

import { api, ApiError } from '@shared/api'
import { type CustomField, type CustomValues, isEmpty } from '@shared/custom-fields'
import { live } from '@shared/live'
import type { Draft } from '@shared/outbox'
import { session } from '@shared/session'
import type { Ticket } from '@shared/types'

import { isContact, isEmail, isPhone, keptContact, useContact } from './contact'
import { ensureCustomer, hasAccount, introduce } from './customer'
import { BLANK, type Contents } from './ticket-templates'

export interface TicketForm extends Contents {
  /** The template that it began with; 0 = none. */
  templateId: number
  /** What a visitor wants to be called. */
  name: string
  contactName: string
  contactEmail: string
  contactPhone: string
  /** What the fields that the company defined hold. */
  custom: CustomValues
}

interface Kept extends TicketForm {
  files: Draft[]
}

const KEY = 'ss.portal.ticket'
const TITLE_MAX = 200
export const MOST_FILES = 10

const EMPTY: TicketForm = {
  ...BLANK,
  templateId: 0,
  name: '',
  contactName: '',
  contactEmail: '',
  contactPhone: '', custom: {}}

function kept(): Partial<Kept> {
  return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Partial<Kept>
}

/** The answer of /user/info, as far as it says how somebody is reached. */
interface OwnAccount {
  fullName: string | null
  email: string | null
  phone: string | null
}

export function useTicketForm(title: string) {
  const { files: uploaded = [], ...written } = kept()
  const form = reactive<TicketForm>({ ...EMPTY, ...written })
  const files = shallowRef<Draft[]>(uploaded)
  if (title) form.title = title.slice(0, TITLE_MAX)
  const contact = useContact()
  const fields = ref<Record<string, string>>({})
  const sending = ref(false)

  watch([form, files], () => sessionStorage.setItem(KEY, JSON.stringify({ ...form, files: files.value })))
  watch([() => form.title, () => form.description, () => form.custom, () => [form.contactEmail, form.contactPhone], contact], () => (fields.value = {}))

  /** What the account knows; what was written for this ticket stays. */
  async function prefill(): Promise<void> {
    if (!hasAccount.value || form.contactName) return
    form.contactName = session.actor?.name ?? ''
    try {
      const own = await api.get<OwnAccount>('/user/info')
      form.contactName = own.fullName || form.contactName
      form.contactEmail ||= own.email ?? ''
      form.contactPhone ||= own.phone ?? ''
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // He can write it himself.
    }
  }

  /** `asked` are the fields of the chosen type. */
  function missing(asked: CustomField[]): Record<string, string> {
    const found: Record<string, string> = {}
    for (const field of asked) if (field.required && isEmpty(form.custom[field.code])) found[`custom.${field.code}`] = 'required'
    if (!form.title.trim()) found.title = 'required'
    if (!form.description.trim()) found.description = 'required'
    if (!hasAccount.value && !isContact(contact.value)) found.contact = 'contact'
    if (hasAccount.value && form.contactEmail.trim() && !isEmail(form.contactEmail)) found.contactEmail = 'email'
    if (hasAccount.value && form.contactPhone.trim() && !isPhone(form.contactPhone)) found.contactPhone = 'phone'
    return found
  }

  function attach(draft: Draft): void {
    files.value = [...files.value, draft]
  }

  function detach(draft: Draft): void {
    files.value = files.value.filter((one) => one !== draft)
  }

  /** Solved without a ticket: the next one begins empty. */
  function forget(): void {
    sessionStorage.removeItem(KEY)
  }

  /** How to reach whoever reports it, as it is kept with this ticket. */
  function reach(): Record<string, string> {
    const plain = (text: string) => text.normalize('NFKC').trim()
    if (hasAccount.value) {
      return { contactName: form.contactName.trim(), contactEmail: plain(form.contactEmail), contactPhone: plain(form.contactPhone) }
    }
    return { contactName: form.name.trim(), contactEmail: plain(keptContact(isEmail)), contactPhone: plain(keptContact(isPhone)) }
  }

  /** The new ticket, or null when fields are missing or refused; other failures are thrown. */
  async function submit(asked: CustomField[]): Promise<Ticket | null> {
    fields.value = missing(asked)
    if (Object.keys(fields.value).length > 0 || sending.value) return null
    sending.value = true
    try {
      await ensureCustomer(form.name.trim())
      if (!hasAccount.value) await introduce(form.name.trim(), contact.value.trim())
      const { title: words, description, type, product, priority } = form
      const filled = asked.filter((one) => !isEmpty(form.custom[one.code])).map((one) => [one.code, form.custom[one.code]])
      const more = form.templateId ? { templateId: form.templateId } : {}
      const custom = filled.length ? { custom: Object.fromEntries(filled) as CustomValues } : {}
      const ticket = await api.post<Ticket>('/tickets', { title: words.trim(), description: description.trim(), type, product, priority, ...reach(), ...more, ...custom })
      // The files are the first messages of the ticket's room; the outbox sees them there.
      for (const draft of files.value) live.send({ ticketId: ticket.id }, draft)
      sessionStorage.removeItem(KEY)
      return ticket
    } catch (error) {
      if (!(error instanceof ApiError) || Object.keys(error.fields).length === 0) throw error
      fields.value = error.fields
      if ('templateId' in error.fields) form.templateId = 0
      return null
    } finally {
      sending.value = false
    }
  }

  return { form, contact, files, fields, sending, prefill, attach, detach, forget, submit, TITLE_MAX }
}
