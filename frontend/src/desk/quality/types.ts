/** What the learning loop of the knowledge base answers, and its calls. */
import { api } from '@shared/api'
import type { Page } from '@shared/types'

import { isoDay, zone } from '../stores/agent-figures'

export type GroupState = 'open' | 'drafted' | 'added' | 'dismissed'

export interface Group {
  id: number
  text: string
  state: GroupState
  articleId: number | null
  articleTitle: string | null
  asked: number
  askedSince: number
  lastTime: string
  lastWeek: number
  weekBefore: number
}

export interface GroupDetail extends Group {
  examples: { text: string; count: number; lastTime: string; questionId: number }[]
  nearest: ArticleRef[]
}

export interface ArticleRef {
  articleId: number
  title: string | null
}

export interface Figures {
  asked: number
  answered: number
  offered: number
  handedOver: number
  resolved: number
  helpful: number
  unhelpful: number
  answerRate: number | null
}

export interface Quality {
  total: Figures
  days: (Figures & { day: string })[]
  channels: (Figures & { channel: string })[]
  articles: (Figures & { articleId: number; title: string })[]
}

export interface LowRated {
  id: number
  title: string
  helpfulCount: number
  unhelpfulCount: number
}

export interface EvaluationQuestion {
  id: number
  text: string
  articleIds: number[]
  articles: ArticleRef[]
  note: string | null
  active: boolean
}

export const SHARES = ['hit1', 'hit5', 'mrr', 'answeredRight', 'offered', 'missed', 'answeredWrong', 'silent'] as const
export type Share = (typeof SHARES)[number]

export interface Run {
  id: number
  note: string | null
  mode: 'product' | 'words'
  state: 'waiting' | 'running' | 'done' | 'failed'
  done: number
  total: number
  model: string
  figures: (Record<Share, number | null> & { questions: number }) | null
  createTime: string
  error: string | null
}

export type Verdict = 'right' | 'wrong' | 'offered' | 'missed' | 'silent'

export interface RunDetail extends Run {
  results: { questionId: number; text: string; expected: number[]; found: { articleId: number; score: number }[]; place: number | null; confidence: number; verdict: Verdict }[]
  titles: Record<string, string>
}

export interface Tried {
  question: string
  kind: 'answer' | 'choices' | 'none'
  confidence: number
  model: string
  signals: Record<string, number>
  hits: { articleId: number; title: string; matched: string; score: number; dense: number | null; lexical: number }[]
}

export const percent = (share: number | null): string => (share === null ? '—' : `${Math.round(share * 1000) / 10}%`)

export const loadGroups = (state: string): Promise<Page<Group>> => api.get<Page<Group>>('/kb/question-groups', { state, sort: '-asked', size: 50 })
export const loadGroup = (id: number): Promise<GroupDetail> => api.get<GroupDetail>(`/kb/question-groups/${id}`)
export const loadQuality = (days: number): Promise<Quality> =>
  api.get<Quality>('/stats/knowledge', { fromDay: isoDay(days - 1), toDay: isoDay(0), zone: zone() })
export const loadLowRated = (): Promise<LowRated[]> => api.get<LowRated[]>('/kb/articles/low-rated', { size: 30 })
export const loadSet = (): Promise<Page<EvaluationQuestion>> => api.get<Page<EvaluationQuestion>>('/kb/evaluation-questions', { sort: '-id', size: 100 })
export const loadRuns = (): Promise<Page<Run>> => api.get<Page<Run>>('/kb/evaluation-runs', { sort: '-id', size: 10 })
