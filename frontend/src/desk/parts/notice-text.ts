/** The words of a notification: ours for its kind, with the values it carries. */
import { hasTranslation, translate } from '@shared/i18n'
import type { Notice } from '@shared/types'

export type Told = Pick<Notice, 'kind' | 'params'>

export function noticeTitle(notice: Told): string {
  const key = `desk.notice.${notice.kind.replace('.', '_')}`
  return translate(hasTranslation(key) ? key : 'desk.notice.other')
}

export function noticeBody(notice: Told): string {
  const { no, title: subject, status, by } = notice.params ?? {}
  const state = `ticketStatus.${status}`
  return [by, no, subject, status && hasTranslation(state) ? translate(state) : ''].filter(Boolean).join(' · ')
}
