import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, nextTick, type App } from 'vue'

import { readArrival, withoutArrival } from '../src/login/arrival'
import en from '../src/login/locales/en'
import zh from '../src/login/locales/zh'
import LoginPage from '../src/login/LoginPage.vue'
import { createAppI18n } from '../src/shared/i18n'
import type { Doors } from '../src/shared/types'

const CLOSED: Doors = { phoneCode: false, wechat: false, resetByPhone: false, resetByEmail: false }
const sessionOf = (doors: Partial<Doors>) => ({
  actor: null,
  csrfToken: 'token',
  locale: 'zh',
  company: { name: '云户科技', logoUrl: null },
  uploadLimitBytes: 1,
  doors: { ...CLOSED, ...doors },
})

interface Refusal {
  status: number
  data: Record<string, unknown>
  message: string
}

const calls: { path: string; body: unknown }[] = []
const answers = new Map<string, unknown>()
let app: App | null = null
let page: HTMLElement

async function open(doors: Partial<Doors>, search = ''): Promise<void> {
  window.history.replaceState(null, '', `/login${search}`)
  answers.set('GET /session', sessionOf(doors))
  page = document.body.appendChild(document.createElement('div'))
  app = createApp(LoginPage)
  app.use(createAppI18n({ zh, en })).mount(page)
  await vi.waitFor(() => expect(page.querySelector('form')).not.toBeNull())
}

const words = () => page.textContent ?? ''
const field = (name: string) => page.querySelector<HTMLInputElement>(`input[name="${name}"]`)!
const press = (text: string) => {
  const found = [...page.querySelectorAll<HTMLElement>('button, a')].find((one) => one.textContent?.trim() === text)
  expect(found, `${text} in ${words()}`).toBeDefined()
  found!.click()
}
const shows = (text: string) => vi.waitFor(() => expect(words()).toContain(text))

async function fill(name: string, text: string): Promise<void> {
  field(name).value = text
  field(name).dispatchEvent(new Event('input'))
  await nextTick()
}

beforeEach(() => {
  calls.length = 0
  answers.clear()
  answers.set('POST /auth/codes', { expiresIn: 300 })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const name = `${init.method} ${url.replace('/api/v1', '')}`
    calls.push({ path: name, body: init.body ? JSON.parse(String(init.body)) : undefined })
    const answer = answers.get(name)
    const { status, data, message } = answer instanceof Object && 'status' in answer ? (answer as Refusal) : { status: 200, data: answer, message: 'success' }
    return new Response(JSON.stringify({ code: status, message, data, timestamp: 0 }), { status })
  })
})

afterEach(() => {
  app?.unmount()
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

describe('the login page', () => {
  it('offers the password alone where nothing else is set up', async () => {
    await open({})
    expect([...page.querySelectorAll('form button, form a')].map((one) => one.textContent?.trim())).toEqual(['', '登录', '我是客户，直接去咨询'])
  })

  it.each([
    ['phoneCode', '验证码登录'],
    ['wechat', '微信登录'],
    ['resetByPhone', '忘记密码？'],
    ['resetByEmail', '忘记密码？'],
  ] as const)('offers what is set up: %s', async (door, offer) => {
    await open({ [door]: true })
    const others = ['验证码登录', '微信登录', '忘记密码？'].filter((one) => one !== offer)
    expect(words()).toContain(offer)
    for (const other of others) expect(words()).not.toContain(other)
  })

  it('asks for the second step after a code, as after a password', async () => {
    await open({ phoneCode: true })
    press('验证码登录')
    await vi.waitFor(() => expect(field('phone')).not.toBeNull())
    expect([field('phone').type, field('phone').autocomplete, field('code').autocomplete]).toEqual(['tel', 'tel', 'one-time-code'])
    press('登录')
    await shows('请填写手机号和验证码。')
    await fill('phone', '13812345678')
    press('获取验证码')
    await shows('如果 13812345678 已绑定账号，验证码会很快送达')
    await shows('秒后重发')
    await fill('code', '123 456')
    answers.set('POST /session/phone', { status: 401, data: { error: 'not_signed_in' }, message: '验证码不正确或已过期' })
    press('登录')
    await shows('验证码不正确或已过期')
    answers.set('POST /session/phone', { status: 401, data: { error: 'totp_required' }, message: '…' })
    press('登录')
    await shows('两步验证')
    expect(calls.at(-1)?.body).toEqual({ phone: '13812345678', code: '123456' })
  })

  it('replaces a forgotten password and comes back with the name filled in', async () => {
    await open({ resetByEmail: true })
    press('忘记密码？')
    await shows('找回密码')
    press('发送验证码')
    await shows('请填写邮箱。')
    await fill('target', 'li@example.org')
    press('发送验证码')
    await shows('设置新密码')
    expect(calls.at(-1)?.body).toEqual({ target: 'li@example.org', purpose: 'reset' })
    await fill('code', '123456')
    await fill('new-password', 'Brand-new-pass-1')
    await fill('repeat-password', 'Brand-new-pass-1')
    answers.set('POST /user/password/reset', { username: 'liming' })
    await vi.waitFor(() => expect(page.querySelector<HTMLButtonElement>('button[type=submit]')?.disabled).toBe(false))
    press('保存新密码')
    await shows('所有设备都已退出登录')
    expect(field('username').value).toBe('liming')
    expect(document.activeElement).toBe(field('password'))
  })

  it('says why another door did not open, once, and keeps in mind where to go', async () => {
    await open({ wechat: true }, '?failed=wechat&next=%2Fdesk%2Ftickets')
    expect(words()).toContain('微信登录没有成功')
    expect(window.location.search).toBe('?next=%2Fdesk%2Ftickets')
    expect(page.querySelector<HTMLAnchorElement>('a[href^="/auth/wechat/start"]')?.getAttribute('href')).toBe('/auth/wechat/start?next=%2Fdesk%2Ftickets')
  })

  it('goes on with the second step after another door', async () => {
    await open({ wechat: true }, '?step=totp')
    expect(words()).toContain('两步验证')
  })
})

describe('what the address says on arrival', () => {
  it('is read if it is one of ours', () => {
    expect(readArrival('?failed=unavailable')).toEqual({ failed: 'unavailable', needsSecondStep: false })
    expect(readArrival('?failed=<b>&step=x')).toEqual({ failed: null, needsSecondStep: false })
    expect(readArrival('?step=totp')).toEqual({ failed: null, needsSecondStep: true })
  })

  it('is taken out of the address, and nothing else is', () => {
    expect(withoutArrival('https://a.example/login?failed=wechat&next=%2Fdesk#x')).toBe('/login?next=%2Fdesk#x')
    expect(withoutArrival('https://a.example/login?next=%2F')).toBe('/login?next=%2F')
  })
})
