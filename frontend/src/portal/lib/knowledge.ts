/** The shapes of the knowledge answers, and the few rules about them that several components share. */
import { api } from '@shared/api'
import { session } from '@shared/session'
import type { Choice, Citation, Locale, Page, WordedSentence } from '@shared/types'

export interface Category {
  id: number
  name: string
  parentId: number | null
  articleCount?: number
  /** With those of the categories below it. */
  total: number
}

export interface ArticleBrief {
  id: number
  /** Where it is found, its name included. */
  path: string
  title: string
  summary: string | null
  categoryId: number | null
  categoryName: string | null
  updateTime: string
  viewCount: number
  helpfulCount: number
}

interface Named {
  id: number
  title: string
}

export interface Article extends ArticleBrief {
  locale: Locale
  bodyHtml: string
  /** When readers last saw something else than before. */
  contentTime: string
  /** The categories above it, from the top. */
  way: { id: number; name: string; path: string }[]
  /** Of a long text, its headings. */
  contents: { level: number; id: string; text: string }[]
  previous: Named | null
  next: Named | null
  related: Named[]
}

export interface SearchHit {
  articleId: number
  title: string
  snippet: string
  score: number
  highlights?: string[]
}

export interface Answer {
  /** `person`: a person was asked for; `small_talk`: a greeting or the like, answered in kind. */
  kind: 'answer' | 'choices' | 'clarify' | 'none' | 'small_talk' | 'person'
  answered: boolean
  answer: string | null
  confidence: number | null
  citations: Citation[]
  choices: Choice[]
  /** By it one says what one thinks of the answer. */
  questionId?: number
  /** A language model has worded it; `sentences` says what each rests on. */
  rewritten?: boolean
  sentences?: WordedSentence[]
}

export async function loadCategories(signal: AbortSignal): Promise<Category[]> {
  const { list } = await api.get<Page<Category>>('/kb/categories', { size: 100, sort: 'sort' }, { signal })
  const total = (one: Category): number => (one.articleCount ?? 0) + list.filter((inner) => inner.parentId === one.id).reduce((sum, inner) => sum + total(inner), 0)
  return list.map((one) => ({ ...one, total: total(one) }))
}

/** Those at the top in which there is something; one whose parent nobody may see stands at the top itself. */
export function topsOf(all: readonly Category[]): Category[] {
  const known = new Set(all.map((one) => one.id))
  return all.filter((one) => (one.parentId === null || !known.has(one.parentId)) && one.total > 0)
}

/** What is read most in the reader's language; whatever there is where nothing was written in it. */
export function loadPopular(size: number, signal: AbortSignal): Promise<ArticleBrief[]> {
  return api.get<ArticleBrief[]>('/kb/articles/popular', { size, locale: session.locale }, { signal })
}

export type Reason = 'off_topic' | 'unclear' | 'incomplete' | 'outdated' | 'other'

export interface Verdict {
  helpful: boolean
  reason?: Reason | null
  comment?: string
}

const VERDICTS = 'ss.portal.verdicts'
const READER = 'ss.portal.reader'
/** As many as somebody may want to change his mind about. */
const MOST = 100

function kept(): Record<string, Verdict> {
  return JSON.parse(localStorage.getItem(VERDICTS) ?? '{}') as Record<string, Verdict>
}

/** What this browser's reader said about an article. */
export function verdictOn(articleId: number): Verdict | null {
  return kept()[articleId] ?? null
}

/** One reader is one voice: again, it takes the place of what he said before. */
export async function tellVerdict(articleId: number, verdict: Verdict): Promise<void> {
  const reader = localStorage.getItem(READER) ?? crypto.randomUUID()
  localStorage.setItem(READER, reader)
  await api.post(`/kb/articles/${articleId}/feedback`, { ...verdict, reader })
  const all = Object.entries({ ...kept(), [articleId]: verdict })
  localStorage.setItem(VERDICTS, JSON.stringify(Object.fromEntries(all.slice(-MOST))))
}
