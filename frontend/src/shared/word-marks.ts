/** Sensitive words in the messages of the open thread. Staff's pages give them, customers' pages have none. */
import type { InjectionKey, Ref } from 'vue'

export interface Mark {
  messageId: number
  level: 'notice' | 'warning' | 'severe'
  words: string
}

export const WORD_MARKS: InjectionKey<Readonly<Ref<ReadonlyMap<number, Mark>>>> = Symbol('word-marks')
