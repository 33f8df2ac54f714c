/** What the values of filters are called: the options of fields, and the words on chips. */
import { computed, onMounted, reactive, ref } from 'vue'
import { useI18n } from 'vue-i18n'

import { api } from '@shared/api'
import { isOwn } from '@shared/custom-fields'
import { customerName } from '@shared/names'
import { can, session } from '@shared/session'
import { useTime } from '@shared/time'

import { attempt } from '../../parts/notify'
import { useAgents } from '../../stores/agents'
import { useDepartments } from '../../stores/departments'
import { useProducts, useTicketTypes } from '../../stores/dictionary'
import { dayOf, filtersOf, PERIODS, PRIORITIES, several, SLA_STATES, SOURCES, STATUSES, type FilterName, type Filters } from './filters'
import { useOwnFilters } from './use-own-filters'

interface Option {
  value: string
  label: string
}

/** `isGone`: it asks for a field that nobody has any more. */
interface Chip {
  name: FilterName
  label: string
  text: string
  isGone?: boolean
}

/** Known from searching, or asked for when only the number stands in the address. */
const customers = reactive<Record<string, string>>({})

export function noteCustomer(id: number, name: string): void {
  customers[id] = name
}

export function useLabels() {
  const { t } = useI18n()
  const { date } = useTime()
  const types = useTicketTypes()
  const products = useProducts()
  const agents = useAgents()
  const departments = useDepartments()
  const own = useOwnFilters()
  const tags = ref<string[]>([])
  const none = computed<Option>(() => ({ value: 'none', label: t('desk.tickets.filters.none') }))

  const options = computed(() => ({
    status: STATUSES.map((value): Option => ({ value, label: t(`ticketStatus.${value}`) })),
    priority: PRIORITIES.map((value): Option => ({ value, label: t(`priority.${value}`) })),
    source: SOURCES.map((value): Option => ({ value, label: t(`desk.ticketSource.${value}`) })),
    slaState: SLA_STATES.map((value): Option => ({ value, label: t(`desk.tickets.slaStates.${value}`) })),
    tag: tags.value.map((value): Option => ({ value, label: value })),
    type: [...types.items.map((one): Option => ({ value: one.code, label: types.nameOf(one.code) })), none.value],
    product: [...products.items.map((one): Option => ({ value: one.code, label: products.nameOf(one.code) })), none.value],
    departmentId: [...departments.list.map((one): Option => ({ value: String(one.id), label: one.name })), none.value],
    teamId: [...agents.teams.map(([id, label]): Option => ({ value: String(id), label })), none.value],
    assigneeId: [
      ...(session.actor?.agentId ? [{ value: 'me', label: t('desk.ticket.mine') }] : []),
      ...(can('ticket.assign') ? [{ value: 'none', label: t('desk.ticket.unassigned') }] : []),
      ...(can('ticket.assign') ? agents.sorted.map((one): Option => ({ value: String(one.id), label: one.name })) : []),
    ],
    creatorId: [{ value: 'me', label: t('desk.tickets.filters.creatorMe') }],
  }))

  function ofMoment(name: FilterName, text: string): string {
    if ((PERIODS as readonly string[]).includes(text)) return t(`desk.tickets.filters.periods.${text}`)
    const isEnd = name.endsWith('To')
    const day = dayOf(text, isEnd)
    return t(isEnd ? 'desk.tickets.filters.until' : 'desk.tickets.filters.since', { day: day ? date(`${day}T12:00:00`) : text })
  }

  function ofValue(name: FilterName, value: string): string {
    if (name === 'customerId') return customers[value] ?? `#${value}`
    const known = (options.value as Partial<Record<FilterName, Option[]>>)[name]?.find((one) => one.value === value)
    return known?.label ?? value
  }

  /** Every filter in force, with its name and its values in words. */
  function chipsOf(values: Filters): Chip[] {
    return (Object.entries(filtersOf(values)) as [FilterName, string][])
      .map(([name, text]) => {
        if (isOwn(name)) return own.chipOf(name, text)
        const label = t(`desk.tickets.filters.${name}`)
        if (name === 'unread') return { name, label, text: '' }
        if (name === 'q') return { name, label, text }
        if (name.startsWith('created') || name.startsWith('updated')) return { name, label, text: ofMoment(name, text) }
        return { name, label, text: several(text).map((one) => ofValue(name, one)).join(t('text.comma')) }
      })
  }

  async function nameCustomers(text: string): Promise<void> {
    for (const id of several(text).filter((one) => one !== 'none' && !customers[one])) {
      await attempt(async () => noteCustomer(Number(id), customerName(await api.get<{ id: number; name: string }>(`/customers/${id}`))))
    }
  }

  async function loadTags(): Promise<void> {
    tags.value = await api.get<string[]>('/tickets/tags')
  }

  onMounted(() => void attempt(() => Promise.all([types.load(), products.load(), departments.load(), loadTags()])))

  return { options, chipsOf, nameCustomers, types, products, departments }
}
