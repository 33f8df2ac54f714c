/** What the command bar offers for some words: what is open, quick replies, pages, and what the server finds. */
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'

import { api, ApiError, isAborted } from '@shared/api'
import type { IconName } from '@shared/icons'
import { customerName } from '@shared/names'
import { can } from '@shared/session'
import type { Conversation, Page, Presence } from '@shared/types'

import { attempt, told, warn } from '../parts/notify'
import { soundsLike } from '../parts/pinyin'
import { useActions } from '../stores/actions'
import { useAgents } from '../stores/agents'
import { useQuickReplies } from '../stores/quick-replies'
import type { Customer, Services } from '../workbench/customer'

export type Group = 'actions' | 'quickReplies' | 'conversations' | 'customers' | 'articles' | 'pages'

export interface Command {
  key: string
  group: Group
  icon: IconName
  label: string
  detail?: string
  run: () => void
}

interface Found {
  conversations: Conversation[]
  customers: Customer[]
  articles: { articleId: number; title: string; snippet: string }[]
}

const SETTLE_MS = 220
const NOTHING: Found = { conversations: [], customers: [], articles: [] }

export function useCommands(text: Ref<string>, open: { help: () => void; article: (id: number) => void }) {
  const { t } = useI18n()
  const router = useRouter()
  const agents = useAgents()
  const actions = useActions()
  const quickReplies = useQuickReplies()
  const found = ref<Found>(NOTHING)
  const searching = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let request: AbortController | null = null

  const wanted = computed(() => text.value.trim().toLowerCase())
  const fits = (label: string, key = '') => !wanted.value || label.toLowerCase().includes(wanted.value) || key.includes(wanted.value) || soundsLike(label, wanted.value)
  const go = (path: string) => () => void router.push(path)

  function setPresence(value: Presence): void {
    const me = agents.me
    if (me) void attempt(() => agents.setPresence(me.id, value), t('desk.presence.changed', { name: t(`presence.${value}`) }))
  }

  const pages = computed<Command[]>(() => {
    const list: Omit<Command, 'group'>[] = [
      { key: 'workbench', icon: 'chats', label: t('desk.nav.workbench'), run: go('/') },
      { key: 'tickets', icon: 'ticket', label: t('desk.nav.tickets'), run: go('/tickets') },
    ]
    if (can('ticket.process')) list.push({ key: 'board', icon: 'ticket', label: t('desk.tickets.board.title'), run: go('/tickets/board') })
    if (can('conversation.monitor')) list.push({ key: 'console', icon: 'monitor', label: t('desk.nav.console'), run: go('/console') })
    if (can('conversation.search')) list.push({ key: 'history', icon: 'history', label: t('desk.nav.history'), run: go('/history') })
    if (can('article.update')) list.push({ key: 'knowledge', icon: 'book', label: t('desk.kb.nav'), run: go('/knowledge') })
    if (can('quick_reply.read')) list.push({ key: 'quick-replies', icon: 'bolt', label: t('desk.nav.quickReplies'), run: go('/quick-replies') })
    if (can('macro.read')) list.push({ key: 'automation', icon: 'sparkle', label: t(can('automation_rule.read') ? 'desk.automation.title' : 'desk.automation.macrosNav'), run: go('/automation') })
    list.push({ key: 'profile', icon: 'user', label: t('desk.nav.profile'), run: go('/profile') })
    if (can('admin.enter')) list.push({ key: 'admin', icon: 'settings', label: t('desk.nav.admin'), run: () => window.location.assign('/admin/') })
    for (const one of agents.me ? (['online', 'busy', 'offline'] as const) : []) {
      list.push({ key: one, icon: 'user', label: t('desk.command.presence', { name: t(`presence.${one}`) }), run: () => setPresence(one) })
    }
    list.push({ key: 'help', icon: 'keyboard', label: t('desk.help.title'), run: open.help })
    return list.filter((one) => fits(one.label, one.key)).map((one) => ({ ...one, group: 'pages' }))
  })

  const ofConversation = computed<Command[]>(() =>
    actions.list.filter((one) => fits(one.label, one.name)).map(({ name, icon, label, run }) => ({ key: `do-${name}`, group: 'actions', icon, label, run })),
  )

  const replies = computed<Command[]>(() => {
    const { place } = actions
    if (!place || !wanted.value) return []
    const words = wanted.value.replace(/^\//, '')
    return quickReplies.matching(words).slice(0, 5).map((one) => ({
      key: `q${one.id}`,
      group: 'quickReplies',
      icon: 'bolt',
      label: one.title,
      detail: one.content,
      run: () => place.useReply(one),
    }))
  })

  /** A customer has no page of his own here: his newest conversation shows him. */
  async function openCustomer(customer: Customer): Promise<void> {
    const { sessions } = await api.get<Services>(`/customers/${customer.id}/services`)
    const newest = sessions[0]
    if (newest) void router.push(`/c/${newest.id}`)
    else told(t('desk.command.noConversation', { name: customerName(customer) }))
  }

  const fromServer = computed<Command[]>(() => [
    ...found.value.conversations.map((one): Command => ({
      key: `c${one.id}`,
      group: 'conversations',
      icon: 'chat',
      label: customerName(one.customer),
      detail: `${one.no} · ${t(`conversationStatus.${one.status}`)}${one.subject ? ` · ${one.subject}` : ''}`,
      run: go(`/c/${one.id}`),
    })),
    ...found.value.customers.map((one): Command => ({
      key: `p${one.id}`,
      group: 'customers',
      icon: 'user',
      label: customerName(one),
      detail: [one.organizationName, one.phone].filter(Boolean).join(' · '),
      run: () => void attempt(() => openCustomer(one)),
    })),
    ...found.value.articles.map((one): Command => ({
      key: `a${one.articleId}`,
      group: 'articles',
      icon: 'book',
      label: one.title,
      detail: one.snippet,
      run: () => open.article(one.articleId),
    })),
  ])

  const commands = computed<Command[]>(() => [...ofConversation.value, ...replies.value, ...fromServer.value, ...pages.value])

  async function search(q: string): Promise<void> {
    request?.abort()
    const mine = new AbortController()
    request = mine
    searching.value = true
    const { signal } = mine
    try {
      const [conversations, customers, articles] = await Promise.all([
        can('conversation.read') ? api.get<Page<Conversation>>('/sessions', { q, size: 6 }, { signal }) : null,
        can('customer.read') ? api.get<Page<Customer>>('/customers', { q, size: 4 }, { signal }) : null,
        can('article.read') ? api.get<{ list: Found['articles'] }>('/kb/articles/search', { q, size: 4 }, { signal }) : null,
      ])
      found.value = { conversations: conversations?.list ?? [], customers: customers?.list ?? [], articles: articles?.list ?? [] }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (!isAborted(error)) warn(error)
    } finally {
      if (request === mine) searching.value = false
    }
  }

  watch(text, (value) => {
    clearTimeout(timer)
    const q = value.trim()
    if (q.length === 0) found.value = NOTHING
    else timer = setTimeout(() => void search(q), SETTLE_MS)
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    request?.abort()
  })
  void attempt(() => quickReplies.load())

  return { commands, searching }
}
