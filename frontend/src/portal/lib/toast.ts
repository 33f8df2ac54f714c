/** One short sentence below the head, clear of the keyboard, for what has no place of its own on the page. */
import { ref } from 'vue'

import { errorText } from '@shared/errors'

const GOOD_MS = 2500
const BAD_MS = 5000

export const toast = ref<{ text: string; bad: boolean } | null>(null)
let timer: ReturnType<typeof setTimeout> | undefined

export function say(text: string, bad = false): void {
  clearTimeout(timer)
  toast.value = { text, bad }
  timer = setTimeout(() => (toast.value = null), bad ? BAD_MS : GOOD_MS)
}

export function sayError(error: unknown): void {
  say(errorText(error), true)
}
