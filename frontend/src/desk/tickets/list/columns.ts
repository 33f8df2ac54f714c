/** Columns of the list of tickets: which there are, which are shown, by which one can sort. */
import { type CustomField, type OwnName, ownName } from '@shared/custom-fields'

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
/** Besides these one for each field that the company defined. */
export type Column = (typeof COLUMNS)[number] | OwnName

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

/** Every column, in the order of the table. */
export function allColumns(fields: readonly CustomField[]): Column[] {
  return [...COLUMNS, ...fields.map(ownName)]
}

/** When nobody has chosen: fields are there that lists are meant to show. */
export function usualColumns(fields: readonly CustomField[]): Column[] {
  return [...USUAL, ...fields.filter((one) => one.inList).map(ownName)]
}

/** In the order of the table; without the title a row would be nobody's, so it is always there. */
export function shownColumns(chosen: readonly string[], fields: readonly CustomField[]): Column[] {
  if (chosen.length === 0) return usualColumns(fields)
  return allColumns(fields).filter((one) => one === 'title' || chosen.includes(one))
}

/** A click on a head: first the greatest or newest, then the other way round. */
export function nextSort(sort: string, key: string): string {
  return sort === `-${key}` ? key : `-${key}`
}

export function directionOf(sort: string, key: string | undefined): 'ascending' | 'descending' | undefined {
  if (sort === key) return 'ascending'
  return key && sort === `-${key}` ? 'descending' : undefined
}
