/** Short words after an action, and the questions before one that cannot be undone. */
import 'element-plus/es/components/message/style/css'
import 'element-plus/es/components/message-box/style/css'

import { ElMessage } from 'element-plus/es/components/message/index'
import { ElMessageBox } from 'element-plus/es/components/message-box/index'

import { ApiError } from '@shared/api'
import { errorText } from '@shared/errors'
import { translate } from '@shared/i18n'

/** Below the head, where on a phone nearly as wide a line would hide who it is about. */
const BELOW_HEAD = 68

function show(type: 'success' | 'error', message: string, duration: number): void {
  const offset = window.matchMedia('(max-width: 760px)').matches ? BELOW_HEAD : undefined
  ElMessage({ type, message, duration, offset, grouping: true })
}

export function told(message: string): void {
  show('success', message, 2200)
}

export function warn(error: unknown): void {
  if (error instanceof ApiError && error.isAborted) return
  show('error', errorText(error), 4500)
}

/** Run an action of the person: failures become words, success is told. Returns whether it worked. */
export async function attempt(action: () => Promise<unknown>, success = ''): Promise<boolean> {
  try {
    await action()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    warn(error)
    return false
  }
  if (success) told(success)
  return true
}

export async function confirmed(title: string, text: string, button: string): Promise<boolean> {
  try {
    await ElMessageBox.confirm(text, title, {
      confirmButtonText: button,
      cancelButtonText: translate('action.cancel'),
      autofocus: true,
    })
    return true
  } catch {
    // The box rejects with 'cancel' or 'close'.
    return false
  }
}
