/** Moments of the server (UTC) in fields of the browser (local), and back. */

/** "2026-11-22T01:30:00Z" as a field of type datetime-local has it. */
export function toField(iso: string | null): string {
  if (!iso) return ''
  const moment = new Date(iso)
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

export function fromField(text: string): string | null {
  const moment = text ? new Date(text) : null
  return moment && !Number.isNaN(moment.getTime()) ? moment.toISOString() : null
}
