/** Who is here: the browser session, its language and its theme, for every page. */
import { computed, reactive, readonly, ref } from 'vue'

import { api, setApiLanguage, setCsrfToken } from './api'
import { setFileKey } from './file-address'
import { applyLocale, callPriorities, storedLocale } from './i18n'
import { getTheme, initTheme, onThemeChange, setTheme } from './theme'
import type { Actor, Doors, Locale, SessionInfo } from './types'

interface SessionState {
  ready: boolean
  actor: Actor | null
  locale: Locale
  company: { name: string; logoUrl: string | null }
  uploadLimitBytes: number
  doors: Doors
}

const state = reactive<SessionState>({
  ready: false,
  actor: null,
  locale: storedLocale(),
  company: { name: '', logoUrl: null },
  uploadLimitBytes: 10 * 1024 * 1024,
  doors: { phoneCode: false, wechat: false, resetByPhone: false, resetByEmail: false },
})

export const session = readonly(state) as Readonly<SessionState>

let noteReady: () => void

/** Resolves when it is first known who is here; for guards that run before. */
export const sessionReady = new Promise<void>((resolve) => (noteReady = resolve))

/** Take over what any of the session calls answered. */
export function adoptSession(info: SessionInfo): void {
  setCsrfToken(info.csrfToken)
  setFileKey(info.fileKey ?? '')
  state.actor = info.actor
  state.company = info.company
  state.uploadLimitBytes = info.uploadLimitBytes
  state.doors = info.doors
  callPriorities(info.priorities ?? {})
  // A visitor's choice in this browser wins until an account brings its own language.
  const locale = info.actor?.kind === 'user' || !localStorage.getItem('ss.locale') ? info.locale : state.locale
  state.locale = locale
  setApiLanguage(locale)
  applyLocale(locale)
  state.ready = true
  noteReady()
}

export async function bootSession(): Promise<SessionInfo> {
  setApiLanguage(state.locale)
  const info = await api.get<SessionInfo>('/session')
  adoptSession(info)
  return info
}

export async function signOut(): Promise<void> {
  await api.del('/session')
  state.actor = null
}

export async function setLocale(locale: Locale): Promise<void> {
  state.locale = locale
  setApiLanguage(locale)
  applyLocale(locale)
  await api.put('/session/locale', { locale })
}

/** Whether this is the agent who sits here. */
export function isMyself(agent: { id: number } | null | undefined): boolean {
  return Boolean(agent) && agent?.id === session.actor?.agentId
}

export function can(permission: string): boolean {
  return state.actor?.permissions.includes(permission) ?? false
}

/** Whose unsent messages and drafts are kept in this browser: never another person's. */
export const identity = computed(() => {
  const actor = state.actor
  if (!actor) return ''
  return actor.kind === 'user' ? `u${actor.userId}` : `c${actor.customerId}`
})

const theme = ref(getTheme())

export function useTheme() {
  return { theme: readonly(theme), setTheme }
}

export function startTheme(): void {
  initTheme()
  onThemeChange((value) => (theme.value = value))
}
