/** What the script on the other site's page and the frame say to each other, always with exact origins. */

/** Marks our messages among those of other scripts on the page. */
export const APP = 'smartsupport'

/** Who the site says its user is: signed by its server, or merely a name to show. */
export interface Identity {
  token?: string
  name?: string
}

export interface HostPage {
  url: string
  title: string
}

/** From the page to the frame. */
export type ToFrame =
  | { type: 'shown'; fullScreen: boolean }
  | { type: 'hidden' }
  | { type: 'page'; page: HostPage }
  | { type: 'identify'; identity: Identity }
  | { type: 'theme'; theme: Theme }
  | { type: 'invited'; invitation: { id: number; text: string } }
  | { type: 'reset' }

/** From the frame to the page: nothing in it says who the visitor is, nor what was written. */
export type ToPage =
  | { type: 'ready' }
  | { type: 'close' }
  | { type: 'unread'; count: number }
  | { type: 'known'; known: boolean }
  | { type: 'identified'; ok: boolean; reason: string }

/** What a widget says by itself to who looks at a page for a while. */
export interface Invitation {
  id: number
  /** The path of the page; * stands for anything. */
  page: string
  /** Seconds on that page. */
  after: number
  /** Hours until a browser that has seen it sees it again; 0: never. */
  every: number
  text: Record<'zh' | 'en', string>
}

export type Theme = 'light' | 'dark'

/** How a channel looks, as the server tells it to its sites. */
export interface Look {
  code: string
  name: string
  color: string
  /** White or black, whichever can be read on it. */
  onColor: string
  side: 'right' | 'left'
  /** From the side and from below, in pixels. */
  offset: [number, number]
  locale: '' | 'zh' | 'en'
  label: Record<'zh' | 'en', string>
  invitations?: Invitation[]
  /** Where the frame lies, if not where it usually does. */
  frame?: string
}
