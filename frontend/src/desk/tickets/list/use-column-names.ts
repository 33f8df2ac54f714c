/** What the columns of the list are called. */
import { useI18n } from 'vue-i18n'

import { isOwn, type OwnName, ownName, titleOf } from '@shared/custom-fields'

import { useCustomFields } from '../../stores/custom-fields'
import type { Column } from './columns'

/** Those that have their word where the ticket itself shows it. */
const KEYS: Record<Exclude<Column, OwnName>, string> = {
  no: 'desk.ticket.no',
  title: 'desk.ticket.title',
  status: 'desk.ticket.status',
  priority: 'desk.ticket.priority',
  dueTime: 'desk.tickets.columns.dueTime',
  type: 'desk.ticket.type',
  tags: 'desk.tags.tag',
  product: 'desk.tickets.columns.product',
  customer: 'desk.ticket.customer',
  assignee: 'desk.ticket.assignee',
  department: 'desk.tickets.columns.department',
  source: 'desk.ticket.source',
  contactName: 'desk.tickets.columns.contactName',
  createTime: 'desk.ticket.createdAt',
  updateTime: 'desk.ticket.updated',
  firstReplyTime: 'desk.tickets.columns.firstReplyTime',
  resolveTime: 'desk.tickets.columns.resolveTime',
  closeTime: 'desk.tickets.columns.closeTime',
}

export function useColumnNames(): (column: Column) => string {
  const { t } = useI18n()
  const { fields } = useCustomFields('ticket')
  return (column) => {
    if (!isOwn(column)) return t(KEYS[column])
    const field = fields.value.find((one) => ownName(one) === column)
    return field ? titleOf(field) : column
  }
}
