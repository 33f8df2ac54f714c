/** A QR code that somebody scanned: where it leads, and that it was opened once in this tab. */
import { api } from '@shared/api'
import type { Presence } from '@shared/types'

export interface Entry {
  kind: 'agent' | 'team' | 'channel'
  hint: string | null
  agent: { name: string; avatarUrl: string | null; presence: Presence; introduction: string | null } | null
  team: { name: string; description: string | null } | null
}

/** A reload is no second scan. */
export async function openEntry(code: string): Promise<Entry> {
  const key = `ss.portal.entry:${code}`
  const path = `/entry/${encodeURIComponent(code)}`
  if (sessionStorage.getItem(key)) return api.get<Entry>(path)
  const entry = await api.post<Entry>(`${path}/visits`)
  sessionStorage.setItem(key, '1')
  return entry
}
