import { describe, expect, it } from 'vitest'

import deskEn from '../src/desk/locales/en'
import deskZh from '../src/desk/locales/zh'
import loginEn from '../src/login/locales/en'
import loginZh from '../src/login/locales/zh'
import portalEn from '../src/portal/locales/en'
import portalZh from '../src/portal/locales/zh'
import { safeNext } from '../src/login/next-url'
import en from '../src/shared/locales/en'
import zh from '../src/shared/locales/zh'
import widgetEn from '../src/widget/locales/en'
import widgetZh from '../src/widget/locales/zh'
import { linkParts, markParts } from '../src/shared/text'

type Tree = { [key: string]: string | Tree }

function keys(tree: Tree, prefix = ''): string[] {
  return Object.entries(tree)
    .flatMap(([key, value]) => (typeof value === 'string' ? [prefix + key] : keys(value, `${prefix}${key}.`)))
    .sort()
}

describe('words', () => {
  it.each([
    ['shared', zh, en],
    ['portal', portalZh, portalEn],
    ['login', loginZh, loginEn],
    ['desk', deskZh, deskEn],
    ['widget', widgetZh, widgetEn],
  ])('of %s are complete in both languages', (_area, chinese, english) => {
    expect(keys(english as Tree)).toEqual(keys(chinese as Tree))
  })
})

describe('where to go after signing in', () => {
  it.each(['/desk/tickets/9?tab=x', '/', '/admin/'])('accepts the path %s', (next) => {
    expect(safeNext(next, '/desk')).toBe(next)
  })

  it.each([
    null,
    '',
    'https://evil.example',
    '//evil.example', // another host, by the scheme of this page
    '/\\evil.example', // browsers read a backslash as a slash
    'javascript:alert(1)',
    '/login', // would lead in a circle
  ])('refuses %s', (next) => {
    expect(safeNext(next, '/desk')).toBe('/desk')
  })
})

describe('text of people', () => {
  it('finds links without the punctuation that follows them', () => {
    expect(linkParts('见 https://a.example/x?y=1，谢谢')).toEqual([
      { kind: 'text', text: '见 ' },
      { kind: 'link', text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
      { kind: 'text', text: '，谢谢' },
    ])
  })

  it('marks words of a search, also those with signs that mean something to a pattern', () => {
    expect(markParts('a.b 登录 a.b', ['a.b', '登录']).map((part) => part.kind)).toEqual(['mark', 'text', 'mark', 'text', 'mark'])
  })
})
