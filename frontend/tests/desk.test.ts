import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import deskEn from '../src/desk/locales/en'
import deskZh from '../src/desk/locales/zh'
import { placeOf } from '../src/desk/parts/notice-link'
import { ratingOf, saidLine } from '../src/desk/parts/said'
import { fromQuery, toQuery } from '../src/desk/parts/use-address'
import { waitingAfter, waitingSince, waitTone } from '../src/desk/parts/waiting'
import { compareAgents, isServing, type Agent } from '../src/desk/stores/agents'
import { useConversations } from '../src/desk/stores/conversations'
import { api } from '../src/shared/api'
import { applyLocale, createAppI18n } from '../src/shared/i18n'
import { live } from '../src/shared/live'
import { customerName } from '../src/shared/names'
import { lastOf } from '../src/shared/preview'
import type { Message, SenderKind } from '../src/shared/types'
import { makeConversation, makeMessage } from './factories'

const AT = '2026-11-21T03:10:00Z'
const EARLIER = '2026-11-21T03:05:00Z'

function from(kind: SenderKind, what: Partial<Message> = {}): Message {
  const sender = { kind, id: kind === 'system' || kind === 'bot' ? null : 7, name: kind, avatarUrl: null }
  return makeMessage({ messageId: 9, createTime: AT, sender, ...what })
}

/** A new store, and what gives it a live message. */
function listening() {
  const listens = vi.spyOn(live, 'on')
  const store = useConversations()
  const push = listens.mock.calls.filter(([event]) => event === 'message').at(-1)![1] as (message: Message) => void
  return { store, push }
}

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
  createAppI18n({ zh: deskZh, en: deskEn })
})

describe('how long a customer waits', () => {
  it.each([
    ['the first word starts the clock', { waitingSince: null }, from('customer'), AT],
    ['an impatient second word does not start it anew', { waitingSince: EARLIER }, from('customer'), EARLIER],
    ['nor does it run while the bot talks', { waitingSince: null, status: 'bot' as const }, from('customer'), null],
    ['an answer stops it', { waitingSince: EARLIER }, from('agent'), null],
    ['a note among colleagues is no answer', { waitingSince: EARLIER }, from('agent', { type: 'note' }), EARLIER],
    ['nor is what the system says', { waitingSince: EARLIER }, from('system', { type: 'system' }), EARLIER],
  ])('%s', (_what, conversation, message, since) => {
    expect(waitingAfter(makeConversation(conversation), message)).toBe(since)
  })

  it('counts in the queue from its beginning, and not after the end', () => {
    const queued = makeConversation({ status: 'queued', queueTime: EARLIER, waitingSince: AT })
    expect(waitingSince(queued)).toBe(EARLIER)
    expect(waitingSince(makeConversation({ status: 'on_hold', waitingSince: AT }))).toBe(AT)
    expect(waitingSince(makeConversation({ status: 'closed', waitingSince: AT }))).toBeNull()
  })

  it('is red after five minutes', () => {
    const minutes = (n: number) => waitTone(AT, Date.parse(AT) + n * 60_000)
    expect([minutes(1), minutes(3), minutes(6)]).toEqual(['calm', 'warm', 'hot'])
  })

  it('is kept up to date by live messages', () => {
    const { store, push } = listening()
    store.byId.set(17, makeConversation({ lastSeq: 8 }))
    push(from('customer', { seq: 9, content: '在吗' }))
    expect(store.byId.get(17)).toMatchObject({ waitingSince: AT, lastSaid: { preview: '在吗' } })
    push(from('system', { messageId: 10, seq: 10, type: 'system', content: '客服为您服务' }))
    expect(store.byId.get(17)).toMatchObject({ waitingSince: AT, lastSaid: { preview: '在吗' }, lastMessage: { type: 'system' } })
    push(from('agent', { messageId: 11, seq: 11, content: '在的' }))
    expect(store.byId.get(17)).toMatchObject({ waitingSince: null, lastSaid: { preview: '在的' } })
  })
})

describe('a message that comes while a list is on its way', () => {
  it('is not taken back by the list, which was asked for before it', async () => {
    const { store, push } = listening()
    const old = makeConversation({ lastSeq: 8, changeSeq: 8, mood: 'angry' })
    store.byId.set(17, makeConversation({ lastSeq: 8, changeSeq: 8 }))
    const answer = vi.spyOn(api, 'get').mockResolvedValue({ list: [old], total: 1, page: 1, size: 50, pages: 1 })
    const loaded = store.load('mine')
    push(from('customer', { seq: 9, content: '在吗' }))
    await loaded
    expect(answer).toHaveBeenCalled()
    expect(store.byId.get(17)).toMatchObject({ lastSeq: 9, unread: 1, lastSaid: { preview: '在吗' }, waitingSince: AT, mood: 'angry' })
    // the next list knows it, and what was read meanwhile
    answer.mockResolvedValue({ list: [{ ...old, lastSeq: 9, changeSeq: 9, unread: 0 }], total: 1, page: 1, size: 50, pages: 1 })
    await store.load('mine')
    expect(store.byId.get(17)).toMatchObject({ lastSeq: 9, unread: 0 })
  })
})

