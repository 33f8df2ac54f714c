/**
 * What stood behind the # of the address: who an app has signed, or whom a link of ours was made for. Neither a server nor
 * a preview of the link gets to see it there, and it is out of the address before anything else happens.
 *
 * Imported before the router, which reads the address when it is made.
 */
import { api } from '@shared/api'
import type { SessionInfo } from '@shared/types'

interface HandedOver {
  identity?: string
  portalPass?: string
}

const IN_APP = 'ss.portal.in-app'
const channel = new URLSearchParams(location.search).get('channel') ?? ''
let waiting = takeFromAddress()

function takeFromAddress(): HandedOver | null {
  const told = new URLSearchParams(location.hash.slice(1))
  const [identity, portalPass] = [told.get('identity'), told.get('pass')]
  if (!identity && !portalPass) return null
  history.replaceState(history.state, '', location.pathname + location.search)
  if (!identity) return { portalPass: portalPass ?? '' }
  // Kept for this tab: an app shows us without address bar, and brings its own head.
  sessionStorage.setItem(IN_APP, '1')
  return { identity }
}

/** Whether an app shows these pages inside itself. */
export const isInApp = (): boolean => sessionStorage.getItem(IN_APP) !== null

export const isHandedOver = (): boolean => waiting !== null

/** Be whom it says. It counts once, so a second call does nothing. */
export function enterAsTold(): Promise<SessionInfo> {
  const told = waiting
  waiting = null
  return api.post<SessionInfo>('/session/entry', { ...(told?.identity && { channel: channel.slice(0, 32) }), ...told }, { exchangesToken: true })
}
