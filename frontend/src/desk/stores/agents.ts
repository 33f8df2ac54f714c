/** All agents with presence and load; my own presence is one of them. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@shared/api'
import { live } from '@shared/live'
import { session } from '@shared/session'
import type { Page, Presence } from '@shared/types'

export interface Agent {
  id: number
  userId: number
  name: string
  avatarUrl: string | null
  presence: Presence
  teamIds: number[]
  teamNames: string[]
  currentCount: number
  maxCount: number
  /** What he is good at, from 1 (knows it) to 5 (teaches it). */
  skills: { name: string; level: number }[]
  /** Keys of the preset roles. */
  roles: string[]
}

const ORDER: Record<Presence, number> = { online: 0, busy: 1, offline: 2 }

/** Administrators have an agent's profile too, but customers are not their work unless they are agents as well. */
export function isServing(agent: Agent): boolean {
  return agent.roles.includes('agent') || !agent.roles.some((role) => role === 'admin' || role === 'super_admin')
}

/** Who is there first, of them who serves customers, of them who has least to do. */
export function compareAgents(a: Agent, b: Agent): number {
  return (
    ORDER[a.presence] - ORDER[b.presence] ||
    Number(isServing(b)) - Number(isServing(a)) ||
    a.currentCount - b.currentCount ||
    a.name.localeCompare(b.name)
  )
}

export const useAgents = defineStore('agents', () => {
  const list = ref<Agent[]>([])
  const loaded = ref(false)

  const me = computed(() => list.value.find((agent) => agent.id === session.actor?.agentId) ?? null)
  const sorted = computed(() => [...list.value].sort(compareAgents))
  /** [id, name] of every team that somebody is in. */
  const teams = computed(() => {
    const names = new Map(list.value.flatMap((one) => one.teamIds.map((id, at) => [id, one.teamNames[at] ?? ''] as const)))
    return [...names].sort((a, b) => a[1].localeCompare(b[1]))
  })
  const isOffline = (agentId: number | null | undefined) => list.value.some((one) => one.id === agentId && one.presence === 'offline')

  const nameOf = (userId: number | null) => list.value.find((agent) => agent.userId === userId)?.name ?? ''

  async function load(): Promise<void> {
    const found: Agent[] = []
    let pages = 1
    for (let page = 1; page <= pages; page += 1) {
      const answer = await api.get<Page<Agent>>('/agents', { page, size: 100 })
      found.push(...answer.list)
      pages = answer.pages
    }
    list.value = found
    loaded.value = true
  }

  function note(agentId: number, presence: Presence): void {
    const agent = list.value.find((one) => one.id === agentId)
    if (agent) agent.presence = presence
  }

  async function setPresence(agentId: number, presence: Presence): Promise<void> {
    const who = agentId === session.actor?.agentId ? 'me' : agentId
    await api.put(`/agents/${who}/presence`, { presence })
    note(agentId, presence)
  }

  live.on('status_update', ({ presence }) => {
    if (presence) note(presence.agentId, presence.presence)
  })

  return { list, loaded, me, sorted, teams, isOffline, nameOf, load, setPresence }
})
