/** Load one thing for a component, with its error; `load` again to retry. */
import { onMounted, ref, shallowRef, type Ref } from 'vue'

import { ApiError } from '@shared/api'

export function useLoad<T>(fetch: () => Promise<T>) {
  const data = ref(null) as Ref<T | null>
  const error = shallowRef<ApiError | null>(null)

  async function load(): Promise<void> {
    error.value = null
    try {
      data.value = await fetch()
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      error.value = reason
    }
  }

  onMounted(load)
  return { data, error, load }
}
