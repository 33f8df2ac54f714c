/** Something loaded by REST, with the states that a page shows. */
import { onScopeDispose, reactive, ref, shallowRef, watch } from 'vue'

import { api, ApiError, type Query } from '@shared/api'
import type { Page } from '@shared/types'

/** What is being fetched at the moment, over the whole page; and whether something could not be. */
export const loads = reactive({ running: 0, failed: false })

/** Loads at once and whenever `source` changes; an older answer never overwrites a newer one. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, source: () => unknown = () => null) {
  const data = shallowRef<T | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(true)
  let running: AbortController | null = null

  async function reload(): Promise<void> {
    running?.abort()
    const mine = (running = new AbortController())
    loading.value = true
    error.value = null
    loads.running += 1
    try {
      const answer = await load(mine.signal)
      if (mine === running) data.value = answer
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (mine === running && !reason.isAborted) {
        error.value = reason
        loads.failed = true
      }
    } finally {
      loads.running -= 1
      if (mine === running) loading.value = false
    }
  }

  watch(
    source,
    () => {
      data.value = null
      void reload()
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    running?.abort()
    running = null
  })

  return { data, error, loading, reload }
}

/** One thing that is looked at while it changes: shown as it was until the newer answer is there. */
export function useFollowed<T>(path: () => string) {
  const data = shallowRef<T | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loading = ref(true)

  async function fetch(): Promise<void> {
    const wanted = path()
    const answer = await api.get<T>(wanted)
    if (wanted === path()) data.value = answer
  }

  async function reload(): Promise<void> {
    loading.value = data.value === null
    error.value = null
    try {
      await fetch()
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      error.value = reason
    } finally {
      loading.value = false
    }
  }

  /** In the background: the page is only late when this fails. */
  function refresh(): void {
    fetch().catch((reason: unknown) => {
      if (!(reason instanceof ApiError)) throw reason
    })
  }

  watch(
    path,
    () => {
      data.value = null
      void reload()
    },
    { immediate: true },
  )

  return { data, error, loading, fetch, reload, refresh }
}

/** A list that grows page by page. `query` null means there is nothing to ask for yet. */
export function usePages<T>(path: string, query: () => Query | null, size = 20) {
  const more = shallowRef<T[]>([])
  const loadingMore = ref(false)
  const moreError = shallowRef<ApiError | null>(null)
  let page = 1

  const first = useLoad<Page<T> | null>(
    async (signal) => {
      const wanted = query()
      more.value = []
      moreError.value = null
      page = 1
      return wanted && api.get<Page<T>>(path, { ...wanted, page: 1, size }, { signal })
    },
    () => JSON.stringify(query()),
  )

  async function loadMore(): Promise<void> {
    const wanted = query()
    if (!wanted || loadingMore.value) return
    const asked = JSON.stringify(wanted)
    loadingMore.value = true
    moreError.value = null
    try {
      const answer = await api.get<Page<T>>(path, { ...wanted, page: page + 1, size })
      if (asked !== JSON.stringify(query())) return
      page += 1
      more.value = [...more.value, ...answer.list]
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      moreError.value = reason
    } finally {
      loadingMore.value = false
    }
  }

  return { ...first, more, loadMore, loadingMore, moreError }
}
