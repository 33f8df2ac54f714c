/** My notifications: the newest of them, and how many are unread. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import { api, ApiError } from '@shared/api'
import { live } from '@shared/live'
import type { Notice, Page } from '@shared/types'

import { noticeBody, noticeTitle } from '../parts/notice-text'
import { useAlerts } from './alerts'

export const useNotices = defineStore('notices', () => {
  const alerts = useAlerts()
  const list = ref<Notice[]>([])
  const loading = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const unread = computed(() => list.value.filter((one) => !one.readTime).length)
  const unreadOfTickets = computed(() => list.value.filter((one) => !one.readTime && one.kind.startsWith('ticket.')).length)

  let loads = 0

  async function load(): Promise<void> {
    const number = ++loads
    const before = new Set(list.value.map((one) => one.id))
    loading.value = list.value.length === 0
    error.value = null
    try {
      const answer = await api.get<Notice[] | Page<Notice>>('/notifications', { size: 50 })
      if (number !== loads) return // a later look knows more
      const rows = Array.isArray(answer) ? answer : answer.list
      // what was told while the answer was on its way is not in it
      const told = list.value.filter((one) => !before.has(one.id) && rows.every((row) => row.id !== one.id))
      list.value = [...told, ...rows]
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      error.value = reason
    } finally {
      loading.value = false
    }
  }

  async function markRead(ids: number[] | 'all'): Promise<void> {
    await api.post('/notifications/read', ids === 'all' ? { all: true } : { ids })
    const time = new Date().toISOString()
    for (const one of list.value) if (ids === 'all' || ids.includes(one.id)) one.readTime ??= time
  }

  /** Whoever looks at the thing itself has seen what was told about it. */
  async function markSeen(link: string): Promise<void> {
    const ids = list.value.filter((one) => !one.readTime && one.link === link).map((one) => one.id)
    if (ids.length > 0) await markRead(ids)
  }

  live.on('notification', (notice) => {
    if (list.value.some((one) => one.id === notice.id)) return
    const fresh = { ...notice, readTime: null, createTime: notice.createTime ?? new Date().toISOString() }
    list.value = [fresh, ...list.value].slice(0, 100)
    alerts.call({ title: noticeTitle(fresh), text: noticeBody(fresh), link: fresh.link ?? '' })
  })
  live.on('resumed', () => void load())

  return { list, loading, error, unread, unreadOfTickets, load, markRead, markSeen }
})
