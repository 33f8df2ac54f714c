/** The words of a notification: ours for its kind, with the values it carries. */
import { useI18n } from 'vue-i18n'

import type { Notice } from '@shared/types'

export function useNoticeText() {
  const { t, te } = useI18n()

  function title(notice: Notice): string {
    const key = `desk.notice.${notice.kind.replace('.', '_')}`
    return t(te(key) ? key : 'desk.notice.other')
  }

  function body(notice: Notice): string {
    const { no, title: subject } = notice.params ?? {}
    return [no, subject].filter(Boolean).join(' · ')
  }

  return { title, body }
}
