/** While a ticket is being written: articles that may answer it, and one's own tickets that say the same already. */
import { onScopeDispose, shallowRef, watch } from 'vue'

import { api, ApiError } from '@shared/api'
import type { TicketStatus } from '@shared/types'

import { isCustomer } from './customer'
import type { SearchHit } from './knowledge'

export interface OwnTicket {
  ticketId: number
  no: string
  title: string
  status: TicketStatus
  createTime: string
}

const DELAY_MS = 600
/** Less says too little to look for. */
const SHORTEST = 4
const ARTICLES = 3
const TICKETS = 2
/** How much of a long description is looked for. */
const LONGEST = 300

/** Only an offer: whoever writes is never kept waiting, and of what fails nothing is said. */
export function useTicketHints(words: () => { title: string; description: string }) {
  const articles = shallowRef<SearchHit[]>([])
  const tickets = shallowRef<OwnTicket[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: AbortController | null = null

  async function find(title: string, text: string): Promise<void> {
    const { signal } = (running = new AbortController())
    try {
      const [found, own] = await Promise.all([
        api.get<{ list: SearchHit[] }>('/kb/articles/search', { q: `${title} ${text}`.trim(), size: ARTICLES }, { signal }),
        isCustomer.value ? api.get<OwnTicket[]>('/tickets/similar', { title, text }, { signal }) : [],
      ])
      articles.value = found.list.slice(0, ARTICLES)
      tickets.value = own.slice(0, TICKETS)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  watch(
    words,
    ({ title, description }) => {
      clearTimeout(timer)
      running?.abort()
      const said = [title.trim(), description.trim().slice(0, LONGEST)] as const
      if (said.join('').length < SHORTEST) {
        articles.value = []
        tickets.value = []
      } else {
        timer = setTimeout(() => void find(...said), DELAY_MS)
      }
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    running?.abort()
  })

  return { articles, tickets }
}
