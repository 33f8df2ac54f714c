/** What the browser tab says: a page with a name of its own (an article, a ticket) sets it. */
import { onScopeDispose, ref, watchEffect } from 'vue'

export const ownTitle = ref('')

export function useTitle(title: () => string | undefined): void {
  watchEffect(() => (ownTitle.value = title() ?? ''))
  onScopeDispose(() => (ownTitle.value = ''))
}
