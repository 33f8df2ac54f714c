/** Messages of one sender in a row: under several of one minute the time stands once, below the last. */
import type { ShownMessage } from './thread'

interface Row {
  message: ShownMessage
  leads: boolean
}

const minuteOf = (row: Row) => Math.floor(row.message.timestamp / 60_000)

export function withRuns<R extends Row>(rows: readonly R[]): (R & { goesOn: boolean })[] {
  return rows.map((row, index) => {
    const next = rows[index + 1]
    const goesOn = next !== undefined && !next.leads && !next.message.recalled && minuteOf(next) === minuteOf(row)
    return { ...row, goesOn }
  })
}
