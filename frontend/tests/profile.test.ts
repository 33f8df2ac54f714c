import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import deskEn from '../src/desk/locales/en'
import deskZh from '../src/desk/locales/zh'
import { askPermission, permission } from '../src/desk/parts/browser-notice'
import { noticeBody, noticeTitle } from '../src/desk/parts/notice-text'
import { MAX_ZOOM, placed, pulled, squareOf, wholeOf, zoomed } from '../src/desk/profile/crop'
import { useAlerts } from '../src/desk/stores/alerts'
import { useNotices } from '../src/desk/stores/notices'
import { usePreferences } from '../src/desk/stores/preferences'
import { api, ApiError } from '../src/shared/api'
import { faceOf } from '../src/shared/faces'
import { applyLocale, createAppI18n } from '../src/shared/i18n'
import { live } from '../src/shared/live'
import { makeMessage } from './factories'

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
  createAppI18n({ zh: deskZh, en: deskEn })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('the square of a picture', () => {
  const wide = wholeOf(400, 200)

  it('begins as the middle, as large as the picture allows', () => {
    expect(squareOf(wide)).toEqual({ left: 100, top: 0, size: 200 })
    expect(squareOf(wholeOf(30, 90))).toEqual({ left: 0, top: 30, size: 30 })
  })

  it('follows the hand that pulls the picture, in the scale of the window', () => {
    expect(squareOf(pulled(wide, 50, 0, 100))).toEqual({ left: 0, top: 0, size: 200 })
    expect(squareOf(pulled(wide, -10, 0, 100))).toEqual({ left: 120, top: 0, size: 200 })
  })

  it('never leaves the picture', () => {
    expect(squareOf(pulled(wide, 9999, 9999, 100))).toEqual({ left: 0, top: 0, size: 200 })
    expect(squareOf(pulled(wide, -9999, -9999, 100))).toEqual({ left: 200, top: 0, size: 200 })
    const corner = pulled(zoomed(wide, 2), -9999, -9999, 100)
    expect(squareOf(corner)).toEqual({ left: 300, top: 100, size: 100 })
    expect(squareOf(zoomed(corner, 1))).toEqual({ left: 200, top: 0, size: 200 })
  })

  it('is neither larger than the picture nor a few points of it', () => {
    expect(zoomed(wide, 0.2).zoom).toBe(1)
    expect(zoomed(wide, 99).zoom).toBe(MAX_ZOOM)
  })

  it('fills the window', () => {
    expect(placed(zoomed(wide, 2), 100)).toEqual({ width: '400px', height: '200px', left: '-150px', top: '-50px' })
  })
})

describe('the face of somebody who is writing', () => {
  const sender = { kind: 'agent' as const, id: 30, name: '王敏', avatarUrl: '/api/v1/avatars/30/b' }
  const messages = [makeMessage({ messageId: 1, sender: { ...sender, avatarUrl: '/api/v1/avatars/30/a' } }), makeMessage({ messageId: 2, sender }), makeMessage({ messageId: 3 })]

  it('is that of the last message of the same person', () => {
    expect(faceOf({ kind: 'agent', id: 30 }, messages)).toBe('/api/v1/avatars/30/b')
  })

  it('is none for whoever has none, or only the same number on the other side', () => {
    expect(faceOf({ kind: 'customer', id: 7 }, messages)).toBeNull()
    expect(faceOf({ kind: 'customer', id: 30 }, messages)).toBeNull()
  })
})

describe('preferences', () => {
  it('come from the account, and stay as they were when saving fails', async () => {
    const stored = { notices: { 'ticket.moved': false }, sound: false, browser: true }
    vi.spyOn(api, 'get').mockResolvedValue(stored)
    vi.spyOn(api, 'put').mockRejectedValue(new ApiError(503, 'unavailable', ''))
    const preferences = usePreferences()
    await preferences.load()
    await expect(preferences.save({ sound: true })).rejects.toThrow(ApiError)
    expect(preferences.loaded).toBe(true)
    expect(preferences.mine).toEqual(stored)
  })

  it('that cannot be fetched say so, and what everybody gets holds', async () => {
    vi.spyOn(api, 'get').mockRejectedValue(new ApiError(503, 'unavailable', ''))
    const preferences = usePreferences()
    await preferences.load()
    expect(preferences.error?.status).toBe(503)
    expect(preferences.mine).toEqual({ notices: {}, sound: true, browser: false, mail: true, tickets: { columns: [], density: 'comfortable', view: '' } })
  })
})

