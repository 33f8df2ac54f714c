/** How one looks for one's tickets: by state, words, urgency and time. Kept in the address, so that back leads back. */
import { computed, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import type { Query } from '@shared/api'
import type { TicketPriority, TicketStatus } from '@shared/types'

import { UNDER_WAY } from './tickets'

export const STATES = ['all', 'open', 'waiting', 'resolved', 'closed'] as const
export type State = (typeof STATES)[number]
const STATUSES: Record<State, readonly TicketStatus[]> = {
  all: [],
  open: UNDER_WAY,
  waiting: ['waiting'],
  resolved: ['resolved'],
  closed: ['closed', 'cancelled'],
}

export const SPANS = ['any', 'week', 'month', 'quarter'] as const
export type Span = (typeof SPANS)[number]
const DAYS: Record<Span, number> = { any: 0, week: 7, month: 30, quarter: 90 }
const PRIORITIES: readonly TicketPriority[] = ['normal', 'urgent', 'critical']
const DELAY_MS = 300

/** From the beginning of the day so many days ago. */
function since(span: Span): string | undefined {
  if (span === 'any') return undefined
  const start = new Date()
  start.setHours(0, 0, 0, 0)
  start.setDate(start.getDate() - DAYS[span] + 1)
  return start.toISOString()
}

export function useTicketFilters() {
  const route = useRoute()
  const router = useRouter()
  const named = <T extends string>(name: string, known: readonly T[], otherwise: T): T => known.find((one) => one === route.query[name]) ?? otherwise
  const state = ref<State>(named('state', STATES, 'all'))
  const span = ref<Span>(named('span', SPANS, 'any'))
  const priority = ref<TicketPriority | ''>(named<TicketPriority | ''>('priority', PRIORITIES, ''))
  const text = ref(String(route.query.q ?? ''))
  /** What is looked for: the words once nobody types any more. */
  const words = ref(text.value.trim())
  let timer: ReturnType<typeof setTimeout> | undefined

  watch(text, () => {
    clearTimeout(timer)
    timer = setTimeout(() => (words.value = text.value.trim()), DELAY_MS)
  })
  watch([state, span, priority, words], () => {
    const query = {
      ...(state.value !== 'all' && { state: state.value }),
      ...(span.value !== 'any' && { span: span.value }),
      ...(priority.value && { priority: priority.value }),
      ...(words.value && { q: words.value }),
    }
    void router.replace({ query })
  })

  const isNarrow = computed(() => state.value !== 'all' || span.value !== 'any' || priority.value !== '' || words.value !== '')
  const query = computed<Query>(() => ({
    status: STATUSES[state.value].join(',') || undefined,
    priority: priority.value || undefined,
    createdFrom: since(span.value),
    q: words.value || undefined,
    sort: '-updateTime',
  }))

  function clear(): void {
    state.value = 'all'
    span.value = 'any'
    priority.value = ''
    text.value = words.value = ''
  }

  return { state, span, priority, text, isNarrow, query, clear }
}
