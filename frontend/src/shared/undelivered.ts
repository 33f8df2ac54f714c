/** Messages that did not reach the customer where he reads them (WeChat). Staff's pages give them, customers' have none. */
import type { InjectionKey, Ref } from 'vue'

export interface Undelivered {
  messageId: number
  reason: 'window' | 'limit' | 'unfollowed' | 'content' | 'setup' | 'refused'
  /** The other system's number for it. */
  code: number
}

export const UNDELIVERED: InjectionKey<Readonly<Ref<ReadonlyMap<number, Undelivered>>>> = Symbol('undelivered')
