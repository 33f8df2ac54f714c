/** How a visitor without an account can be reached: asked for once, offered again in this browser. */
import { ref, watch } from 'vue'

const KEY = 'ss.portal.contact'
/** As the server has them: `services/customers.py`. */
const PHONE = /^[+\d][\d\- ]{4,19}$/
const EMAIL = /^[^@\s]{1,64}@[^@\s]{1,126}$/

/** Empty is fine: nobody has to leave one. */
export function isContact(text: string): boolean {
  const contact = text.normalize('NFKC').trim()
  return contact === '' || PHONE.test(contact) || EMAIL.test(contact)
}

/** A field that knows what was typed into it the last time. */
export function useContact() {
  const contact = ref(localStorage.getItem(KEY) ?? '')
  watch(contact, (text) => {
    if (isContact(text)) localStorage.setItem(KEY, text.trim())
  })
  return contact
}
