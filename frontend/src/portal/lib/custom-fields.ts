/** The fields of tickets that are meant for customers. */
import { api } from '@shared/api'
import type { CustomField } from '@shared/custom-fields'

/** Also for who has not said a word yet. */
export function loadTicketFields(signal?: AbortSignal): Promise<CustomField[]> {
  return api.get<CustomField[]>('/ticket-form', {}, { signal })
}
