/** The only fetch of the front end: the envelope unwrapped, CSRF sent, every failure one kind of error. */
import type { FileInfo } from './types'

const BASE = '/api/v1'
const TIMEOUT_MS = 20_000

export type Query = Record<string, string | number | boolean | null | undefined>

export interface RequestOptions {
  signal?: AbortSignal
  timeoutMs?: number
  /** This request itself brings the new token: it waits for none. */
  exchangesToken?: boolean
}

interface Envelope<T> {
  code: number
  message: string
  data: T
  timestamp: number
}

interface Refusal {
  error?: string
  fields?: Record<string, string>
  [key: string]: unknown
}

/** `error` is the kind of the contract, or `network`, `timeout`, `aborted` when no answer came (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly data: Refusal = {},
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** The same request may succeed later without the user changing anything. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }

  get isAborted(): boolean {
    return this.error === 'aborted'
  }
}

export function isAborted(error: unknown): boolean {
  return error instanceof ApiError && error.isAborted
}

type Handler = (error: ApiError) => void

const state = {
  csrfToken: document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? '',
  language: 'zh',
  /** A page that another site frames: it sends its own token, and cookies never, whosever they are. */
  withoutCookies: false,
  token: '',
  onSignedOut: null as Handler | null,
  onPasswordChange: null as Handler | null,
}

export function setCsrfToken(token: string): void {
  state.csrfToken = token
}

export function setApiLanguage(locale: string): void {
  state.language = locale
}

/** For a framed page, before its first request: from now on it is whoever its token says, and nobody without one. */
export function speakWithoutCookies(): void {
  state.withoutCookies = true
}

export function setToken(token: string): void {
  state.token = token
}

let exchange: Promise<unknown> = Promise.resolve()

/** While a token is exchanged for another one, what was refused for the old one is asked again with the new one. */
export function exchangeToken<T>(entering: Promise<T>): Promise<T> {
  // Refused or not, whoever waits for it only asks which token counts afterwards.
  exchange = entering.catch(() => undefined)
  return entering
}

/** What the socket says in its handshake, where no cookie does. */
export function handshake(): { auth?: { token: string }; query?: { lang: string } } {
  return state.withoutCookies ? { auth: { token: state.token }, query: { lang: state.language } } : {}
}

/** Called when a page that needs a signed-in person gets 401: the session has ended. */
export function onSignedOut(handler: Handler): void {
  state.onSignedOut = handler
}

/** Called when the server wants a new password before anything else. */
export function onPasswordChangeRequired(handler: Handler): void {
  state.onPasswordChange = handler
}

function urlOf(path: string, query?: Query): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value))
  }
  const text = params.toString()
  return BASE + path + (text ? `?${text}` : '')
}

function headers(method: string, hasBody: boolean): Record<string, string> {
  const result: Record<string, string> = {
    Accept: 'application/json',
    'Accept-Language': state.language === 'zh' ? 'zh-CN,zh' : 'en',
  }
  if (hasBody) result['Content-Type'] = 'application/json'
  if (state.token) result.Authorization = `Bearer ${state.token}`
  else if (method !== 'GET') result['X-CSRF-Token'] = state.csrfToken
  return result
}

function refusal(status: number, body: Partial<Envelope<Refusal>> | null): ApiError {
  const data = body?.data ?? {}
  const kind = data.error ?? (status >= 500 ? 'internal' : 'invalid')
  const error = new ApiError(status, kind, body?.message ?? '', data.fields ?? {}, data)
  if (status === 401 && kind === 'not_signed_in') state.onSignedOut?.(error)
  if (kind === 'password_change_required') state.onPasswordChange?.(error)
  return error
}

function parse<T>(status: number, text: string): T {
  let body: Envelope<T> | null = null
  try {
    body = text ? (JSON.parse(text) as Envelope<T>) : null
  } catch {
    // A proxy's HTML error page: the status alone speaks.
    body = null
  }
  if (status < 200 || status >= 300 || body === null) {
    throw refusal(status >= 200 && status < 300 ? 502 : status, body as Envelope<Refusal> | null)
  }
  return body.data
}

async function request<T>(
  method: string,
  path: string,
  query?: Query,
  body?: unknown,
  options: RequestOptions = {},
): Promise<T> {
  const { token } = state
  const abort = new AbortController()
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    abort.abort()
  }, options.timeoutMs ?? TIMEOUT_MS)
  const cancel = () => abort.abort()
  if (options.signal?.aborted) cancel()
  options.signal?.addEventListener('abort', cancel)
  try {
    const answer = await fetch(urlOf(path, query), {
      method,
      headers: headers(method, body !== undefined),
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: state.withoutCookies ? 'omit' : 'same-origin',
      signal: abort.signal,
    })
    const text = await answer.text()
    if (answer.status === 401 && token && !options.exchangesToken) await exchange
    if (answer.status === 401 && token !== state.token) return await request<T>(method, path, query, body, options)
    return parse<T>(answer.status, text)
  } catch (error) {
    if (error instanceof ApiError) throw error
    if (options.signal?.aborted) throw new ApiError(0, 'aborted', '')
    throw new ApiError(0, timedOut ? 'timeout' : 'network', '')
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', cancel)
  }
}

export const api = {
  get: <T>(path: string, query?: Query, options?: RequestOptions) =>
    request<T>('GET', path, query, undefined, options),
  post: <T>(path: string, body: unknown = {}, options?: RequestOptions) =>
    request<T>('POST', path, undefined, body, options),
  put: <T>(path: string, body: unknown = {}, options?: RequestOptions) =>
    request<T>('PUT', path, undefined, body, options),
  del: <T>(path: string, body?: unknown, options?: RequestOptions) =>
    request<T>('DELETE', path, undefined, body, options),
}

/** Send one file; `onProgress` gets 0..1. */
export function upload(file: File, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<FileInfo> {
  return sendFile<FileInfo>('POST', '/files', file, onProgress, signal)
}

/** One file as the part `file` of a form. XMLHttpRequest, because fetch cannot tell how far an upload is. */
export function sendFile<T>(
  method: 'POST' | 'PUT',
  path: string,
  file: File,
  onProgress?: (share: number) => void,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    // XMLHttpRequest cannot leave cookies out; a token makes the server overlook them.
    if (state.withoutCookies && !state.token) throw new ApiError(401, 'not_signed_in', '')
    const xhr = new XMLHttpRequest()
    xhr.open(method, BASE + path)
    for (const [name, value] of Object.entries(headers(method, false))) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total)
    }
    xhr.onload = () => {
      try {
        resolve(parse<T>(xhr.status, xhr.responseText))
      } catch (error) {
        reject(error)
      }
    }
    xhr.onerror = () => reject(new ApiError(0, 'network', ''))
    xhr.onabort = () => reject(new ApiError(0, 'aborted', ''))
    signal?.addEventListener('abort', () => xhr.abort())
    const form = new FormData()
    form.append('file', file)
    xhr.send(form)
  })
}

