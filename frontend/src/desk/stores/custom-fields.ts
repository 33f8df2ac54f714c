/** Fields that the company defined, for forms, lists and filters; what the workflow of a ticket type asks for. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@shared/api'
import { type CustomField, type FieldSubject, titleOf, type WithCustom } from '@shared/custom-fields'
import { can } from '@shared/session'
import type { Page } from '@shared/types'

interface Workflow {
  ticketType: string
  requiredAtCreation: string[] | null
}

/** Asked for anew by every dialog that shows them: an administrator may have changed them meanwhile. */
export const useCustomFieldStore = defineStore('custom-fields', () => {
  const fields = ref<Partial<Record<FieldSubject, CustomField[]>>>({})
  const workflows = ref<Workflow[]>([])

  async function load(subject: FieldSubject): Promise<void> {
    if (!can('custom_field.read')) return
    const query = { subject, active: 'true', sort: 'sort', size: 100 }
    fields.value[subject] = (await api.get<Page<CustomField>>('/custom-fields', query)).list
  }

  async function loadWorkflows(): Promise<void> {
    workflows.value = (await api.get<Page<Workflow>>('/ticket-workflows', { active: 'true', size: 100 })).list
  }

  /** What staff say about a new ticket of this type: "product", "custom.cause" … */
  function requiredFor(ticketType: string): string[] {
    return workflows.value.find((one) => one.ticketType === ticketType)?.requiredAtCreation ?? []
  }

  return { fields, load, loadWorkflows, requiredFor }
})

/** The fields of one subject: their definitions in the order of forms, what a row has in them as people read it. */
export function useCustomFields(subject: FieldSubject) {
  const store = useCustomFieldStore()
  const fields = computed(() => store.fields[subject] ?? [])
  const loaded = computed(() => store.fields[subject] !== undefined)

  /** What a row's field says, "" for nothing. */
  function textOf(row: WithCustom, code: string): string {
    return row.customText?.[code] ?? ''
  }

  return { fields, loaded, load: () => store.load(subject), titleOf, textOf }
}
