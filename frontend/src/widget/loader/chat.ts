/** One chat on one page: opens and closes, loads the frame when it is needed, and talks with it and with nobody else. */
import { APP, type Identity, type Invitation, type Look, type ToFrame, type ToPage } from '../protocol'
import { Invitations } from './invitations'
import { Launcher } from './launcher'
import { warn } from './look'
import { Memory } from './memory'
import { FULL_SCREEN } from './style'
import { darkWish, themeOf } from './theme'
import { languageOf, WORDS, type Language } from './words'

/** `token` may be a function: it is called when the token is needed, for one is good for an hour and once. */
export interface IdentityGiven {
  token?: string | (() => string | Promise<string>)
  name?: string
}

export interface ChatEvents {
  ready: undefined
  open: undefined
  close: undefined
  unread: number
  identified: { ok: boolean; reason: string }
}

export type Listener<K extends keyof ChatEvents> = (value: ChatEvents[K]) => void

export class Chat {
  private readonly language: Language
  private readonly launcher: Launcher
  private readonly memory: Memory
  private readonly invitations: Invitations
  private readonly listeners = new Map<string, Set<(value: never) => void>>()
  private frame: HTMLIFrameElement | null = null
  private isReady = false
  private isOpen = false
  private identity: IdentityGiven | null = null
  /** Said before the frame could hear it. */
  private readonly waiting: ToFrame[] = []
  private pageOverflow = ''

  constructor(
    private readonly base: string,
    private readonly look: Look,
    locale: string,
    private theme: string | undefined,
  ) {
    this.language = languageOf(locale, look.locale)
    this.launcher = new Launcher(look, this.language)
    this.memory = new Memory(look.code)
    this.launcher.button.addEventListener('click', () => (this.isOpen ? this.close() : this.open()))
    window.addEventListener('message', (event) => this.heard(event))
    // The focus goes into the frame: whoever writes now does so on the page that is shown at this moment.
    window.addEventListener('blur', () => this.tellPage())
    this.dress()
    darkWish.addEventListener('change', () => this.dress())
    this.invitations = new Invitations(look.invitations ?? [], this.memory, (one) => this.invite(one))
    matchMedia(FULL_SCREEN).addEventListener('change', () => this.tellState())
    if (this.memory.isOpen) this.open(false)
    else if (this.memory.isKnown) this.load()
  }

  open(focus = true): void {
    if (this.isOpen) return
    this.isOpen = this.memory.isOpen = true
    this.invitations.stop()
    this.load()
    this.launcher.show(true)
    this.tellState()
    if (focus) this.frame?.focus()
    this.emit('open', undefined)
  }

  close(): void {
    if (!this.isOpen) return
    const { hasFocus } = this.launcher
    this.isOpen = this.memory.isOpen = false
    this.launcher.show(false)
    this.tellState()
    if (hasFocus) this.launcher.button.focus()
    this.emit('close', undefined)
  }

  identify(identity: IdentityGiven): void {
    this.identity = identity
    void this.tellIdentity()
  }

  /** The site's user has signed out there: this browser forgets who talked here. */
  reset(): void {
    this.identity = null
    this.close()
    // Without the frame nothing is kept of this visit, but perhaps of an earlier one.
    if (this.memory.isKnown) this.load()
    this.post({ type: 'reset' })
  }

  /** "light", "dark", or as it is by itself. */
  setTheme(theme?: string): void {
    this.theme = theme
    this.dress()
  }

  on<K extends keyof ChatEvents>(event: K, listener: Listener<K>): void {
    const known = this.listeners.get(event) ?? new Set()
    this.listeners.set(event, known.add(listener))
  }

  off<K extends keyof ChatEvents>(event: K, listener: Listener<K>): void {
    this.listeners.get(event)?.delete(listener)
  }

  private dress(): void {
    const theme = themeOf(this.theme)
    this.launcher.dress(theme)
    this.post({ type: 'theme', theme })
  }

  private invite({ id, text }: Invitation): void {
    const words = text[this.language]
    this.count(id, 'shown')
    this.launcher.invite(words, () => {
      this.count(id, 'accepted')
      this.post({ type: 'invited', invitation: { id, text: words } })
      this.open()
    })
  }

  /** A figure for the site's own people: nobody waits for it, and nothing says who it was. */
  private count(id: number, what: 'shown' | 'accepted'): void {
    const address = `${this.base}/widget/${this.look.code}/invitations/${id}/${what}`
    fetch(address, { method: 'POST', mode: 'no-cors', credentials: 'omit', referrerPolicy: 'no-referrer', keepalive: true }).catch(() => undefined)
  }

  private load(): void {
    if (this.frame) return
    const frame = document.createElement('iframe')
    frame.title = `${WORDS[this.language].title} · ${this.look.name}`
    frame.allow = 'microphone; camera; clipboard-write'
    const { frame: where = `${this.base}/widget/${this.look.code}?` } = this.look
    frame.src = `${where}lang=${this.language}&theme=${themeOf(this.theme)}#${encodeURIComponent(location.origin)}`
    this.frame = frame
    this.launcher.box.append(frame)
  }

  private heard(event: MessageEvent): void {
    if (!this.frame || event.source !== this.frame.contentWindow || event.origin !== this.base) return
    const said = event.data as (ToPage & { app?: string }) | null
    if (said?.app !== APP) return
    if (said.type === 'ready') this.ready()
    else if (said.type === 'close') this.close()
    else if (said.type === 'known') this.memory.isKnown = said.known
    else if (said.type === 'unread') {
      this.launcher.count(said.count)
      this.emit('unread', said.count)
    } else if (said.type === 'identified') {
      if (!said.ok) warn(`the identity was refused: ${said.reason}`)
      this.emit('identified', { ok: said.ok, reason: said.reason })
    }
  }

  private ready(): void {
    this.isReady = true
    for (const message of this.waiting.splice(0)) this.post(message)
    this.tellPage()
    void this.tellIdentity()
    this.tellState()
    this.emit('ready', undefined)
  }

  private tellState(): void {
    const fullScreen = matchMedia(FULL_SCREEN).matches
    this.holdPage(this.isOpen && fullScreen)
    if (this.isReady) this.post(this.isOpen ? { type: 'shown', fullScreen } : { type: 'hidden' })
  }

  /** Under a window that covers everything the page stands still. */
  private holdPage(held: boolean): void {
    const { style } = document.documentElement
    if (held === (style.overflow === 'hidden')) return
    if (held) this.pageOverflow = style.overflow
    style.overflow = held ? 'hidden' : this.pageOverflow
  }

  private tellPage(): void {
    if (this.isReady) this.post({ type: 'page', page: { url: location.href, title: document.title } })
  }

  private async tellIdentity(): Promise<void> {
    const given = this.identity
    if (!given || !this.isReady) return
    const { token, name } = given
    const identity: Identity = { name, token: typeof token === 'function' ? await token() : token }
    // Another one may have been named, or none, while the site thought about it.
    if (given === this.identity) this.post({ type: 'identify', identity })
  }

  private post(message: ToFrame): void {
    if (this.isReady) this.frame?.contentWindow?.postMessage({ app: APP, ...message }, this.base)
    else this.waiting.push(message)
  }

  private emit<K extends keyof ChatEvents>(event: K, value: ChatEvents[K]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) (listener as Listener<K>)(value)
  }
}
