/** What this browser thought of answers, by the number of the question. */
export const REASONS = ['wrong', 'incomplete', 'outdated', 'unclear', 'other'] as const
export type Reason = (typeof REASONS)[number]

export interface Verdict {
  helpful: boolean
  reason: Reason | null
}

const KEY = 'ss.portal.verdicts'
/** Older ones scroll out of sight before they are forgotten. */
const MOST = 200

function all(): [number, Verdict][] {
  return JSON.parse(localStorage.getItem(KEY) ?? '[]') as [number, Verdict][]
}

export function verdictOn(questionId: number): Verdict | null {
  return all().find(([id]) => id === questionId)?.[1] ?? null
}

export function keepVerdict(questionId: number, verdict: Verdict): void {
  const others = all().filter(([id]) => id !== questionId)
  localStorage.setItem(KEY, JSON.stringify([...others, [questionId, verdict]].slice(-MOST)))
}
