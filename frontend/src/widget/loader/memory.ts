/** What the page remembers from one address to the next: whether the window is open, whether somebody has talked. */

/** A site may forbid its scripts to keep anything; then nothing is remembered, and all else works. */
function quietly<T>(work: () => T, otherwise: T): T {
  try {
    return work()
  } catch {
    return otherwise
  }
}

export class Memory {
  constructor(private readonly channel: string) {}

  /** In this tab. */
  get isOpen(): boolean {
    return quietly(() => sessionStorage.getItem(this.key('open')) === '1', false)
  }

  set isOpen(value: boolean) {
    quietly(() => sessionStorage.setItem(this.key('open'), value ? '1' : '0'), undefined)
  }

  /** In this browser: only then is the frame loaded before anybody asks for it, to count what is unread. */
  get isKnown(): boolean {
    return quietly(() => localStorage.getItem(this.key('known')) === '1', false)
  }

  set isKnown(value: boolean) {
    quietly(() => (value ? localStorage.setItem(this.key('known'), '1') : localStorage.removeItem(this.key('known'))), undefined)
  }

  /** When this browser has seen an invitation; 0: never. */
  invitedAt(id: number): number {
    return quietly(() => Number(localStorage.getItem(this.key(`invited.${id}`))), 0)
  }

  noteInvitation(id: number): void {
    quietly(() => localStorage.setItem(this.key(`invited.${id}`), String(Date.now())), undefined)
  }

  private key(name: string): string {
    return `smartsupport.${this.channel}.${name}`
  }
}
