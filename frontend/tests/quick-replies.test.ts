import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { useQuickReplies, type QuickReply } from '../src/desk/stores/quick-replies'

function reply(id: number, code: string, useCount: number): QuickReply {
  return { id, code, title: `title ${id}`, content: 'hello', category: null, scope: 'global', ownerId: null, teamId: null, teamName: null, useCount, mayChange: false, ownerName: null, review: null, reviewNote: null, proposedTeamId: null, proposedTeamName: null, replacesId: null, version: 1 }
}

let pages: QuickReply[][]
let asked: string[]

function answer(url: string, init: RequestInit): Response {
  asked.push(`${init.method} ${url}`)
  const page = Number(new URL(url, 'http://localhost').searchParams.get('page') ?? 0)
  const id = Number(/quick-replies\/(\d+)\/use$/.exec(url)?.[1])
  const used = pages.flat().find((one) => one.id === id)
  const data = used
    ? { id, useCount: used.useCount + 1 }
    : { list: pages[page - 1], total: pages.flat().length, page, size: 100, pages: pages.length }
  return new Response(JSON.stringify({ code: 200, message: 'success', data, timestamp: 0 }))
}

beforeEach(() => {
  setActivePinia(createPinia())
  asked = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => Promise.resolve(answer(url, init)))
})
afterEach(() => vi.unstubAllGlobals())

const codes = (query: string) =>
  useQuickReplies()
    .matching(query)
    .map((one) => one.code)

describe('quick replies', () => {
  it('offers those whose code begins with the word, then the most used', async () => {
    pages = [[reply(1, 'bye', 9), reply(2, 'hello', 1), reply(3, 'help', 5), reply(4, 'thanks', 30)]]
    await useQuickReplies().load()
    expect(codes('hel')).toEqual(['help', 'hello', 'thanks', 'bye'])
  })

  it('rises in the list by being used', async () => {
    pages = [[reply(1, 'a', 1), reply(2, 'b', 1)]]
    await useQuickReplies().load()
    expect(codes('')).toEqual(['a', 'b'])
    await useQuickReplies().countUse(2)
    expect(asked.at(-1)).toBe('POST /api/v1/quick-replies/2/use')
    expect(codes('')).toEqual(['b', 'a'])
  })

  it('knows all pages', async () => {
    pages = [[reply(1, 'a', 2)], [reply(2, 'b', 1)]]
    await useQuickReplies().load()
    expect(codes('')).toEqual(['a', 'b'])
  })
})