describe('the line of a conversation in a list', () => {
  it('says what people said last, not what the system or a colleague noted', () => {
    const lastSaid = lastOf(from('customer', { content: '报表打不开' }))
    const lastMessage = lastOf(from('system', { type: 'system', content: '客服 王敏 为您服务' }))
    expect(saidLine(makeConversation({ lastSaid, lastMessage }))).toBe('报表打不开')
  })

  it('says what it is about where nobody has said anything yet', () => {
    expect(saidLine(makeConversation({ subject: '登录问题' }))).toBe('登录问题')
  })

  it('shows who had the last word', () => {
    expect(saidLine(makeConversation({ lastSaid: lastOf(from('agent', { content: '好的' })) }))).toBe('回复：好的')
  })

  it('shows stars and words of the customer once there are some', () => {
    const payload = { event: 'rated', params: { score: 2, comment: '回答太慢' } }
    const rated = lastOf(from('system', { type: 'system', payload }))
    expect(ratingOf(makeConversation({ lastMessage: rated }))).toEqual({ score: 2, comment: '回答太慢' })
    expect(ratingOf(makeConversation({ lastMessage: lastOf(from('customer')) }))).toBeNull()
  })
})

describe('names of customers', () => {
  afterEach(() => applyLocale('zh'))

  it.each(['#0007', '访客 0007', 'Visitor 0007'])('says the number of a visitor without a name (%s) in the language of the reader', (name) => {
    expect(customerName({ name })).toBe('访客 0007')
    applyLocale('en')
    expect(customerName({ name })).toBe('Visitor 0007')
  })

  it.each(['李女士', '#12', 'Visitor 12 Ltd'])('leaves the name %s as it is', (name) => {
    expect(customerName({ name })).toBe(name)
  })

  it('calls a deleted customer that, whatever the server says', () => {
    expect(customerName({ id: null, name: 'Deleted customer' })).toBe('已删除的客户')
  })

  it('has no word for nobody', () => expect(customerName(null)).toBe(''))
})

describe('where a notification leads', () => {
  it.each([
    ['/desk/c/5', { inside: '/c/5' }],
    ['/desk/tickets/9?tab=x', { inside: '/tickets/9?tab=x' }],
    ['/desk?session=5', { inside: '/?session=5' }], // absolute: from any page it means the same
    ['/desk', { inside: '/' }],
    ['/desktop', { outside: '/desktop' }],
    ['/admin/', { outside: '/admin/' }],
    ['//evil.example', {}],
    ['https://evil.example', {}],
    [null, {}],
  ])('%s', (link, place) => {
    expect(placeOf(link)).toEqual(place)
  })
})

describe('choices in the address', () => {
  const usual = { status: 'open', q: '' }

  it('are read from it', () => {
    expect(fromQuery({ status: 'closed', other: 'x' }, usual)).toEqual({ status: 'closed', q: '' })
    expect(fromQuery({ status: ['a', 'b'] }, usual)).toEqual(usual)
  })

  it('are written there unless they are as usual, and leave the rest alone', () => {
    expect(toQuery({ tab: 'pool', q: 'old' }, { status: 'closed', q: '' }, usual)).toEqual({ tab: 'pool', status: 'closed' })
  })
})

describe('agents to choose from', () => {
  const agent = (name: string, what: Partial<Agent>): Agent => ({
    id: 1,
    userId: 1,
    name,
    avatarUrl: null,
    presence: 'online',
    teamIds: [],
    teamNames: [],
    currentCount: 0,
    maxCount: 5,
    skills: [],
    roles: ['agent'],
    ...what,
  })

  it('are those who are there first, then those who serve, then those with least to do', () => {
    const list = [
      agent('absent', { presence: 'offline' }),
      agent('administrator', { roles: ['super_admin'] }),
      agent('full', { currentCount: 4 }),
      agent('free', {}),
      agent('both', { roles: ['admin', 'agent'], currentCount: 1 }),
      agent('busy', { presence: 'busy' }),
    ]
    expect(list.sort(compareAgents).map((one) => one.name)).toEqual(['free', 'both', 'full', 'administrator', 'busy', 'absent'])
    expect(isServing(agent('made on screen', { roles: [] }))).toBe(true)
  })
})
