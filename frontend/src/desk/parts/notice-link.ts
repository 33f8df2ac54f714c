/** Where a notification leads: a page of the desk, or another one of this site. */
export interface Place {
  inside?: string
  outside?: string
}

/** `inside` is absolute within the desk, so that it means the same whichever page one is on. */
export function placeOf(link: string | null): Place {
  if (!link?.startsWith('/') || link.startsWith('//')) return {}
  const { pathname, search, hash } = new URL(link, window.location.origin)
  const rest = /^\/desk(?=\/|$)(.*)$/.exec(pathname)?.[1]
  if (rest === undefined) return { outside: pathname + search + hash }
  return { inside: (rest || '/') + search + hash }
}
