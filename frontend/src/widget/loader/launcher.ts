/** The button in the corner and the box of the frame, out of reach of the page's styles. */
import type { Look, Theme } from '../protocol'
import { dress } from './style'
import { WORDS, type Language } from './words'

const SVG = 'http://www.w3.org/2000/svg'
const SHAPES = {
  chat: 'M21 11.5a8.4 8.4 0 0 1-12.4 7.4L3 21l2.1-5.6A8.4 8.4 0 1 1 21 11.5Z M8.5 11.5h.01 M12.5 11.5h.01 M16.5 11.5h.01',
  down: 'm6 9.5 6 6 6-6',
}
const MOST = 99

export class Launcher {
  readonly button = document.createElement('button')
  readonly box = document.createElement('div')
  private readonly root: ShadowRoot
  private readonly shape = document.createElementNS(SVG, 'path')
  private readonly badge = document.createElement('span')
  private readonly bubble = document.createElement('div')
  private unread = 0
  private isOpen = false

  constructor(
    private readonly look: Look,
    private readonly language: Language,
  ) {
    const host = document.createElement('div')
    host.dataset.smartsupport = look.code
    const [x, y] = look.offset
    for (const [name, value] of Object.entries({ color: look.color, 'on-color': look.onColor, x: `${x}px`, y: `${y}px` })) {
      host.style.setProperty(`--${name}`, value)
    }
    this.root = host.attachShadow({ mode: 'open' })
    dress(this.root)
    this.button.type = 'button'
    this.button.className = `button ${look.side}`
    this.button.setAttribute('aria-controls', 'box')
    const picture = document.createElementNS(SVG, 'svg')
    picture.setAttribute('viewBox', '0 0 24 24')
    picture.setAttribute('aria-hidden', 'true')
    picture.append(this.shape)
    this.badge.className = 'badge'
    this.badge.setAttribute('aria-hidden', 'true')
    const words = document.createElement('span')
    words.className = 'words'
    words.textContent = look.label[language]
    this.button.append(picture, words, this.badge)
    this.bubble.className = `bubble ${look.side}`
    this.bubble.setAttribute('role', 'status')
    this.box.id = 'box'
    this.box.className = `box ${look.side}`
    this.show(false)
    this.root.append(this.box, this.bubble, this.button)
    document.body.append(host)
  }

  /** Whether the button or the frame has it. */
  get hasFocus(): boolean {
    return this.root.activeElement !== null
  }

  show(isOpen: boolean): void {
    this.isOpen = isOpen
    this.box.hidden = !isOpen
    if (isOpen) this.endInvitation()
    this.button.classList.toggle('open', isOpen)
    this.button.setAttribute('aria-expanded', String(isOpen))
    this.shape.setAttribute('d', isOpen ? SHAPES.down : SHAPES.chat)
    this.label()
  }

  dress(theme: Theme): void {
    for (const part of [this.box, this.bubble, this.button]) part.classList.toggle('dark', theme === 'dark')
  }

  /** A sentence beside the button, until it is taken up or sent away. */
  invite(text: string, accept: () => void): void {
    const [said, away] = [document.createElement('button'), document.createElement('button')]
    said.type = away.type = 'button'
    said.textContent = text
    away.textContent = '×'
    away.className = 'away'
    away.setAttribute('aria-label', WORDS[this.language].dismiss)
    said.addEventListener('click', accept)
    away.addEventListener('click', () => this.endInvitation())
    this.bubble.replaceChildren(said, away)
  }

  endInvitation(): void {
    this.bubble.replaceChildren()
  }

  count(unread: number): void {
    this.unread = unread
    this.label()
  }

  private label(): void {
    const words = WORDS[this.language]
    const waiting = this.isOpen ? 0 : this.unread
    this.badge.hidden = waiting === 0
    this.badge.textContent = waiting > MOST ? `${MOST}+` : String(waiting)
    const label = this.isOpen ? words.close : this.look.label[this.language] || words.open
    this.button.setAttribute('aria-label', label + (waiting ? words.unread(waiting) : ''))
  }
}
