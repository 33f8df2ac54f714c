/** What the server objects to, by the name of the field; cleared by the next try. */
import { ref } from 'vue'

import { ApiError } from '@shared/api'

export function useFieldErrors() {
  const errors = ref<Record<string, string>>({})

  /** The same act; a refusal goes on to the dialog, its reasons stay here. */
  async function guarded<T>(act: () => Promise<T>): Promise<T> {
    errors.value = {}
    try {
      return await act()
    } catch (error) {
      if (error instanceof ApiError) errors.value = error.fields
      throw error
    }
  }

  return { errors, guarded }
}
