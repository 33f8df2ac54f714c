/** Where to go after signing in: only a path of this site, never another host. */
export function safeNext(next: string | null, fallback: string): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return fallback
  const url = new URL(next, window.location.origin)
  if (url.origin !== window.location.origin || url.pathname === '/login') return fallback
  return url.pathname + url.search + url.hash
}
