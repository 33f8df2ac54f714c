/** What staff see beside messages: sensitive words in them, and that the customer's own app did not take them. */
import { provide } from 'vue'

import type { ThreadRef } from '@shared/types'
import { UNDELIVERED } from '@shared/undelivered'
import { WORD_MARKS } from '@shared/word-marks'

import { useBeside } from './use-beside'

export function useMarks(thread: ThreadRef): void {
  provide(WORD_MARKS, useBeside(thread, 'marks', 'message_marked'))
  if ('sessionId' in thread) provide(UNDELIVERED, useBeside(thread, 'undelivered', 'message_undelivered'))
}
