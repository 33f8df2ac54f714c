/** Filters by the fields that the company defined: what can be chosen in them, and what their chips say. */
import { reactive } from 'vue'
import { useI18n } from 'vue-i18n'

import { api } from '@shared/api'
import { codeOf, type CustomField, type OwnName, titleOf } from '@shared/custom-fields'
import { useTime } from '@shared/time'

import { attempt } from '../../parts/notify'
import { useAgents } from '../../stores/agents'
import { useCustomFields } from '../../stores/custom-fields'
import { several, type Filters } from './filters'

interface Option {
  value: string
  label: string
}

/** Stands for tickets in whose field nothing stands. */
const NONE = 'none'
/** Asked for when only the number stands in the address. */
const organizations = reactive<Record<string, string>>({})

export function useOwnFilters() {
  const { t } = useI18n()
  const { date } = useTime()
  const agents = useAgents()
  const { fields, loaded } = useCustomFields('ticket')

  /** Everything that may stand in a field, also what is not offered any more; nothing where one types. */
  function optionsOf(field: CustomField): Option[] {
    const none = { value: NONE, label: t('desk.custom.open') }
    if (field.kind === 'yes_no') return [{ value: 'true', label: t('desk.custom.yes') }, { value: 'false', label: t('desk.custom.no') }, none]
    if (field.kind === 'person') return [...agents.sorted.map((one) => ({ value: String(one.id), label: one.name })), none]
    return field.options ? [...field.options.map((one) => ({ value: one.code, label: titleOf(one) })), none] : []
  }

  function wordOf(field: CustomField, value: string): string {
    if (field.kind === 'organization' && value !== NONE) return organizations[value] ?? `#${value}`
    if (value === NONE) return t('desk.custom.open')
    return optionsOf(field).find((one) => one.value === value)?.label ?? value
  }

  function wordsOf(field: CustomField, ending: string | undefined, text: string): string {
    if (ending === 'has') return t('desk.custom.has', { text })
    if (ending && field.kind === 'number') return `${ending === 'from' ? '≥' : '≤'} ${text}`
    if (ending) return t(`desk.tickets.filters.${ending === 'from' ? 'since' : 'until'}`, { day: date(`${text}T12:00:00`) })
    return field.kind === 'text' ? wordOf(field, text) : several(text).map((one) => wordOf(field, one)).join(t('text.comma'))
  }

  /** A field that is gone since is named by its code. */
  function chipOf(name: OwnName, text: string): { name: OwnName; label: string; text: string; isGone: boolean } {
    const field = fields.value.find((one) => one.code === codeOf(name))
    if (!field) return { name, label: loaded.value ? t('desk.custom.gone', { code: codeOf(name) }) : codeOf(name), text: '', isGone: loaded.value }
    return { name, label: titleOf(field), text: wordsOf(field, name.split('.')[2], text), isGone: false }
  }

  async function nameOrganizations(values: Filters): Promise<void> {
    const asked = fields.value.filter((one) => one.kind === 'organization').flatMap((one) => several(values[`custom.${one.code}`] ?? ''))
    for (const id of asked.filter((one) => one !== NONE && !organizations[one])) {
      await attempt(async () => void (organizations[id] = (await api.get<{ name: string }>(`/organizations/${id}`)).name))
    }
  }

  return { fields, optionsOf, chipOf, nameOrganizations }
}
