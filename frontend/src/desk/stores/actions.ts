/** What can be done with what is open just now: for its buttons, for the keyboard and for the command bar alike. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

import type { IconName } from '@shared/icons'

import type { QuickReply } from './quick-replies'

export interface DeskAction {
  name: string
  icon: IconName
  label: string
  danger?: boolean
  run: () => void
}

/** Where a quick reply or a suggestion would be put in. */
export interface WritingPlace {
  useReply: (reply: QuickReply) => void
}

/** Name of an action → the key that does it together with Alt. */
export const ACTION_KEYS: Record<string, string> = {
  hold: 'KeyH',
  resume: 'KeyH',
  transfer: 'KeyT',
  ticket: 'KeyK',
  'open-ticket': 'KeyK',
  close: 'KeyE',
}

export function isPlainAlt(event: KeyboardEvent): boolean {
  return event.altKey && !event.shiftKey && !event.ctrlKey && !event.metaKey
}

export const useActions = defineStore('actions', () => {
  const list = shallowRef<readonly DeskAction[]>([])
  const place = shallowRef<WritingPlace | null>(null)

  function onShortcut(event: KeyboardEvent): boolean {
    const action = isPlainAlt(event) && list.value.find((one) => ACTION_KEYS[one.name] === event.code)
    if (!action) return false
    event.preventDefault()
    action.run()
    return true
  }

  return { list, place, onShortcut }
})
