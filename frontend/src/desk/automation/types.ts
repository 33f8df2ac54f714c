/** Automation as the server tells it: rules, macros, templates, and the vocabulary that the editors are made from. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

import { api } from '@shared/api'
import { hasTranslation, translate } from '@shared/i18n'
import type { Page, TicketPriority, TicketStatus } from '@shared/types'

export const EVENTS = ['created', 'updated', 'moved', 'assigned', 'customer_replied', 'staff_replied', 'rated', 'sla_warned', 'sla_breached', 'time'] as const
export type RuleEvent = (typeof EVENTS)[number]

export interface Condition {
  field: string
  operator: string
  value?: unknown
}

export interface Group {
  match: 'all' | 'any'
  items: (Condition | Group)[]
}

export interface Action {
  action: string
  value: unknown
}

export interface Rule {
  id: number
  name: string
  active: boolean
  sort: number
  event: RuleEvent
  conditions: Group | null
  actions: Action[]
  stopAfter: boolean
  runCount: number
  lastRunTime: string | null
  failures: number
  version: number
}

export interface Macro {
  id: number
  name: string
  description: string | null
  actions: Action[]
  ownerId: number | null
  teamId: number | null
  sort: number
  active: boolean
  scope: 'personal' | 'team' | 'global'
  teamName: string | null
  ownerName: string | null
  mayChange: boolean
  version: number
}

export interface Template {
  id: number
  name: string
  title: string
  description: string | null
  type: string
  priority: TicketPriority
  product: string
  teamId: number | null
  isPublic: boolean
  active: boolean
  sort: number
  version: number
}

export interface Change {
  action: string
  title: string
  before: string
  after: string
  reason: string | null
}

export interface Run {
  id: number
  ruleId: number
  ruleName: string | null
  ticket: { id: number; no: string; title: string }
  outcome: 'done' | 'refused' | 'broken'
  steps: Change[]
  reason: string | null
  createTime: string
}

export interface Trial {
  looked: number
  matched: number
  isCut: boolean
  list: { id: number; no: string; title: string; status: TicketStatus; createTime: string; changes: Change[] }[]
}

export interface Field {
  name: string
  title: string
  kind: string
  source: string
  operators: string[]
}

export interface Step {
  name: string
  title: string
  kind: string
  source: string
}

export interface Option {
  value: string | number
  label: string
}

interface Vocabulary {
  fields: Field[]
  actions: Step[]
  options: Record<string, Option[]>
  fixed: string[]
  free: string[]
  groups: string[]
  variables: string[]
  /** What texts of templates may contain. */
  templateVariables: string[]
}

/** Operators that need no value, and those that take several. */
export const BARE = ['empty', 'filled', 'passed']
export const MANY = ['one_of', 'none_of', 'contains', 'lacks']

export const isGroup = (item: Condition | Group): item is Group => 'items' in item

/** Operators whose value is not of the kind of what is asked: a number of days, where a date is. */
const VALUE_KINDS: Record<string, string> = { within: 'days' }
export const valueKind = (kind: string, operator: string): string => VALUE_KINDS[operator] ?? kind

const WORDS: Record<string, string> = { status: 'ticketStatus', priority: 'priority', sla: 'desk.tickets.slaStates', origin: 'desk.ticketSource' }

/** What one of our own words is called: states and priorities are named alike everywhere. */
export function wordOf(source: string, value: string): string {
  const key = `${WORDS[source] ?? `desk.automation.${source}`}.${value}`
  return hasTranslation(key) ? translate(key) : value
}

/** Every page of a short list. */
export async function loadAll<T>(path: string, sort = 'sort'): Promise<T[]> {
  const found: T[] = []
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const answer = await api.get<Page<T>>(path, { page, size: 100, sort })
    found.push(...answer.list)
    pages = answer.pages
  }
  return found
}

export const useVocabulary = defineStore('automation-vocabulary', () => {
  const words = ref<Vocabulary | null>(null)

  async function load(): Promise<void> {
    words.value = await api.get<Vocabulary>('/automation-rules/vocabulary')
  }

  const fieldOf = (name: string) => words.value?.fields.find((one) => one.name === name)
  const stepOf = (name: string) => words.value?.actions.find((one) => one.name === name)

  function optionsOf(source: string): Option[] {
    const options = words.value?.options[source] ?? []
    return words.value?.fixed.includes(source) ? options.map(({ value }) => ({ value, label: wordOf(source, String(value)) })) : options
  }

  const isFree = (source: string) => words.value?.free.includes(source) ?? false

  /** How a value of an action reads in a list of changes. */
  function shown(action: string, text: string): string {
    const source = stepOf(action)?.source ?? ''
    return text && words.value?.fixed.includes(source) ? wordOf(source, text) : text
  }

  return { words, load, fieldOf, stepOf, optionsOf, isFree, shown }
})
