/** The bot's menu of the channel by which one came, asked for once per language. */
import { ref, shallowRef, watch } from 'vue'

import { api, ApiError } from '@shared/api'
import { session } from '@shared/session'
import type { MenuEntry } from '@shared/types'

import { cameBy } from './arrival'

const entries = shallowRef<MenuEntry[]>([])
const known = ref('')

/** Only an offer: without an answer from the server there is simply none. */
async function load(channel: string): Promise<void> {
  const key = `${session.locale} ${channel}`
  if (known.value === key) return
  known.value = key
  try {
    entries.value = await api.get<MenuEntry[]>('/bot/menu', { channel })
  } catch (reason) {
    if (!(reason instanceof ApiError)) throw reason
    entries.value = []
    known.value = ''
  }
}

/** `channel` is the one of the conversation that is open; before there is one, the way by which one came. */
export function useBotMenu(channel: () => string | undefined = () => cameBy().channel) {
  watch([channel, () => session.locale, () => session.actor?.customerId], ([code]) => code && void load(code), { immediate: true })
  return entries
}
