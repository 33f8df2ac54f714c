/** Invitations: after some seconds on a page a sentence beside the button, not too often in one browser. */
import type { Invitation } from '../protocol'
import type { Memory } from './memory'

const SECOND = 1000
const HOUR = 3_600_000

/** Whether a path is meant by "/prices" or "/help/*". */
export function fits(page: string, path: string): boolean {
  const parts = page.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}/?$`).test(path)
}

export class Invitations {
  private path = ''
  private seconds = 0
  private timer = 0

  constructor(
    private readonly known: Invitation[],
    private readonly memory: Memory,
    private readonly show: (invitation: Invitation) => void,
  ) {
    if (known.length) this.timer = window.setInterval(() => this.tick(), SECOND)
  }

  /** Whoever has opened the window needs none. */
  stop(): void {
    clearInterval(this.timer)
  }

  private tick(): void {
    if (document.visibilityState !== 'visible') return
    // A page may change without being loaded anew.
    if (this.path !== location.pathname) [this.path, this.seconds] = [location.pathname, 0]
    const found = this.known.find((one) => fits(one.page, this.path) && this.seconds >= one.after && this.isDue(one))
    this.seconds += 1
    if (!found) return
    this.stop()
    this.memory.noteInvitation(found.id)
    this.show(found)
  }

  private isDue({ id, every }: Invitation): boolean {
    const last = this.memory.invitedAt(id)
    return last === 0 || (every > 0 && Date.now() - last >= every * HOUR)
  }
}
