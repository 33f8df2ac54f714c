/** A typed event emitter in a few lines. */
export class Emitter<Events extends object> {
  private readonly handlers = new Map<keyof Events, Set<(payload: never) => void>>()

  /** Returns the function that takes the handler off again. */
  on<K extends keyof Events>(event: K, handler: (payload: Events[K]) => void): () => void {
    const set = this.handlers.get(event) ?? new Set()
    set.add(handler as (payload: never) => void)
    this.handlers.set(event, set)
    return () => set.delete(handler as (payload: never) => void)
  }

  emit<K extends keyof Events>(event: K, payload: Events[K]): void {
    for (const handler of [...(this.handlers.get(event) ?? [])]) {
      ;(handler as (payload: Events[K]) => void)(payload)
    }
  }
}
