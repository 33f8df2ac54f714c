/** Columns of the list of tickets: which there are, which are shown, by which one can sort. */

export const COLUMNS = [
  'no',
  'title',
  'status',
  'priority',
  'dueTime',
  'type',
  'product',
  'tags',
  'customer',
  'assignee',
  'department',
  'source',
  'contactName',
  'createTime',
  'updateTime',
  'firstReplyTime',
  'resolveTime',
  'closeTime',
] as const
export type Column = (typeof COLUMNS)[number]

export const USUAL: Column[] = ['no', 'title', 'status', 'priority', 'dueTime', 'customer', 'assignee', 'updateTime']
/** Column -> the key by which the server sorts. */
export const SORT_KEYS: Partial<Record<Column, string>> = {
  no: 'id',
  status: 'status',
  priority: 'priority',
  dueTime: 'dueTime',
  createTime: 'createTime',
  updateTime: 'updateTime',
}

/** In the order of the table; without the title a row would be nobody's, so it is always there. */
export function shownColumns(chosen: readonly string[]): Column[] {
  if (chosen.length === 0) return USUAL
  return COLUMNS.filter((one) => one === 'title' || chosen.includes(one))
}

/** A click on a head: first the greatest or newest, then the other way round. */
export function nextSort(sort: string, key: string): string {
  return sort === `-${key}` ? key : `-${key}`
}

export function directionOf(sort: string, key: string | undefined): 'ascending' | 'descending' | undefined {
  if (sort === key) return 'ascending'
  return key && sort === `-${key}` ? 'descending' : undefined
}
