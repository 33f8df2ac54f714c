/**
 * A browser may refuse a page its storage because another site frames it, as Chrome does where third-party cookies are
 * blocked. Then the page's own memory stands in; what must outlive the page has a place of its own (key-store.ts).
 */
class MemoryStorage implements Storage {
  private readonly kept = new Map<string, string>()

  get length(): number {
    return this.kept.size
  }

  key(index: number): string | null {
    return [...this.kept.keys()][index] ?? null
  }

  getItem(name: string): string | null {
    return this.kept.get(name) ?? null
  }

  setItem(name: string, value: string): void {
    this.kept.set(name, String(value))
  }

  removeItem(name: string): void {
    this.kept.delete(name)
  }

  clear(): void {
    this.kept.clear()
  }
}

export function provideStorage(): void {
  for (const name of ['localStorage', 'sessionStorage'] as const) {
    try {
      window[name].getItem('')
    } catch {
      // Denied: reading the property itself throws a SecurityError.
      Object.defineProperty(window, name, { value: new MemoryStorage(), configurable: true })
    }
  }
}

/** Whether what is kept in localStorage ends with the page. */
export const forgetsWithThePage = (): boolean => window.localStorage instanceof MemoryStorage