describe('drawing attention', () => {
  const ABOUT = { title: '李女士', text: '发来新消息', link: '/desk/c/17' }
  const shown: { title: string; tag: string; onclick?: () => void; close: () => void }[] = []

  function browserWith(answer: NotificationPermission, refuses = false): void {
    class Fake {
      static permission = answer
      static requestPermission = vi.fn(async () => answer)
      onclick?: () => void
      close = vi.fn()
      tag: string
      constructor(
        readonly title: string,
        { tag }: { tag: string },
      ) {
        if (refuses) throw new TypeError('Illegal constructor')
        this.tag = tag
        shown.push(this)
      }
    }
    vi.stubGlobal('Notification', Fake)
  }

  function looking(visible: boolean): void {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(visible ? 'visible' : 'hidden')
  }

  beforeEach(() => {
    shown.length = 0
    usePreferences().mine.browser = true
  })

  it('shows a notice and counts in the title while one looks elsewhere, and nothing to who looks', async () => {
    browserWith('granted')
    await askPermission()
    const alerts = useAlerts()
    looking(true)
    alerts.call(ABOUT)
    expect([shown.length, alerts.missed]).toEqual([0, 0])
    looking(false)
    alerts.call(ABOUT)
    expect([shown.length, alerts.missed]).toEqual([1, 1])
    expect(shown[0]).toMatchObject({ title: '李女士', tag: '/desk/c/17' })
    shown[0]!.onclick!()
    expect(alerts.wanted).toBe('/desk/c/17')
  })

  it('leaves the browser alone when the person does not want its notices', async () => {
    browserWith('granted')
    await askPermission()
    usePreferences().mine.browser = false
    looking(false)
    useAlerts().call(ABOUT)
    expect(shown).toEqual([])
  })

  it.each([
    ['refused by the person', () => browserWith('denied'), 'denied'],
    ['without any such thing', () => vi.stubGlobal('Notification', undefined), 'unsupported'],
  ])('does no harm in a browser %s', async (_what, prepare, expected) => {
    prepare()
    expect(await askPermission()).toBe(expected)
    looking(false)
    useAlerts().call(ABOUT)
    expect(shown).toEqual([])
  })

  it('learns that a phone has the permission, but not the notices', async () => {
    browserWith('granted', true)
    await askPermission()
    looking(false)
    useAlerts().call(ABOUT)
    expect(permission.value).toBe('unsupported')
  })

  it('tells of a notification that has just come in, once', () => {
    const listens = vi.spyOn(live, 'on')
    const notices = useNotices()
    const push = listens.mock.calls.find(([event]) => event === 'notification')![1] as (notice: object) => void
    looking(false)
    const notice = { id: 5, kind: 'ticket.assigned', params: { no: 'TK1', title: '打印机' }, link: '/desk/tickets/9' }
    push(notice)
    push(notice)
    expect([notices.list.length, useAlerts().missed]).toEqual([1, 1])
  })
})

describe('the words of a notification', () => {
  afterEach(() => applyLocale('zh'))

  it('say what became of a ticket, in the language of the reader', () => {
    const moved = { kind: 'ticket.moved', params: { no: 'TK1', title: '打印机', status: 'closed' } }
    expect([noticeTitle(moved), noticeBody(moved)]).toEqual(['您的工单状态有变化', 'TK1 · 打印机 · 已关闭'])
    applyLocale('en')
    expect(noticeBody(moved)).toBe('TK1 · 打印机 · Closed')
  })

  it.each(['conversation.assigned', 'ticket.assigned', 'ticket.created', 'ticket.message', 'ticket.moved'])('exist for %s in both languages', (kind) => {
    const other = noticeTitle({ kind: 'something.else', params: null })
    const words = noticeTitle({ kind, params: null })
    applyLocale('en')
    expect(words).not.toBe(other)
    expect(noticeTitle({ kind, params: null })).not.toBe(words)
  })
})
