/** The words of a notification: ours for its kind, with the values it carries. */
import { hasTranslation, translate } from '@shared/i18n'
import type { Notice } from '@shared/types'

export type Told = Pick<Notice, 'kind' | 'params'>

export function noticeTitle(notice: Told): string {
  const key = `desk.notice.${notice.kind.replace('.', '_')}`
  return translate(hasTranslation(key) ? key : 'desk.notice.other')
}

export function noticeBody(notice: Told): string {
  const { no, title: subject, status, by, note, review, reason, goal } = notice.params ?? {}
  const state = review ? `desk.quick.verdict.${review}` : `ticketStatus.${status}`
  return [by, no, subject, (status || review) && hasTranslation(state) ? translate(state) : '', goal ? translate(`desk.sla.${goal === 'resolution' ? 'resolution' : 'firstResponse'}`) : '', note, reason].filter(Boolean).join(' · ')
}
