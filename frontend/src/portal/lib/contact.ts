/** How a visitor without an account can be reached: asked for once, offered again in this browser. */
import { ref, watch } from 'vue'

const KEY = 'ss.portal.contact'
/** As the server has them: `services/customers.py`. */
const PHONE = /^[+\d][\d\- ]{4,19}$/
const EMAIL = /^[^@\s]{1,64}@[^@\s]{1,126}$/

const plain = (text: string) => text.normalize('NFKC').trim()

export const isPhone = (text: string): boolean => PHONE.test(plain(text))
export const isEmail = (text: string): boolean => EMAIL.test(plain(text))

/** Empty is fine: nobody has to leave one. */
export function isContact(text: string): boolean {
  return plain(text) === '' || isPhone(text) || isEmail(text)
}

/** What was written the last time, if it is of this kind. */
export function keptContact(isOfKind: (text: string) => boolean): string {
  const kept = localStorage.getItem(KEY) ?? ''
  return isOfKind(kept) ? kept : ''
}

export function keepContact(text: string): void {
  localStorage.setItem(KEY, text.trim())
}

/** A field that knows what was typed into it the last time. */
export function useContact() {
  const contact = ref(keptContact(isContact))
  watch(contact, (text) => {
    if (isContact(text)) keepContact(text)
  })
  return contact
}
