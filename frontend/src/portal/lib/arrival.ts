/**
 * How somebody came to us: the channel that the address named and the page he came from, told with his first words so
 * that whoever answers sees it. In a frame on another site it is that site's channel and page.
 */
export interface CameBy {
  channel: string
  pageUrl?: string
  pageTitle?: string
  /** The invitation that was taken up. */
  invitationId?: number
}

interface Surroundings {
  /** In a frame on another site: no sign-in there, no cookies, no address of its own. */
  embedded: boolean
  cameBy: () => CameBy
  /** With what words somebody is greeted, if not with ours. */
  greeting: () => string
  /** Whether a page of ours lies behind the one that is shown. */
  hasPageBehind: () => boolean
}

const KEY = 'ss.portal.entry'
const PORTAL = 'portal'

/** Kept for this tab: what he came by is known on his first page, and asked for some pages later. */
function arrival(): CameBy {
  const named = new URLSearchParams(location.search).get('channel')
  const kept = sessionStorage.getItem(KEY)
  if (kept && !named) return JSON.parse(kept) as CameBy
  const elsewhere = document.referrer && new URL(document.referrer).origin !== location.origin
  const found: CameBy = { channel: named ?? PORTAL, ...(elsewhere && { pageUrl: document.referrer }) }
  sessionStorage.setItem(KEY, JSON.stringify(found))
  return found
}

let surroundings: Surroundings = {
  embedded: false,
  cameBy: arrival,
  greeting: () => '',
  hasPageBehind: () => Boolean(window.history.state?.back),
}

/** Call when the portal starts: the address that named the channel is soon another one. */
export function noteArrival(): void {
  arrival()
}

/** Call before the first page is drawn; what is not given stays as it is on pages of our own. */
export function standIn(other: Partial<Surroundings>): void {
  surroundings = { ...surroundings, ...other }
}

export const isEmbedded = (): boolean => surroundings.embedded

/** What the server takes of it: longer addresses and titles say no more. */
export function cameBy(): CameBy {
  const { channel, pageUrl, pageTitle, invitationId } = surroundings.cameBy()
  return { channel: channel.slice(0, 32), pageUrl: pageUrl?.slice(0, 2000), pageTitle: pageTitle?.slice(0, 500), invitationId }
}

export const greeting = (): string => surroundings.greeting()

export const hasPageBehind = (): boolean => surroundings.hasPageBehind()
