/** Lists of words that administrators keep (kinds of tickets, tags): asked for once, shown in the reader's language. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api } from '@shared/api'
import { session } from '@shared/session'

interface Item {
  code: string
  label: string
  labelEn: string | null
}

export function dictionaryStore(dictionary: string) {
  return defineStore(`dictionary-${dictionary}`, () => {
    const items = ref<Item[]>([])
    let request: Promise<Item[]> | null = null

    /** Asked once; again only when it failed. */
    async function load(): Promise<void> {
      request ??= api.get<Item[]>(`/dictionaries/${dictionary}/items`)
      try {
        items.value = await request
      } catch (error) {
        request = null
        throw error
      }
    }

    /** By code, or by the word itself where that is what is stored; words that nobody keeps stay as they are. */
    function nameOf(stored: string): string {
      const item = items.value.find((one) => one.code === stored || one.label === stored)
      if (!item) return stored
      return session.locale === 'en' ? item.labelEn || item.label : item.label
    }

    return { items, load, nameOf }
  })
}

export const useTicketTypes = dictionaryStore('ticket_type')
export const useProducts = dictionaryStore('product')
export const useCustomerTags = dictionaryStore('tag')
export const useRatingTags = dictionaryStore('rating_tag')
export const useProblemTypes = dictionaryStore('problem_type')
