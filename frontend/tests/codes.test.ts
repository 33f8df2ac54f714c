import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'

import { useCode } from '../src/shared/codes'
import { createAppI18n } from '../src/shared/i18n'

const answers: { status: number; data: unknown; message?: string }[] = []
const bodies: unknown[] = []
let scope: EffectScope
let number = 0

/** A phone that no other test has asked a code for. */
const newPhone = () => `1380000${String(++number).padStart(4, '0')}`

function use(...args: Parameters<typeof useCode>): ReturnType<typeof useCode> {
  return scope.run(() => useCode(...args))!
}

beforeEach(() => {
  vi.useFakeTimers()
  createAppI18n({ zh: {}, en: {} })
  answers.length = bodies.length = 0
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    bodies.push(JSON.parse(String(init.body)))
    const { status, data, message = '' } = answers.shift() ?? { status: 200, data: { expiresIn: 300 } }
    return new Response(JSON.stringify({ code: status, message, data, timestamp: 0 }), { status })
  })
  scope = effectScope()
})

afterEach(() => {
  scope.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a verification code', () => {
  it('is asked for once a minute', async () => {
    const phone = newPhone()
    const { left, sent, send } = use('login', () => phone)
    expect([left.value, sent.value]).toEqual([0, false])
    expect(await send()).toBe(true)
    await nextTick()
    expect([left.value, sent.value]).toEqual([60, true])
    expect(await send()).toBe(false)
    vi.advanceTimersByTime(59_000)
    expect(left.value).toBe(1)
    vi.advanceTimersByTime(1_000)
    expect(left.value).toBe(0)
    expect(await send()).toBe(true)
    expect(bodies).toEqual([
      { target: phone, purpose: 'login' },
      { target: phone, purpose: 'login' },
    ])
  })

  it('may be asked for at once for another number, also when the first was mistyped', async () => {
    const [wrong, right] = [newPhone(), newPhone()]
    const phone = ref(wrong)
    const { left, sent, send } = use('login', () => phone.value)
    await send()
    phone.value = right
    await nextTick()
    expect([left.value, sent.value]).toEqual([0, false])
    expect(await send()).toBe(true)
    phone.value = ` ${wrong.slice(0, 3)} ${wrong.slice(3)} `
    await nextTick()
    expect(left.value).toBe(60)
  })

  it('waits as well where another form has just asked, but was not sent for this one', async () => {
    const phone = newPhone()
    await use('login', () => phone).send()
    const { left, sent } = use('reset', () => phone)
    expect([left.value, sent.value]).toEqual([60, false])
  })

  it('needs somewhere to go', async () => {
    const { failure, send } = use('login', () => '  ')
    expect(await send()).toBe(false)
    expect(failure.value).toBe('请先填写接收验证码的号码或地址。')
    expect(bodies).toEqual([])
  })

  it('that was refused may be asked for again, and the words go when the number changes', async () => {
    const phone = ref(newPhone())
    const { failure, left, send } = use('login', () => phone.value)
    answers.push({ status: 429, data: { error: 'too_many' }, message: '操作太频繁' })
    expect(await send()).toBe(false)
    expect([failure.value, left.value]).toEqual(['操作太频繁', 0])
    phone.value = newPhone()
    await nextTick()
    expect(failure.value).toBe('')
  })
})
