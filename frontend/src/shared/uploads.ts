/** Files on their way up for one composer or form: progress, cancel, retry; each becomes a message or an attachment. */
import { onScopeDispose, ref } from 'vue'

import { ApiError, isAborted, upload } from './api'
import { errorText } from './errors'
import { translate } from './i18n'
import type { Draft } from './outbox'
import { session } from './session'
import { fileSize } from './text'
import type { FileInfo } from './types'

export interface Upload {
  id: number
  file: File
  share: number
  error: string
  /** Failed in a way that a second try may mend: a file that is too large stays so. */
  canRetry: boolean
  /** A picture to look at before it is sent; empty for other files. */
  preview: string
  /** Waits for the person to send it. */
  held: boolean
}

const PICTURES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

interface Options {
  /** Keep what has arrived until `release` is called, so that it goes together with the words. */
  hold?: boolean
  /**
   * The thread the files are for, as `threadKey` names it. What was held is there again when one comes back to it, and
   * what was released goes although one has left: `send` must work without the box then.
   */
  keptFor?: string
}

interface Kept {
  file: File
  arrived?: FileInfo
}

/** What lies unsent in the boxes of threads that are not on screen. */
const laidAside = new Map<string, Kept[]>()

export function useUploads(send: (draft: Draft) => void, { hold = false, keptFor }: Options = {}) {
  const uploads = ref<Upload[]>([])
  const aborts = new Map<number, AbortController>()
  const arrived = new Map<number, FileInfo>()
  let nextId = 1

  function drop(id: number): void {
    const one = uploads.value.find((item) => item.id === id)
    if (one?.preview) URL.revokeObjectURL(one.preview)
    aborts.delete(id)
    arrived.delete(id)
    uploads.value = uploads.value.filter((item) => item.id !== id)
  }

  function pass(one: Upload, file: FileInfo): void {
    drop(one.id)
    send({ type: file.mime.startsWith('image/') ? 'image' : 'file', content: file.name, file })
  }

  /** The network is away: the message takes its file along and goes when it can. */
  function passUnsent(one: Upload): void {
    const { file } = one
    drop(one.id)
    send({ type: PICTURES.includes(file.type) ? 'image' : 'file', content: file.name, blob: file })
  }

  async function start(one: Upload): Promise<void> {
    const abort = new AbortController()
    aborts.set(one.id, abort)
    one.error = ''
    one.share = 0
    try {
      const file = await upload(one.file, (share) => (one.share = share), abort.signal)
      one.share = 1
      arrived.set(one.id, file)
      if (!one.held) pass(one, file)
    } catch (error) {
      if (isAborted(error)) drop(one.id)
      else {
        one.error = errorText(error)
        one.canRetry = error instanceof ApiError && error.isTemporary
        if (one.canRetry && hold && !one.held) passUnsent(one)
      }
    }
  }

  function show(file: File): Upload {
    const id = nextId++
    const preview = hold && file.type.startsWith('image/') ? URL.createObjectURL(file) : ''
    uploads.value.push({ id, file, share: 0, error: '', canRetry: false, preview, held: hold })
    // The reactive copy, so that progress is seen.
    return uploads.value.find((item) => item.id === id)!
  }

  function add(files: Iterable<File>): void {
    for (const file of files) {
      const one = show(file)
      if (file.size > session.uploadLimitBytes) {
        one.error = translate('composer.tooLarge', { size: fileSize(session.uploadLimitBytes) })
      } else {
        void start(one)
      }
    }
  }

  function takeUp(key: string): void {
    for (const { file, arrived: info } of laidAside.get(key) ?? []) {
      const one = show(file)
      if (!info) void start(one)
      else {
        one.share = 1
        arrived.set(one.id, info)
      }
    }
    laidAside.delete(key)
  }

  /** The box goes: what the person has sent goes on without it, what waits for him waits on. */
  function layAside(key: string): void {
    const held = uploads.value.filter((one) => one.held && (!one.error || one.canRetry))
    if (held.length > 0) laidAside.set(key, held.map((one) => ({ file: one.file, arrived: arrived.get(one.id) })))
    for (const one of uploads.value.filter((item) => !item.held && !item.error)) passUnsent(one)
  }

  /** Send what is held: at once where it has arrived, otherwise as soon as it has. */
  function release(): void {
    for (const one of [...uploads.value]) {
      if (one.canRetry && one.error) passUnsent(one)
      if (one.error) continue
      one.held = false
      const file = arrived.get(one.id)
      if (file) pass(one, file)
    }
  }

  function cancel(id: number): void {
    aborts.get(id)?.abort()
    drop(id)
  }

  function retry(id: number): void {
    const one = uploads.value.find((item) => item.id === id)
    if (one?.canRetry) void start(one)
  }

  const retryAll = () => uploads.value.forEach((one) => one.error && retry(one.id))
  window.addEventListener('online', retryAll)

  onScopeDispose(() => {
    window.removeEventListener('online', retryAll)
    const running = [...aborts.values()]
    if (keptFor) layAside(keptFor)
    running.forEach((abort) => abort.abort())
    uploads.value.forEach((one) => drop(one.id))
  })
  if (keptFor) takeUp(keptFor)

  return { uploads, add, cancel, retry, release }
}
