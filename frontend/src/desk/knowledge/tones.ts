/** Where an article stands, as a word and a colour. */
import type { ArticleRow, Proposal } from './types'

const STATUS_TONE = { draft: '', published: 'ss-tag--success', withdrawn: 'ss-tag--warning', expired: 'ss-tag--warning', upcoming: 'ss-tag--info' }

export const PROPOSAL_TONE: Record<Proposal, string> = {
  none: '',
  working: 'ss-tag--info',
  in_review: 'ss-tag--primary',
  returned: 'ss-tag--warning',
  scheduled: 'ss-tag--info',
}

type Dated = Pick<ArticleRow, 'status' | 'validFrom' | 'validUntil'>

/** A published article outside of its dates is as good as none: that is what people need to see. */
export function standing(row: Dated, now: number): keyof typeof STATUS_TONE {
  if (row.status !== 'published') return row.status
  if (row.validUntil && Date.parse(row.validUntil) <= now) return 'expired'
  if (row.validFrom && Date.parse(row.validFrom) > now) return 'upcoming'
  return 'published'
}

export const standingTone = (row: Dated, now: number) => STATUS_TONE[standing(row, now)]
