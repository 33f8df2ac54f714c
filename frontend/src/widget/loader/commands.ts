/** SmartSupport('open'), SmartSupport('identify', {…}) …: what the site's own scripts may say, also before we are there. */
import type { Chat, IdentityGiven } from './chat'
import { warn } from './look'

type Command = (...given: never[]) => void

interface Commands {
  (name: string, ...given: unknown[]): void
  /** What was said before the script had come. */
  q?: ArrayLike<unknown>[]
}

declare global {
  interface Window {
    SmartSupport?: Commands
  }
}

export function installCommands(chat: Chat): void {
  const known = new Map<string, Command>([
    ['open', () => chat.open()],
    ['close', () => chat.close()],
    ['identify', (identity: IdentityGiven) => chat.identify(identity)],
    ['reset', () => chat.reset()],
    ['theme', (theme?: string) => chat.setTheme(theme)],
    ['on', (...given: Parameters<Chat['on']>) => chat.on(...given)],
    ['off', (...given: Parameters<Chat['off']>) => chat.off(...given)],
  ])
  const earlier = window.SmartSupport?.q ?? []
  window.SmartSupport = (name, ...given) => {
    const command = known.get(name)
    if (command) command(...(given as never[]))
    else warn(`there is no command "${name}"`)
  }
  for (const call of Array.from(earlier)) window.SmartSupport(...(Array.from(call) as [string, ...unknown[]]))
}
