/**
 * Who talks in this frame: whoever its key says, which it sends with each request. Cookies count for nothing here, for
 * browsers may or may not send them from within other sites' pages. The page around the frame cannot read the key.
 */
import { api, ApiError, setToken, speakWithoutCookies } from '@shared/api'
import { session } from '@shared/session'
import type { SessionInfo } from '@shared/types'

import { refreshOpenConversation } from '../portal/lib/conversations'
import { boot, bootError, introduce, leave, replace, useDoor } from '../portal/lib/customer'
import { tellHost } from './host'
import { readKept, writeKept, type Kept } from './key-store'
import { pageData } from './page-data'
import type { Identity } from './protocol'

type Entered = SessionInfo & { visitorKey?: string }

const PATH = `/widget/${pageData.code}/session`

let kept: Kept | null = readKept()
/** What the site calls its user, until there is a session to write it into. */
let name = ''

function keep(key: string, externalId?: string): void {
  kept = { key, externalId }
  writeKept(kept)
  setToken(key)
  tellHost({ type: 'known', known: true })
}

function forget(): void {
  kept = null
  writeKept(null)
  setToken('')
  tellHost({ type: 'known', known: false })
}

async function begin(given: string): Promise<SessionInfo> {
  const info = await api.post<Entered>(PATH, given || name ? { name: given || name } : {})
  if (info.visitorKey) keep(info.visitorKey)
  return info
}

/** Take up an earlier visit, if it has not ended. */
export async function enter(): Promise<void> {
  speakWithoutCookies()
  setToken(kept?.key ?? '')
  useDoor({ begin, forget })
  await boot()
  if (bootError.value?.status === 401 && kept) {
    forget()
    await boot()
  }
}

/** What a token says of whom it is about. The server verifies; here it is only asked whether that is the same person. */
function externalIdIn(token: string): string {
  try {
    const part = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(part), (sign) => sign.charCodeAt(0))
    return String((JSON.parse(new TextDecoder().decode(bytes)) as { externalId?: unknown }).externalId ?? '')
  } catch {
    // No token at all: the server says so.
    return ''
  }
}

/** Become whom the site has signed, once; or be called as the site says. Whether somebody else talks here now. */
export async function identify({ token, name: called }: Identity): Promise<boolean> {
  try {
    if (!token) {
      name = called ?? ''
      if (session.actor && name && session.actor.name !== name && !kept?.externalId) await introduce(name, '')
      tellHost({ type: 'identified', ok: true, reason: '' })
      return false
    }
    const externalId = externalIdIn(token)
    // On every page of the site the same person comes with another token: that is no reason to begin anew.
    const isSame = session.actor !== null && externalId !== '' && kept?.externalId === externalId
    if (!isSame) {
      await replace(
        api.post<Entered>(PATH, { identity: token }, { exchangesToken: true }).then((info) => {
          if (info.visitorKey) keep(info.visitorKey, externalId)
          return info
        }),
      )
      refreshOpenConversation()
    }
    tellHost({ type: 'identified', ok: true, reason: '' })
    return !isSame
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    tellHost({ type: 'identified', ok: false, reason: error.fields.identity ?? (error.message || error.error) })
    return false
  }
}

/** Nobody is known here any more; what the server kept of the session ends too. */
export async function reset(): Promise<void> {
  name = ''
  try {
    if (kept) await leave()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    // Without the server only this browser forgets.
    forget()
    await boot()
  }
}
