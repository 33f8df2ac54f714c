/** Where a picture or a file is read from. In a framed page the address itself says for whom: it carries no header. */
import { ref } from 'vue'

const key = ref('')

/** A key that reads what this person may read, for a day; empty where the cookie says who it is. */
export function setFileKey(value: string): void {
  key.value = value
}

export function fileAddress<T extends string | null | undefined>(url: T): T | string {
  if (!key.value || !url?.startsWith('/api/')) return url
  return `${url}${url.includes('?') ? '&' : '?'}key=${encodeURIComponent(key.value)}`
}
