/**
 * Where the visitor's key lies between two pages of the other site: in the frame's storage or, where that is denied,
 * in a cookie of the frame alone ("Partitioned"), of which there is another one on every other site. The server never
 * looks at it: a request counts by the key it sends along, and by nothing a browser adds.
 */
import { pageData } from './page-data'
import { forgetsWithThePage } from './storage'

export interface Kept {
  key: string
  /** As whom the site has signed this person; nothing for somebody without a name. */
  externalId?: string
}

const NAME = `ss.widget.${pageData.code}`
const DAYS = 30

function cookie(value: string, seconds: number): void {
  document.cookie = `${NAME}=${value}; path=/widget/${pageData.code}; max-age=${seconds}; secure; samesite=none; partitioned`
}

function stored(): string {
  if (!forgetsWithThePage()) return localStorage.getItem(NAME) ?? ''
  const found = document.cookie.split('; ').find((one) => one.startsWith(`${NAME}=`))
  return found ? decodeURIComponent(found.slice(NAME.length + 1)) : ''
}

export function readKept(): Kept | null {
  const text = stored()
  return text ? (JSON.parse(text) as Kept) : null
}

export function writeKept(kept: Kept | null): void {
  const text = kept ? JSON.stringify(kept) : ''
  if (forgetsWithThePage()) cookie(encodeURIComponent(text), kept ? DAYS * 86_400 : 0)
  else if (kept) localStorage.setItem(NAME, text)
  else localStorage.removeItem(NAME)
}
