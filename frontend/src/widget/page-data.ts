/** What the server wrote into the frame's page: the look of the channel and the sites that may show it. */
import type { Look } from './protocol'

export interface PageData extends Look {
  greeting: Record<'zh' | 'en', string>
  subtitle: Record<'zh' | 'en', string>
  logoUrl: string | null
  /** Whether white letters on the colour, and the colour on white, can be read. */
  isReadable: boolean
  origins: string[]
}

export const pageData = JSON.parse(document.getElementById('page-data')?.textContent ?? 'null') as PageData
