/** The categories as a tree, in their order. */
import { computed, type Ref } from 'vue'

import { api } from '@shared/api'
import type { Page } from '@shared/types'

import type { Category } from './types'

export interface Branch extends Category {
  depth: number
  branches: Branch[]
}

/** All of them, however many pages there are. */
export async function fetchCategories(): Promise<Category[]> {
  const found: Category[] = []
  for (let page = 1; ; page += 1) {
    const answer = await api.get<Page<Category>>('/kb/categories', { page, size: 100, sort: 'sort' })
    found.push(...answer.list)
    if (page >= answer.pages) return found
  }
}

export function treeOf(categories: Category[]): Branch[] {
  const ids = new Set(categories.map((one) => one.id))
  const below = (parent: number | null, depth: number): Branch[] =>
    categories
      .filter((one) => (one.parentId !== null && ids.has(one.parentId) ? one.parentId : null) === parent)
      .sort((a, b) => a.sort - b.sort || a.id - b.id)
      .map((one) => ({ ...one, depth, branches: below(one.id, depth + 1) }))
  return below(null, 0)
}

/** Each before those below it. */
export function flat(branches: Branch[]): Branch[] {
  return branches.flatMap((one) => [one, ...flat(one.branches)])
}

export function useTree(categories: Ref<Category[]>) {
  const tree = computed(() => treeOf(categories.value))
  return { tree, lines: computed(() => flat(tree.value)) }
}
