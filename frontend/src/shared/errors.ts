/** What to tell a person about an error. */
import { ApiError } from './api'
import { hasTranslation, translate } from './i18n'

/** The server's own sentence where it sent one, otherwise ours for that kind of error. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return translate('error.internal')
  if (error.message) return error.message
  const key = `error.${error.error}`
  return translate(hasTranslation(key) ? key : 'error.internal')
}
