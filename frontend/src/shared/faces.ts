/** The picture of somebody who is writing: events name the person, messages bring the face. */
import type { Message, Sender } from './types'

export function faceOf(who: Pick<Sender, 'kind' | 'id'>, messages: readonly Pick<Message, 'sender'>[]): string | null {
  const last = [...messages].reverse().find(({ sender }) => sender.kind === who.kind && sender.id === who.id)
  return last?.sender.avatarUrl ?? null
}
