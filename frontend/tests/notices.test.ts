import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { useNotices } from '../src/desk/stores/notices'
import { live } from '../src/shared/live'
import type { Notice } from '../src/shared/types'

type Push = (event: string, payload: unknown) => void

let answers: ((rows: Notice[]) => void)[]

function notice(id: number): Notice {
  return { id, kind: 'conversation.assigned', params: { no: 'C1', title: '' }, link: '/desk/c/1', readTime: null, createTime: '2026-11-21T08:00:00Z' }
}

function envelope(rows: Notice[]): Response {
  const data = { list: rows, total: rows.length, page: 1, size: 50, pages: 1 }
  return new Response(JSON.stringify({ code: 200, message: 'success', data, timestamp: 0 }))
}

beforeEach(() => {
  setActivePinia(createPinia())
  answers = []
  vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => answers.push((rows) => resolve(envelope(rows)))))
})
afterEach(() => vi.unstubAllGlobals())

it('keeps what is told while the list is on its way', async () => {
  const notices = useNotices()
  const loaded = notices.load()
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  ;(live as unknown as { pushed: Push }).pushed('notification', notice(2))
  answers[0]!([notice(1)])
  await loaded
  expect(notices.list.map((one) => one.id)).toEqual([2, 1])
})

it('believes the later of two looks, whichever answer comes last', async () => {
  const notices = useNotices()
  const both = [notices.load(), notices.load()]
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]!([notice(2), notice(1)])
  answers[0]!([notice(1)])
  await Promise.all(both)
  expect(notices.list.map((one) => one.id)).toEqual([2, 1])
})
