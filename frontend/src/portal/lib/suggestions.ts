/** What is offered while somebody types a question: articles and categories, or what he looked for before. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'

import { api, ApiError } from '@shared/api'
import { session } from '@shared/session'

import { loadCategories, type Category, type SearchHit } from './knowledge'

const DELAY_MS = 180
const HITS = 6
const CATEGORIES = 2
const RECENT = 5
const KEY = 'ss.portal.recent'

function storedRecent(): string[] {
  return JSON.parse(localStorage.getItem(KEY) ?? '[]') as string[]
}

const recent = ref(storedRecent())

/** Kept in this browser only, newest first. */
export function remember(question: string): void {
  recent.value = [question, ...recent.value.filter((one) => one !== question)].slice(0, RECENT)
  localStorage.setItem(KEY, JSON.stringify(recent.value))
}

export function forgetRecent(): void {
  recent.value = []
  localStorage.removeItem(KEY)
}

let categories: { locale: string; list: Promise<Category[]> } | null = null

function knownCategories(): Promise<Category[]> {
  if (categories?.locale !== session.locale) {
    const list = loadCategories(new AbortController().signal)
    // Only an offer: what failed is asked for again with the next letter.
    list.catch(() => (categories = null))
    categories = { locale: session.locale, list }
  }
  return categories.list
}

export function useSuggestions() {
  const hits = shallowRef<SearchHit[]>([])
  const subjects = shallowRef<Category[]>([])
  /** Whether the list fits the words that stand there; until then it is that of the words before. */
  const isSettled = ref(true)
  const failed = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: AbortController | null = null

  async function find(words: string): Promise<void> {
    running?.abort()
    const mine = (running = new AbortController())
    try {
      const [answer, known] = await Promise.all([
        api.get<{ list: SearchHit[] }>('/kb/articles/search', { q: words, size: HITS }, { signal: mine.signal }),
        knownCategories(),
      ])
      if (mine !== running) return
      hits.value = answer.list
      const small = words.toLowerCase()
      subjects.value = known.filter((one) => one.articleCount && one.name.toLowerCase().includes(small)).slice(0, CATEGORIES)
      failed.value = false
      isSettled.value = true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // The list is only an offer: asking still works, and says what is wrong if it does not.
      if (!error.isAborted) failed.value = true
    }
  }

  function look(words: string): void {
    clearTimeout(timer)
    isSettled.value = words === ''
    if (words) {
      timer = setTimeout(() => void find(words), DELAY_MS)
      return
    }
    running?.abort()
    running = null
    hits.value = []
    subjects.value = []
  }

  onScopeDispose(() => {
    clearTimeout(timer)
    running?.abort()
  })

  return { hits, subjects, isSettled, failed, look, recent: computed(() => recent.value) }
}
