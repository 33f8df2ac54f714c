/** How search is doing, as the server tells it. */
import { api } from '@shared/api'

export type RunState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export interface IndexRun {
  id: number
  state: RunState
  anew: boolean
  total: number
  done: number
  failed: number
  error: string | null
  createTime: string
  endTime: string | null
}

export interface IndexProcess {
  process: string
  model: string | null
  epoch: number
  version: number
  articles: number
  passages: number
  vectors: number
  behind: number
  megabytes: number
  seenTime: string
}

export interface IndexStatus {
  model: string | null
  dim: number
  tier: 'semantic' | 'lexical'
  version: number
  epoch: number
  articles: number
  withVectors: number
  pending: number
  errors: number
  snapshot: { time: string | null; articles: number | null; bytes: number | null; problem: string | null }
  adapter: { kept: boolean; createTime: string; questions: number; confirmed: number; rankBefore: number; rankAfter: number } | null
  processes: IndexProcess[]
  runs: IndexRun[]
}

export interface FailedArticle {
  articleId: number
  title: string
  error: string
  updateTime: string
}

export const isUnderWay = (run: IndexRun): boolean => run.state === 'waiting' || run.state === 'running'

export const loadStatus = (): Promise<IndexStatus> => api.get<IndexStatus>('/kb/index')
export const loadFailed = (): Promise<FailedArticle[]> => api.get<FailedArticle[]>('/kb/index/errors')
