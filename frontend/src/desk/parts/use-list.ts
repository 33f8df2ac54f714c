/** A paged list with filters: asks again when a filter changes, keeps the newest answer only. */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

import { api, ApiError, isAborted, type Query } from '@shared/api'
import type { Page } from '@shared/types'

import { countText } from './counts'

const TYPING_MS = 250

interface Options {
  size?: number
  /** Kept elsewhere, e.g. in the address. */
  page?: Ref<number>
}

export function usePagedList<T extends { id: number }>(path: string, filters: Ref<Query>, options: Options = {}) {
  const size = options.size ?? 20
  const list = ref([]) as Ref<T[]>
  const total = ref(0)
  const isMore = ref(false)
  /** For the eye: "10,000+" where the server stopped counting. */
  const counted = computed(() => countText(total.value, isMore.value))
  const page = options.page ?? ref(1)
  const loading = ref(false)
  const loaded = ref(false)
  const error = shallowRef<ApiError | null>(null)
  let request: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    request?.abort()
    const mine = new AbortController()
    request = mine
    loading.value = true
    try {
      const answer = await api.get<Page<T>>(path, { ...filters.value, page: page.value, size }, { signal: mine.signal })
      list.value = answer.list
      total.value = answer.total
      isMore.value = answer.atLeast === true
      loaded.value = true
      error.value = null
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (!isAborted(reason)) error.value = reason
    } finally {
      if (request === mine) loading.value = false
    }
  }

  /** After events: soon, once, and not on every desk at the same moment. */
  function reloadSoon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), 400 + Math.random() * 600)
  }

  watch(filters, (now, before) => {
    // Computed anew is not changed.
    if (JSON.stringify(now) === JSON.stringify(before)) return
    page.value = 1
    clearTimeout(timer)
    timer = setTimeout(() => void load(), TYPING_MS)
  })
  watch(page, () => void load())
  onScopeDispose(() => {
    clearTimeout(timer)
    request?.abort()
  })

  return { list, total, counted, page, size, loading, loaded, error, load, reloadSoon }
}
