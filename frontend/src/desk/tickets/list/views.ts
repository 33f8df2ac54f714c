/** Views of tickets: those that everybody has, those that people keep, and how many tickets are in each. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@shared/api'
import type { Page } from '@shared/types'

import type { Filters } from './filters'

export type Audience = 'own' | 'team' | 'everybody'

export interface SavedView {
  id: number
  name: string
  filters: Partial<Filters>
  columns: string[] | null
  sort: string
  audience: Audience
  teamId: number | null
  teamName: string | null
  /** None: the account is gone, the view is still everybody's. */
  ownerName: string | null
  isMine: boolean
  mayChange: boolean
  version: number
}

export interface BuiltIn {
  key: string
  filters: Partial<Filters>
}

export type ViewData = Partial<Pick<SavedView, 'name' | 'filters' | 'columns' | 'sort' | 'audience' | 'teamId' | 'version'>>

/** All tickets one may see; stands for no filter where a view is named. */
export const ALL = 'all'

export const useTicketViews = defineStore('ticket-views', () => {
  const builtIn = ref<BuiltIn[]>([])
  const saved = ref<SavedView[]>([])
  const counts = ref<Record<string, number>>({})
  const most = ref(100)
  const loaded = ref(false)
  const mine = computed(() => saved.value.filter((one) => one.isMine))
  const shared = computed(() => saved.value.filter((one) => !one.isMine))

  async function load(): Promise<void> {
    const [own, page] = await Promise.all([
      builtIn.value.length ? builtIn.value : api.get<BuiltIn[]>('/ticket-views/built-in'),
      api.get<Page<SavedView>>('/ticket-views', { size: 100, sort: 'position' }),
    ])
    builtIn.value = own
    saved.value = page.list
    loaded.value = true
  }

  async function loadCounts(): Promise<void> {
    const answer = await api.get<{ most: number; counts: Record<string, number> }>('/ticket-views/counts')
    counts.value = answer.counts
    most.value = answer.most
  }

  /** As much as is counted; "99+" where counting stopped. */
  function countOf(key: string): string {
    const count = counts.value[key]
    if (!count) return ''
    return count >= most.value ? `${most.value - 1}+` : String(count)
  }

  function savedOf(key: string): SavedView | null {
    return saved.value.find((one) => String(one.id) === key) ?? null
  }

  /** The filters of a view; null when there is none of this name (any more). */
  function filtersOf(key: string): Partial<Filters> | null {
    if (key === ALL) return {}
    return (savedOf(key) ?? builtIn.value.find((one) => one.key === key))?.filters ?? null
  }

  async function create(data: ViewData): Promise<SavedView> {
    const made = await api.post<SavedView>('/ticket-views', data)
    await load()
    void loadCounts()
    return made
  }

  async function change(view: SavedView, data: ViewData): Promise<void> {
    await api.put(`/ticket-views/${view.id}`, { ...data, version: view.version })
    await load()
    void loadCounts()
  }

  async function remove(view: SavedView): Promise<void> {
    await api.del(`/ticket-views/${view.id}`)
    await load()
  }

  return { builtIn, saved, mine, shared, counts, loaded, load, loadCounts, countOf, savedOf, filtersOf, create, change, remove }
})
