/** The departments of the company, by name: asked for once. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api } from '@shared/api'
import type { Page } from '@shared/types'

interface Department {
  id: number
  name: string
}

export const useDepartments = defineStore('departments', () => {
  const list = ref<Department[]>([])
  let request: Promise<Page<Department>> | null = null

  /** Again only when it failed. */
  async function load(): Promise<void> {
    request ??= api.get<Page<Department>>('/departments', { size: 100, sort: 'sort' })
    try {
      list.value = (await request).list
    } catch (error) {
      request = null
      throw error
    }
  }

  const nameOf = (id: number | null) => list.value.find((one) => one.id === id)?.name ?? ''

  return { list, load, nameOf }
})
