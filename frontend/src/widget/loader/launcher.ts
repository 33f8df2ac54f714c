/** The button in the corner and the box of the frame, out of reach of the page's styles. */
import { readableOn, type Look } from '../protocol'
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
  private unread = 0
  private isOpen = false

  constructor(
    look: Look,
    private readonly language: Language,
  ) {
    const host = document.createElement('div')
    host.dataset.smartsupport = look.code
    host.style.setProperty('--color', look.color)
    host.style.setProperty('--on-color', readableOn(look.color))
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
    this.button.append(picture, this.badge)
    this.box.id = 'box'
    this.box.className = `box ${look.side}`
    this.show(false)
    this.root.append(this.box, this.button)
    document.body.append(host)
  }

  /** Whether the button or the frame has it. */
  get hasFocus(): boolean {
    return this.root.activeElement !== null
  }

  show(isOpen: boolean): void {
    this.isOpen = isOpen
    this.box.hidden = !isOpen
    this.button.classList.toggle('open', isOpen)
    this.button.setAttribute('aria-expanded', String(isOpen))
    this.shape.setAttribute('d', isOpen ? SHAPES.down : SHAPES.chat)
    this.label()
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
    this.button.setAttribute('aria-label', (this.isOpen ? words.close : words.open) + (waiting ? words.unread(waiting) : ''))
  }
}
