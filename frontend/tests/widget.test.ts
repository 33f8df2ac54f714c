import { afterEach, describe, expect, it, vi } from 'vitest'

import { api, exchangeToken, setToken, speakWithoutCookies } from '../src/shared/api'
import { fileAddress, setFileKey } from '../src/shared/file-address'
import { fits, Invitations } from '../src/widget/loader/invitations'
import { Memory } from '../src/widget/loader/memory'
import { themeOf } from '../src/widget/loader/theme'
import { languageOf, WORDS } from '../src/widget/loader/words'
import { forgetsWithThePage, provideStorage } from '../src/widget/storage'

afterEach(() => {
  vi.unstubAllGlobals()
  setToken('')
  setFileKey('')
})

describe('the button', () => {
  it('speaks as the page says, else as the channel, else as the browser', () => {
    expect(languageOf('en', 'zh')).toBe('en')
    expect(languageOf('', 'zh')).toBe('zh')
    vi.stubGlobal('navigator', { language: 'zh-TW' })
    expect(languageOf('', '')).toBe('zh')
    expect(WORDS.en.unread(1)).toBe(', 1 new message')
  })
})

describe('an invitation', () => {
  afterEach(() => {
    vi.useRealTimers()
    localStorage.clear()
  })

  it.each([
    ['*', '/prices', true],
    ['/prices', '/prices', true],
    ['/prices', '/prices/', true],
    ['/prices', '/prices/old', false],
    ['/help/*', '/help/a/b', true],
    ['/help/*', '/help', false],
    ['/a.html', '/aXhtml', false],
    ['/*/checkout', '/shop/checkout', true],
  ])('for %s on %s: %s', (page, path, expected) => {
    expect(fits(page, path)).toBe(expected)
  })

  const one = { id: 1, page: '*', after: 3, every: 2, text: { zh: '您好', en: 'Hello' } }

  it('comes after its seconds, once, and again after its hours', () => {
    vi.useFakeTimers()
    const memory = new Memory('x')
    const shown = vi.fn()
    new Invitations([one], memory, shown)
    vi.advanceTimersByTime(3000)
    expect(shown).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1000)
    expect(shown).toHaveBeenCalledOnce()
    // on the next page: not too often
    new Invitations([one], memory, shown)
    vi.advanceTimersByTime(60_000)
    expect(shown).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(2 * 3_600_000)
    expect(shown).toHaveBeenCalledTimes(2)
  })

  it('of no return is seen once, and not by who has opened the window', () => {
    vi.useFakeTimers()
    const shown = vi.fn()
    new Invitations([{ ...one, every: 0, after: 0 }], new Memory('x'), shown)
    vi.advanceTimersByTime(1000)
    new Invitations([{ ...one, every: 0, after: 0 }], new Memory('x'), shown)
    vi.advanceTimersByTime(9e6)
    expect(shown).toHaveBeenCalledOnce()
    const opened = new Invitations([{ ...one, id: 2 }], new Memory('x'), shown)
    opened.stop()
    vi.advanceTimersByTime(60_000)
    expect(shown).toHaveBeenCalledOnce()
  })
})

it('is light or dark as the site says, else as its page declares itself', () => {
  expect(themeOf('dark')).toBe('dark')
  document.documentElement.style.colorScheme = 'dark'
  expect(themeOf(undefined)).toBe('dark')
  expect(themeOf('light')).toBe('light')
  document.documentElement.style.colorScheme = ''
  expect(themeOf('no such')).toBe('light')
})

describe('a framed page', () => {
  const answer = (status: number, data: unknown) =>
    new Response(JSON.stringify({ code: status, message: 'x', data, timestamp: 0 }), { status })

  it('sends its token and no cookies; what was refused during an exchange comes again with the new one', async () => {
    const sent: [string, RequestInit][] = []
    let exchanged: (value: unknown) => void = () => undefined
    vi.stubGlobal('fetch', (url: string, options: RequestInit) => {
      sent.push([url, options])
      const { Authorization } = options.headers as Record<string, string>
      return Promise.resolve(Authorization === 'Bearer new' ? answer(200, 'found') : answer(401, { error: 'not_signed_in' }))
    })
    speakWithoutCookies()
    setToken('old')
    void exchangeToken(new Promise((resolve) => (exchanged = resolve)))
    const found = api.get('/sessions')
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    setToken('new')
    exchanged(null)
    expect(await found).toBe('found')
    expect(sent.map(([, { credentials }]) => credentials)).toEqual(['omit', 'omit'])
  })

  it('is signed out when its token is refused and no other comes', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(answer(401, { error: 'not_signed_in' })))
    setToken('old')
    await expect(api.get('/sessions')).rejects.toMatchObject({ status: 401 })
  })

  it('names its key in the addresses of our files, and of nobody else\'s', () => {
    expect(fileAddress('/api/v1/files/1/content')).toBe('/api/v1/files/1/content')
    setFileKey('a+b')
    expect(fileAddress('/api/v1/files/1/content')).toBe('/api/v1/files/1/content?key=a%2Bb')
    expect(fileAddress('/api/v1/files/1/content?download=1')).toContain('&key=')
    expect(fileAddress('https://elsewhere.example/x.png')).toBe('https://elsewhere.example/x.png')
    expect(fileAddress(null)).toBeNull()
  })

  it('has a memory of its own where the browser denies it storage', () => {
    const kept = Object.getOwnPropertyDescriptor(window, 'localStorage')
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('denied', 'SecurityError')
      },
    })
    provideStorage()
    expect(forgetsWithThePage()).toBe(true)
    localStorage.setItem('a', '1')
    expect([localStorage.getItem('a'), localStorage.length, localStorage.key(0)]).toEqual(['1', 1, 'a'])
    localStorage.removeItem('a')
    expect(localStorage.getItem('a')).toBeNull()
    if (kept) Object.defineProperty(window, 'localStorage', kept)
  })
})
