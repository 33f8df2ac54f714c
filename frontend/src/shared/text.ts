/** Plain text of people made readable: links found, search words marked. Never HTML. */

export interface TextPart {
  kind: 'text' | 'link' | 'mark'
  text: string
  href?: string
}

const LINK = /https?:\/\/[^\s<>"'，。；！？、）】》]+/g

export function linkParts(content: string): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const match of content.matchAll(LINK)) {
    const href = match[0].replace(/[.,;:!?)\]]+$/, '')
    if (match.index > from) parts.push({ kind: 'text', text: content.slice(from, match.index) })
    parts.push({ kind: 'link', text: href, href })
    from = match.index + href.length
  }
  if (from < content.length) parts.push({ kind: 'text', text: content.slice(from) })
  return parts
}

/** Split `content` so that each of `words` can be shown in <mark>. */
export function markParts(content: string, words: readonly string[] | undefined): TextPart[] {
  const wanted = (words ?? []).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  if (wanted.length === 0) return [{ kind: 'text', text: content }]
  const pattern = new RegExp(`(${wanted.sort((a, b) => b.length - a.length).join('|')})`, 'gi')
  return content
    .split(pattern)
    .map((text, index): TextPart => ({ kind: index % 2 ? 'mark' : 'text', text }))
    .filter((part) => part.text !== '')
}

export function fileSize(bytes: number | undefined): string {
  if (!bytes) return ''
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(0)} KB`
  return `${Number((bytes / 1024 / 1024).toFixed(1))} MB`
}
