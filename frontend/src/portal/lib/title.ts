/** What the browser tab says: a page with a name of its own (an article, a ticket) sets it. */
import { computed, onScopeDispose, ref, watchEffect } from 'vue'

import { session } from '@shared/session'

export const ownTitle = ref('')

/** Known from the shell of the page before the session has been asked for. */
const nameInShell = document.querySelector<HTMLMetaElement>('meta[name="application-name"]')?.content ?? ''

export const companyName = computed(() => session.company.name || nameInShell)

export function useTitle(title: () => string | undefined): void {
  watchEffect(() => (ownTitle.value = title() ?? ''))
  onScopeDispose(() => (ownTitle.value = ''))
}
