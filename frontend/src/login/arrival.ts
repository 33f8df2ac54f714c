/** What the address says to somebody who arrives here from another door. */
const FAILURES = ['wechat', 'unavailable', 'linked'] as const
type Failure = (typeof FAILURES)[number]

export interface Arrival {
  /** Why the other door did not open. */
  failed: Failure | null
  /** It did open, and the second step is still missing. */
  needsSecondStep: boolean
}

export function readArrival(search: string): Arrival {
  const said = new URLSearchParams(search)
  return {
    failed: FAILURES.find((one) => one === said.get('failed')) ?? null,
    needsSecondStep: said.get('step') === 'totp',
  }
}

/** The same address without what is true only once. */
export function withoutArrival(href: string): string {
  const url = new URL(href)
  url.searchParams.delete('failed')
  url.searchParams.delete('step')
  return url.pathname + url.search + url.hash
}
