/** The conversations one works on side by side, as tabs; kept over reloads of this browser tab. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

import { ApiError } from '@shared/api'
import { identity } from '@shared/session'

import { useConversations } from './conversations'

/** As many as there are digits to reach them by. */
const MOST = 9

function keptIds(key: string): number[] {
  const text = sessionStorage.getItem(key) ?? ''
  return text.split(',').map(Number).filter(Boolean)
}

export const useOpenTabs = defineStore('open-tabs', () => {
  const conversations = useConversations()
  const key = `ss.tabs:${identity.value}`
  const ids = ref<number[]>(keptIds(key))
  /** Most recently looked at last: the first of them makes room. */
  const used: number[] = [...ids.value]
  const tabs = computed(() => ids.value.map((id) => conversations.byId.get(id)).filter((one) => one !== undefined))

  watch(ids, (now) => sessionStorage.setItem(key, now.join(',')), { deep: true })

  function forget(id: number): void {
    ids.value = ids.value.filter((one) => one !== id)
    if (used.includes(id)) used.splice(used.indexOf(id), 1)
  }

  function open(id: number): void {
    if (used.includes(id)) used.splice(used.indexOf(id), 1)
    used.push(id)
    if (ids.value.includes(id)) return
    while (ids.value.length >= MOST) forget(used[0]!)
    ids.value = [...ids.value, id]
  }

  /** Take it off; returns the neighbour to look at instead, if there is one. */
  function close(id: number): number | null {
    const at = ids.value.indexOf(id)
    forget(id)
    return ids.value[Math.min(at, ids.value.length - 1)] ?? null
  }

  /** After a reload: what is not in any list is asked for; what one may not see any more is no tab. */
  async function restore(): Promise<void> {
    const unknown = ids.value.filter((id) => !conversations.byId.has(id) && id !== conversations.openId)
    if (unknown.length === 0) return
    try {
      const found = await conversations.fetchThese(unknown)
      for (const id of unknown) if (!found.includes(id)) forget(id)
    } catch (reason) {
      // Tabs without a name are not shown; the next reload asks again.
      if (!(reason instanceof ApiError)) throw reason
    }
  }

  return { ids, tabs, open, close, restore }
})
