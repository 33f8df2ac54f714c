/** The board as the server knows it: asked for, kept up to date, further cards of a column on the way down. */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

import { api, ApiError, isAborted, type Query } from '@shared/api'
import type { Page, Ticket, TicketStatus } from '@shared/types'

import { attempt } from '../../parts/notify'
import { extended, moved, refreshed, shownKeys, type BoardColumn, type Grouping } from './board'

const SIZE = 20
const MOST = 50
const TYPING_MS = 250
export const SORT = '-priority'
/** What is on a board; what has ended is in the list. */
const STATES: TicketStatus[] = ['pending', 'processing', 'waiting', 'review', 'resolved']

export function useBoard(filters: Ref<Query>, by: Ref<Grouping>) {
  const columns = ref<BoardColumn[]>([])
  /** What the columns are of: while another grouping is loading, the old one stays. */
  const shownBy = ref<Grouping>(by.value)
  const loaded = ref(false)
  const loading = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const total = computed(() => columns.value.reduce((sum, one) => sum + one.count, 0))
  let request: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  /** While a card is in the air nothing moves below it. */
  let held = 0
  let isStale = false

  async function load(fresh = false): Promise<void> {
    request?.abort()
    const mine = new AbortController()
    request = mine
    loading.value = true
    const kept = !fresh && by.value === shownBy.value ? shownKeys(columns.value).join(',') : ''
    const size = fresh ? SIZE : Math.min(MOST, Math.max(SIZE, ...columns.value.map((one) => one.list.length)))
    try {
      const answer = await api.get<{ by: Grouping; columns: BoardColumn[] }>('/tickets/board', { ...filters.value, by: by.value, columns: kept || undefined, size, sort: SORT }, { signal: mine.signal })
      if (held) {
        isStale = true
        return
      }
      columns.value = fresh || answer.by !== shownBy.value ? answer.columns : refreshed(columns.value, answer.columns)
      shownBy.value = answer.by
      loaded.value = true
      error.value = null
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (!isAborted(reason)) error.value = reason
    } finally {
      if (request === mine) loading.value = false
    }
  }

  function reloadSoon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void (held ? (isStale = true) : load()), 300 + Math.random() * 500)
  }

  function hold(): void {
    held += 1
  }

  function release(): void {
    held = Math.max(0, held - 1)
    if (held || !isStale) return
    isStale = false
    void load()
  }

  /** Put the card there at once; what comes back puts it where it was. */
  function move(id: number, to: string): () => void {
    const before = columns.value
    columns.value = moved(columns.value, id, to)
    const from = before.find((one) => one.list.some((row) => row.id === id))?.key
    const at = before.find((one) => one.key === from)?.list.findIndex((row) => row.id === id) ?? 0
    return () => {
      if (!from) return
      const back = moved(columns.value, id, from)
      columns.value = back.map((one) => {
        if (one.key !== from) return one
        const [card, ...others] = one.list
        return card ? { ...one, list: [...others.slice(0, at), card, ...others.slice(at)] } : one
      })
    }
  }

  function replace(ticket: Ticket): void {
    columns.value = columns.value.map((one) => ({ ...one, list: one.list.map((row) => (row.id === ticket.id ? { ...row, ...ticket } : row)) }))
  }

  const asking = new Set<string>()

  async function loadMore(key: string): Promise<void> {
    const column = columns.value.find((one) => one.key === key)
    if (!column || column.list.length >= column.count || asking.has(key)) return
    asking.add(key)
    const page = Math.floor(column.list.length / SIZE) + 1
    const here = shownBy.value === 'status' ? { status: key } : { assigneeId: key, status: filters.value.status || STATES.join(',') }
    await attempt(async () => {
      const answer = await api.get<Page<Ticket>>('/tickets', { ...filters.value, ...here, sort: SORT, size: SIZE, page })
      columns.value = columns.value.map((one) => (one.key === key ? extended(one, answer) : one))
    })
    asking.delete(key)
  }

  watch([filters, by], (now, before) => {
    if (JSON.stringify(now) === JSON.stringify(before)) return
    clearTimeout(timer)
    timer = setTimeout(() => void load(true), TYPING_MS)
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    request?.abort()
  })

  return { columns, shownBy, loaded, loading, error, total, load, reloadSoon, hold, release, move, replace, loadMore }
}
