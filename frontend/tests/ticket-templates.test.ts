import { describe, expect, it } from 'vitest'

import { BLANK, collides, contentsOf, exchanged, type Contents } from '../src/portal/lib/ticket-templates'

const print: Contents = { ...BLANK, title: '打印机故障', description: '型号：', type: 'fault', priority: 'urgent' }
const wish: Contents = { ...BLANK, title: '功能建议', product: 'his' }

describe('a template on the form of a new ticket', () => {
  it('fills in an empty form, and leaves with all it brought', () => {
    expect(collides(BLANK, BLANK, print)).toBe(false)
    expect(exchanged(BLANK, BLANK, print, false)).toEqual(print)
    expect(exchanged(print, print, BLANK, false)).toEqual(BLANK)
  })

  it('gives way to the next one without a question, as long as nothing was changed', () => {
    expect(collides(print, print, wish)).toBe(false)
    expect(exchanged(print, print, wish, false)).toEqual(wish)
  })

  it('takes the place of his own words only if he agrees', () => {
    const written = { ...BLANK, title: '打不开报表', product: 'lis' }
    expect(collides(written, BLANK, wish)).toBe(true)
    expect(exchanged(written, BLANK, wish, false)).toEqual({ ...wish, title: '打不开报表', product: 'lis' })
    expect(exchanged(written, BLANK, wish, true)).toEqual(wish)
  })

  it('asks nothing where it says nothing, and keeps what he has written there', () => {
    const written = { ...BLANK, description: '昨天开始', priority: 'critical' as const }
    expect(collides(written, BLANK, wish)).toBe(false)
    expect(exchanged(written, BLANK, wish, true)).toEqual({ ...wish, description: '昨天开始', priority: 'critical' })
    expect(collides({ ...print, description: '型号：HP 1020' }, print, wish)).toBe(false)
    expect(exchanged({ ...print, description: '型号：HP 1020' }, print, wish, false)).toEqual({ ...wish, description: '型号：HP 1020' })
  })

  it('names no type and no product that is not offered', () => {
    const template = { id: 1, name: '报修', ...print, product: 'gone', description: null }
    expect(contentsOf(template, ['other'], [])).toEqual({ ...print, description: '', type: '' })
    expect(contentsOf(template, ['fault'], ['gone'])).toEqual({ ...print, description: '', product: 'gone' })
    expect(contentsOf(undefined, [], [])).toEqual(BLANK)
  })
})
