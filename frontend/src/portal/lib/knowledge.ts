/** The shapes of the knowledge answers, and the few rules about them that several components share. */
import { api } from '@shared/api'
import { session } from '@shared/session'
import type { Choice, Citation, Page } from '@shared/types'

export interface Category {
  id: number
  name: string
  parentId: number | null
  articleCount?: number
}

export interface ArticleBrief {
  id: number
  title: string
  summary: string | null
  categoryId: number | null
  categoryName: string | null
  updateTime: string
  viewCount: number
  helpfulCount: number
}

export interface Article extends ArticleBrief {
  bodyHtml: string
  related: { id: number; title: string }[]
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
  kind: 'answer' | 'choices' | 'none' | 'small_talk' | 'person'
  answered: boolean
  answer: string | null
  confidence: number | null
  citations: Citation[]
  choices: Choice[]
}

export async function loadCategories(signal: AbortSignal): Promise<Category[]> {
  const answer = await api.get<Category[] | Page<Category>>('/kb/categories', { size: 100, sort: 'sort' }, { signal })
  return Array.isArray(answer) ? answer : answer.list
}

/** What is read most in the reader's language; whatever there is where nothing was written in it. */
export function loadPopular(size: number, signal: AbortSignal): Promise<ArticleBrief[]> {
  return api.get<ArticleBrief[]>('/kb/articles/popular', { size, locale: session.locale }, { signal })
}

const VOTES_KEY = 'ss.portal.votes'

function votes(): Record<string, boolean> {
  return JSON.parse(localStorage.getItem(VOTES_KEY) ?? '{}') as Record<string, boolean>
}

/** How this browser voted on an article, so that nobody is asked twice. */
export function votedOn(articleId: number): boolean | null {
  return votes()[articleId] ?? null
}

export function keepVote(articleId: number, helpful: boolean): void {
  localStorage.setItem(VOTES_KEY, JSON.stringify({ ...votes(), [articleId]: helpful }))
}
