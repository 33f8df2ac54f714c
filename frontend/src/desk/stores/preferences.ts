/** What I want to be told, and how: kept with my account, the same on every computer. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

import { api, ApiError } from '@shared/api'

export interface Preferences {
  /** Kind of notification -> wanted. */
  notices: Record<string, boolean>
  sound: boolean
  /** Notices of the browser, outside its window. */
  browser: boolean
  /** E-mail about tickets, where the company sends any. */
  mail: boolean
  /** How the list of tickets looks: no columns are the usual ones, no view is all tickets. */
  tickets: { columns: string[]; density: 'comfortable' | 'compact'; view: string }
}

export const usePreferences = defineStore('preferences', () => {
  /** As for everybody, until mine have come. */
  const mine = ref<Preferences>({ notices: {}, sound: true, browser: false, mail: true, tickets: { columns: [], density: 'comfortable', view: '' } })
  const loaded = ref(false)
  const error = shallowRef<ApiError | null>(null)

  async function load(): Promise<void> {
    error.value = null
    try {
      mine.value = await api.get<Preferences>('/user/preferences')
      loaded.value = true
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      error.value = reason
    }
  }

  /** Of `tickets` only what is given changes. */
  async function save(change: Partial<Omit<Preferences, 'tickets'>> & { tickets?: Partial<Preferences['tickets']> }): Promise<void> {
    mine.value = await api.put<Preferences>('/user/preferences', change)
  }

  return { mine, loaded, error, load, save }
})
