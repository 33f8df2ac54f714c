/** How the customer sounds in the messages of the open thread. Staff's pages give it, customers' pages have none. */
import type { InjectionKey, Ref } from 'vue'

import type { Mood } from './types'

export interface HeardMood {
  messageId: number
  mood: Mood
  /** Thousandths. */
  confidence: number
}

export const MOODS: InjectionKey<Readonly<Ref<ReadonlyMap<number, HeardMood>>>> = Symbol('moods')
