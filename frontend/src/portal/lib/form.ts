/** The form before a conversation, as the channel wants it: what is known of somebody already is not among the fields. */
import { ref, shallowRef } from 'vue'

import { api, ApiError } from '@shared/api'

import { cameBy } from './arrival'

export type FieldName = 'name' | 'phone' | 'email' | 'organization' | 'problemType' | 'question'
export type Answers = Partial<Record<FieldName, string>>

export interface Field {
  name: FieldName
  required: boolean
  longest: number
  /** Of a problem type: what there is to choose. */
  choices: { code: string; label: string }[] | null
}

export interface Form {
  /** Whether one of our people is there to answer. */
  isStaffed: boolean
  /** What is asked before a conversation begins. */
  first: Field[]
  /** What is asked before a person is called. */
  person: Field[]
}

export function formOfChannel(): Promise<Form> {
  return api.get<Form>('/sessions/form', { channel: cameBy().channel })
}

export function formOfConversation(id: number): Promise<Form> {
  return api.get<Form>(`/sessions/${id}/form`)
}

/** The form before a person is called in a conversation, and what is to be done once it is filled in. */
export function usePersonForm(id: () => number) {
  const form = shallowRef<Form | null>(null)
  const isAsked = ref(false)

  async function look(): Promise<Form> {
    return (form.value = await formOfConversation(id()))
  }

  /** Whether there is nothing to ask; otherwise the form is to be shown. */
  async function isDone(): Promise<boolean> {
    isAsked.value = (await look()).person.length > 0
    return !isAsked.value
  }

  /** In the background: without it the customer waits all the same. */
  function lookQuietly(): void {
    look().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })
  }

  return { form, isAsked, isDone, lookQuietly }
}
