/** Files on their way up for one composer: progress, cancel, retry; each becomes a message when it has arrived. */
import { onScopeDispose, ref } from 'vue'

import { isAborted, upload } from './api'
import { errorText } from './errors'
import { translate } from './i18n'
import type { Draft } from './outbox'
import { session } from './session'
import { fileSize } from './text'

export interface Upload {
  id: number
  file: File
  share: number
  error: string
}

export function useUploads(send: (draft: Draft) => void) {
  const uploads = ref<Upload[]>([])
  const aborts = new Map<number, AbortController>()
  let nextId = 1

  function drop(id: number): void {
    aborts.delete(id)
    uploads.value = uploads.value.filter((one) => one.id !== id)
  }

  async function start(one: Upload): Promise<void> {
    const abort = new AbortController()
    aborts.set(one.id, abort)
    one.error = ''
    one.share = 0
    try {
      const file = await upload(one.file, (share) => (one.share = share), abort.signal)
      const type = file.mime.startsWith('image/') ? 'image' : 'file'
      drop(one.id)
      send({ type, content: file.name, file })
    } catch (error) {
      if (isAborted(error)) drop(one.id)
      else one.error = errorText(error)
    }
  }

  function add(files: Iterable<File>): void {
    for (const file of files) {
      const id = nextId++
      uploads.value.push({ id, file, share: 0, error: '' })
      // The reactive copy, so that progress is seen.
      const one = uploads.value.find((item) => item.id === id)!
      if (file.size > session.uploadLimitBytes) {
        one.error = translate('composer.tooLarge', { size: fileSize(session.uploadLimitBytes) })
      } else {
        void start(one)
      }
    }
  }

  function cancel(id: number): void {
    const abort = aborts.get(id)
    if (abort) abort.abort()
    drop(id)
  }

  function retry(id: number): void {
    const one = uploads.value.find((item) => item.id === id)
    if (one && one.file.size <= session.uploadLimitBytes) void start(one)
  }

  onScopeDispose(() => aborts.forEach((abort) => abort.abort()))

  return { uploads, add, cancel, retry }
}
