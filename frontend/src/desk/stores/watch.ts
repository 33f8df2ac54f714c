/** How many alerts of sensitive words nobody has looked into yet, for those who look after them. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import { can } from '@shared/session'
import type { Page } from '@shared/types'

export const useWatch = defineStore('watch', () => {
  const open = ref(0)
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    if (!can('sensitive_alert.read')) return
    try {
      open.value = (await api.get<Page<unknown>>('/sensitive-alerts', { state: 'open', size: 1 })).total
    } catch (reason) {
      // The number comes with the next alert, or when the page is loaded anew.
      if (!(reason instanceof ApiError)) throw reason
    }
  }

  function loadSoon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), 300 + Math.random() * 400)
  }

  live.on('sensitive_alert', loadSoon)
  live.on('resumed', loadSoon)

  return { open, load }
})
