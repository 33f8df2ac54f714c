/** Articles as editors get them. */

export type ArticleStatus = 'draft' | 'published' | 'withdrawn'
export type Proposal = 'none' | 'working' | 'in_review' | 'returned' | 'scheduled'
export type Visibility = 'public' | 'customer' | 'staff' | 'teams' | 'levels'
export type Deed = 'save' | 'publish' | 'submit' | 'approve' | 'sendBack' | 'takeBack' | 'withdraw' | 'discard' | 'delete'

/** What an editor fills in. */
export interface Content {
  title: string
  body: string
  phrasings: string[]
  categoryId: number | null
  tags: string[]
  visibility: Visibility
  teamIds: number[]
  levels: number[]
  locale: 'zh' | 'en'
  translationOfId: number | null
  validFrom: string | null
  validUntil: string | null
}

export interface Who {
  id: number
  name: string
  avatarUrl?: string | null
}

export interface ArticleRow {
  id: number
  title: string
  summary: string
  categoryId: number | null
  categoryName: string | null
  tags: string[] | null
  locale: 'zh' | 'en'
  status: ArticleStatus
  proposal: Proposal
  visibility: Visibility
  validFrom: string | null
  validUntil: string | null
  viewCount: number
  helpfulCount: number
  unhelpfulCount: number
  indexError: string | null
  editedBy?: string
  translationOfId: number | null
  createTime: string
  updateTime: string
  version: number
}

export interface Revision {
  number: number
  state: 'kept' | 'in_review' | 'returned' | 'scheduled' | 'published'
  title: string
  note: string | null
  isAuto: boolean
  isLive: boolean
  isWorking: boolean
  by: Who | null
  createTime: string
  submittedBy: Who | null
  submitTime: string | null
  submitNote: string | null
  decidedBy: Who | null
  decideTime: string | null
  reason: string | null
  dueTime: string | null
  publishTime: string | null
}

export interface IndexMark {
  state: 'none' | 'error' | 'waiting' | 'indexed'
  error: string | null
}

export interface Draft extends ArticleRow {
  content: Content
  isShown: boolean
  liveRevision: number | null
  workingRevision: number | null
  revision: Revision | null
  createdBy: Who | null
  updatedBy: Who | null
  may: Deed[]
  needsReview: boolean
  translations: { id: number; locale: 'zh' | 'en'; title: string; status: ArticleStatus }[]
  index: IndexMark
}

export interface Category {
  id: number
  name: string
  parentId: number | null
  sort: number
  articleCount: number
  version: number
}

export interface Template {
  id: number
  name: string
  locale: 'zh' | 'en'
  title: string | null
  body: string
  tags: string[] | null
  categoryId: number | null
}

export interface Part {
  kind: 'same' | 'added' | 'removed'
  text: string
}

export interface Comparison {
  title: Part[]
  body: Part[]
  properties: { name: string; before: unknown; after: unknown }[]
}

/** An article nobody has written yet. */
export function emptyContent(locale: 'zh' | 'en'): Content {
  return {
    title: '',
    body: '',
    phrasings: [],
    categoryId: null,
    tags: [],
    visibility: 'public',
    teamIds: [],
    levels: [],
    locale,
    translationOfId: null,
    validFrom: null,
    validUntil: null,
  }
}
