/** One article in the editor: what is written, what the server has, and how the one becomes the other. */
import { computed, onScopeDispose, reactive, ref, shallowRef, watch, type Ref } from 'vue'

import { api, ApiError } from '@shared/api'
import { errorText } from '@shared/errors'

import { emptyContent, type Content, type Draft } from './types'

/** How long after the last stroke, and how long at most, until the page saves by itself. */
const QUIET_MS = 2500
const MOST_MS = 20_000

export interface Conflict {
  name: string
  draft: Draft
}

const copy = (content: Content): Content => JSON.parse(JSON.stringify(content)) as Content

export function useDraft(id: Ref<number | null>, made: (draft: Draft) => Promise<unknown>) {
  const draft = shallowRef<Draft | null>(null)
  const content = reactive<Content>(emptyContent('zh'))
  const before = ref('')
  const saving = ref(false)
  const savedAt = ref('')
  const failure = ref('')
  const error = shallowRef<ApiError | null>(null)
  /** Somebody else has saved since: nothing of ours is sent before one has decided. */
  const conflict = shallowRef<Conflict | null>(null)
  const isDirty = computed(() => before.value !== '' && JSON.stringify(content) !== before.value)
  const may = computed(() => new Set(draft.value?.may ?? ['save']))
  const isReadOnly = computed(() => !may.value.has('save'))
  let timer: ReturnType<typeof setTimeout> | undefined
  let firstStroke = 0
  let running: Promise<boolean> | null = null

  function begin(from: Content): void {
    Object.assign(content, copy(from))
    before.value = JSON.stringify(content)
  }

  /** What the server has now. What was typed while it was on its way stays. */
  function take(answer: Draft, sent?: string): void {
    draft.value = answer
    conflict.value = null
    failure.value = ''
    // The server trims what it stores; taken over, that would pull the blank from under somebody's cursor.
    if (sent !== undefined) before.value = sent
    else begin(answer.content)
  }

  async function load(): Promise<void> {
    if (id.value === null) return
    error.value = null
    try {
      take(await api.get<Draft>(`/kb/articles/${id.value}/draft`))
      savedAt.value = ''
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      error.value = reason
    }
  }

  async function send(options: { auto: boolean; note?: string }): Promise<boolean> {
    const sent = JSON.stringify(content)
    saving.value = true
    try {
      if (id.value === null) {
        const { id: number } = await api.post<{ id: number }>('/kb/articles', content)
        const answer = await api.get<Draft>(`/kb/articles/${number}/draft`)
        take(answer, sent)
        await made(answer)
      } else {
        const body = { ...content, auto: options.auto, note: options.note ?? '', version: draft.value?.version }
        take(await api.put<Draft>(`/kb/articles/${id.value}/draft`, body), sent)
      }
      savedAt.value = new Date().toISOString()
      return true
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      if (reason.status === 409 && reason.error === 'stale') await findOut()
      else failure.value = errorText(reason)
      return false
    } finally {
      saving.value = false
    }
  }

  /** Who was quicker, and with what. */
  async function findOut(): Promise<void> {
    const newest = await api.get<Draft>(`/kb/articles/${id.value}/draft`)
    conflict.value = { name: newest.updatedBy?.name ?? '', draft: newest }
  }

  /** One after the other: two at once would make each other stale. */
  async function save(options: { auto: boolean; note?: string } = { auto: false }): Promise<boolean> {
    clearTimeout(timer)
    firstStroke = 0
    while (running) await running
    if (conflict.value || !content.title.trim() || (options.auto && !isDirty.value)) return !isDirty.value
    running = send(options)
    try {
      return await running
    } finally {
      running = null
    }
  }

  /** A step of the article's way, once everything written is saved. */
  async function act(path: string, body: Record<string, unknown> = {}, method: 'post' | 'del' = 'post'): Promise<void> {
    if (isDirty.value && !(await save({ auto: false }))) throw new ApiError(409, 'conflict', failure.value)
    await api[method](`/kb/articles/${id.value}/${path}`, body)
    await load()
  }

  function takeTheirs(): void {
    if (conflict.value) take(conflict.value.draft)
  }

  /** Ours after all: theirs stays in the history. */
  async function keepMine(): Promise<void> {
    if (!conflict.value) return
    draft.value = conflict.value.draft
    before.value = JSON.stringify(conflict.value.draft.content)
    conflict.value = null
    await save({ auto: false })
  }

  watch(content, () => {
    if (!isDirty.value || isReadOnly.value || conflict.value) return
    failure.value = ''
    clearTimeout(timer)
    firstStroke ||= Date.now()
    timer = setTimeout(() => void save({ auto: true }), Math.min(QUIET_MS, Math.max(0, firstStroke + MOST_MS - Date.now())))
  })

  function warn(event: BeforeUnloadEvent): void {
    if (isDirty.value) event.preventDefault()
  }

  window.addEventListener('beforeunload', warn)
  onScopeDispose(() => {
    clearTimeout(timer)
    window.removeEventListener('beforeunload', warn)
  })

  return { draft, content, isDirty, isReadOnly, may, saving, savedAt, failure, error, conflict, begin, load, save, act, takeTheirs, keepMine, findOut }
}
