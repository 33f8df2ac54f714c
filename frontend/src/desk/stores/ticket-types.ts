/** Kinds of tickets, as the administrators keep them in the dictionary. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api } from '@shared/api'
import { session } from '@shared/session'

interface Item {
  code: string
  label: string
  labelEn: string | null
}

export const useTicketTypes = defineStore('ticket-types', () => {
  const items = ref<Item[]>([])
  let request: Promise<Item[]> | null = null

  /** Asked once; again only when it failed. */
  async function load(): Promise<void> {
    request ??= api.get<Item[]>('/dictionaries/ticket_type/items')
    try {
      items.value = await request
    } catch (error) {
      request = null
      throw error
    }
  }

  function nameOf(code: string): string {
    const item = items.value.find((one) => one.code === code)
    if (!item) return code
    return session.locale === 'en' ? item.labelEn || item.label : item.label
  }

  return { items, load, nameOf }
})
