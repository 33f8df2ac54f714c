/** Conversations that others ask me to take: shown wherever I am, until I answer or somebody else has. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api, ApiError } from '@shared/api'
import { translate } from '@shared/i18n'
import { live } from '@shared/live'
import { customerName } from '@shared/names'
import { session } from '@shared/session'
import type { Page, Transfer } from '@shared/types'

import { useAlerts } from './alerts'
import { useConversations } from './conversations'

export const useTransfers = defineStore('transfers', () => {
  const offers = ref<Transfer[]>([])
  /** Offers of a team that I have passed on to the others. */
  const passed = ref<number[]>([])
  const alerts = useAlerts()
  const conversations = useConversations()

  const shown = computed(() => offers.value.filter((one) => !passed.value.includes(one.id)))
  const isToMe = (one: Transfer) => one.fromAgent.id !== session.actor?.agentId && one.state === 'pending'

  async function load(): Promise<void> {
    if (!session.actor?.agentId) return
    const page = await api.get<Page<Transfer>>('/transfers', { offeredTo: 'me', size: 20 })
    offers.value = page.list
  }

  /** In the background: an offer that is missed here comes with the next event. */
  function refresh(): void {
    load().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })
  }

  function forget(id: number): void {
    offers.value = offers.value.filter((one) => one.id !== id)
  }

  async function accept(offer: Transfer): Promise<void> {
    try {
      await conversations.act(offer.sessionId, 'accept')
    } finally {
      forget(offer.id)
      refresh()
    }
  }

  async function decline(offer: Transfer, reason: string): Promise<void> {
    if (offer.toTeam) passed.value.push(offer.id)
    try {
      await api.post(`/sessions/${offer.sessionId}/decline`, reason ? { reason } : {})
    } finally {
      forget(offer.id)
    }
  }

  live.on('transfer', (offer) => {
    forget(offer.id)
    if (!isToMe(offer)) return
    offers.value.push(offer)
    alerts.tone()
    alerts.call({
      title: translate('desk.transfer.asked', { name: offer.fromAgent.name }),
      text: customerName(offer.customer),
      link: '/desk/',
    })
  })
  live.on('resumed', refresh)

  return { offers, shown, load, refresh, accept, decline, forget }
})
