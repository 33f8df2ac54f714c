/** What customers think of a conversation or a ticket, named by its path: `/sessions/7`, `/tickets/3`. */
import { api, ApiError } from '@shared/api'
import type { Rating } from '@shared/types'

export interface RatingTag {
  code: string
  label: string
  labelEn: string | null
}

export interface Words {
  score: number
  tags: string[]
  comment: string
}

/** The words to tap; stars alone do as well where there are none. */
export async function loadRatingTags(): Promise<RatingTag[]> {
  try {
    return await api.get<RatingTag[]>('/dictionaries/rating_tag/items')
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return []
  }
}

export function ratingOf(about: string): Promise<Rating | null> {
  return api.get<Rating | null>(`${about}/rating`)
}

export function rate(about: string, words: Words, again: boolean): Promise<Rating> {
  const path = `${about}/rating`
  return again ? api.put<Rating>(path, words) : api.post<Rating>(path, words)
}
