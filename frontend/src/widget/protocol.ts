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
  | { type: 'reset' }

/** From the frame to the page: nothing in it says who the visitor is, nor what was written. */
export type ToPage =
  | { type: 'ready' }
  | { type: 'close' }
  | { type: 'unread'; count: number }
  | { type: 'known'; known: boolean }
  | { type: 'identified'; ok: boolean; reason: string }

/** How a channel looks, as the server tells it to its sites. */
export interface Look {
  code: string
  name: string
  color: string
  side: 'right' | 'left'
  locale: '' | 'zh' | 'en'
  greeting: { zh: string; en: string }
}

/** What WCAG asks of text of ordinary size. */
export const READABLE = 4.5
/** The luminance of our near-black, and what the formula of contrast adds to each side. */
const INK = { color: '#1c1b19', luminance: 0.011 }
const HAZE = 0.05

function luminance(color: string): number {
  const share = (at: number): number => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * share(1) + 0.7152 * share(3) + 0.0722 * share(5)
}

export function contrastWithWhite(color: string): number {
  return (1 + HAZE) / (luminance(color) + HAZE)
}

/** The text colour that can be read best on this background. */
export function readableOn(color: string): string {
  const contrastWithInk = (luminance(color) + HAZE) / (INK.luminance + HAZE)
  return contrastWithWhite(color) >= contrastWithInk ? '#ffffff' : INK.color
}
