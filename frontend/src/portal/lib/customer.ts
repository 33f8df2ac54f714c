/** Who is asking: an account, or a visitor who gets a session silently with the first thing they send. */
import { computed, ref, shallowRef } from 'vue'

import { api, ApiError, exchangeToken, onSignedOut, setApiLanguage } from '@shared/api'
import { live } from '@shared/live'
import { adoptSession, bootSession, identity, session, signOut } from '@shared/session'
import type { SessionInfo } from '@shared/types'

import { enterAsTold, isHandedOver } from './handed-over'
import { sayError } from './toast'

export const hasAccount = computed(() => session.actor?.kind === 'user')
export const isStaff = computed(() => session.actor?.isStaff ?? false)
/** Somebody with conversations and tickets of their own. */
export const isCustomer = computed(() => session.actor !== null && !isStaff.value)

export const bootError = shallowRef<ApiError | null>(null)
export const booting = ref(false)

function connect(): void {
  if (isCustomer.value) live.connect(identity.value)
}

/** The connection was made in the language of that moment: after a change it is made anew. */
export function renewConnection(): void {
  if (!isCustomer.value) return
  live.disconnect()
  connect()
}

export async function boot(): Promise<void> {
  booting.value = true
  bootError.value = null
  try {
    // First of all: a page that is drawn for nobody would not know the conversation that is open.
    if (!(await takeOver())) await bootSession()
    connect()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    bootError.value = error
  } finally {
    booting.value = false
  }
}

/** Be whom the address named, if it named somebody; if that no longer holds, it is said and one stays who one was. */
async function takeOver(): Promise<boolean> {
  if (!isHandedOver()) return false
  setApiLanguage(session.locale)
  try {
    adoptSession(await exchangeToken(enterAsTold()))
    return true
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    sayError(error)
    return false
  }
}

/** How a visitor gets and loses a session of his own: by a cookie on our pages, by a key in a frame. */
interface Door {
  begin: (name: string) => Promise<SessionInfo>
  /** The session has ended: what was kept of it goes. */
  forget: () => void
}

let door: Door = {
  begin: (name) => api.post<SessionInfo>('/session/visitor', name ? { name } : {}),
  forget: () => undefined,
}

export function useDoor(other: Door): void {
  door = other
}

let isReplaced = false

/** Whoever enters takes the place of who was here: that the one before is signed out by it is no news. */
export async function replace(entering: Promise<SessionInfo>): Promise<void> {
  isReplaced = true
  try {
    adopt(await exchangeToken(entering))
  } finally {
    isReplaced = false
  }
}

/** From now on this browser is somebody, or somebody else. */
function adopt(info: SessionInfo): void {
  live.disconnect()
  adoptSession(info)
  connect()
}

let starting: Promise<void> | null = null

/** Before the first message, file or ticket of somebody who has no session yet. */
export function ensureCustomer(name = ''): Promise<void> {
  if (session.actor) return Promise.resolve()
  starting ??= door
    .begin(name)
    .then(adopt)
    .finally(() => (starting = null))
  return starting
}

/** What a visitor tells us about himself; whoever works on his question sees it. Nothing is sent where nothing was said. */
export async function introduce(name: string, contact: string): Promise<void> {
  if (!name && !contact) return
  const info = await api.put<SessionInfo>('/session/visitor', { ...(name && { name }), ...(contact && { contact }) })
  adoptSession(info)
}

export async function leave(): Promise<void> {
  await signOut()
  live.disconnect()
  door.forget()
  await boot()
}

export function loginAddress(): string {
  return `/login?next=${encodeURIComponent(location.pathname + location.search)}`
}

/** The session ended elsewhere: go on as nobody, with what anybody may see. */
function ended(): void {
  if (!session.actor || booting.value || isReplaced) return
  live.disconnect()
  door.forget()
  void boot()
}

onSignedOut(ended)
live.on('signed_out', ended)
