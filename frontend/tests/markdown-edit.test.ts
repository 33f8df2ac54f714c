/** The tools above a Markdown text: what they make of it, and how they take it back. */
import { describe, expect, it } from 'vitest'

import { flat, treeOf } from '../src/desk/knowledge/categories'
import { block, link, nextLine, prefix, table, wrap, type Edit } from '../src/desk/knowledge/markdown-edit'
import { fromField, toField } from '../src/desk/knowledge/moments'

const done = (value: string, edit: Edit) => value.slice(0, edit.from) + edit.text + value.slice(edit.to)
const chosen = (value: string, edit: Edit) => done(value, edit).slice(...edit.select)

describe('marks', () => {
  it('go round the selection and away again, from inside and from outside', () => {
    const edit = wrap('a word b', 2, 6, '**', 'x')
    expect(done('a word b', edit)).toBe('a **word** b')
    expect(chosen('a word b', edit)).toBe('word')
    expect(done('a **word** b', wrap('a **word** b', 4, 8, '**', 'x'))).toBe('a word b')
    expect(done('a **word** b', wrap('a **word** b', 2, 10, '**', 'x'))).toBe('a word b')
    expect(chosen('', wrap('', 0, 0, '**', 'bold'))).toBe('bold')
  })

  it('stand before each line, number them, replace each other, and go', () => {
    expect(done('a\nb\nc', prefix('a\nb\nc', 2, 5, '- '))).toBe('a\n- b\n- c')
    expect(done('a\nb', prefix('a\nb', 0, 3, '', true))).toBe('1. a\n2. b')
    expect(done('- a\n- b', prefix('- a\n- b', 0, 7, '', true))).toBe('1. a\n2. b')
    expect(done('- a\n- b', prefix('- a\n- b', 0, 7, '- '))).toBe('a\nb')
    expect(done('## a', prefix('## a', 4, 4, '## '))).toBe('a')
  })
})

describe('pieces', () => {
  it('have empty lines round them', () => {
    expect(done('a\nb', block('a\nb', 1, 1, '![x](y)'))).toBe('a\n\n![x](y)\n\nb')
    expect(done('', block('', 0, 0, '![x](y)'))).toBe('![x](y)\n')
    expect(done('a', table('a', 1, 1, 'A', 'B', 'c'))).toBe('a\n\n| A | B |\n| --- | --- |\n| c | c |\n| c | c |\n')
  })

  it('link what is chosen, with the address to be written, or to what was picked', () => {
    expect(chosen('see here', link('see here', 4, 8, 'words'))).toBe('https://')
    expect(done('see ', link('see ', 4, 4, 'Title', '/articles/7'))).toBe('see [Title](/articles/7)')
  })
})

describe('Enter in a list', () => {
  it('goes on, counts on, and ends in an empty entry', () => {
    expect(done('- a', nextLine('- a', 3)!)).toBe('- a\n- ')
    expect(done('  9. a', nextLine('  9. a', 6)!)).toBe('  9. a\n  10. ')
    expect(done('- a\n- ', nextLine('- a\n- ', 6)!)).toBe('- a\n')
    expect(nextLine('words', 5)).toBeNull()
  })
})

describe('moments and categories', () => {
  it('come back from a field as they went', () => {
    const iso = '2026-11-22T01:30:00.000Z'
    expect(fromField(toField(iso))).toBe(iso)
    expect([toField(null), fromField(''), fromField('no time')]).toEqual(['', null, null])
  })

  it('stand as a tree in their order, those of unseen parents at the top', () => {
    const one = (id: number, parentId: number | null, sort: number) => ({ id, parentId, sort, name: String(id), articleCount: 0, version: 1 })
    const lines = flat(treeOf([one(1, null, 2), one(2, 1, 1), one(3, 1, 0), one(4, 99, 1)]))
    expect(lines.map(({ id, depth }) => [id, depth])).toEqual([[4, 0], [1, 0], [3, 1], [2, 1]])
  })
})
