/** Words to mark in messages, given by a page that has searched for them. */
import type { InjectionKey, Ref } from 'vue'

export const MARKS: InjectionKey<Readonly<Ref<readonly string[]>>> = Symbol('marks')
