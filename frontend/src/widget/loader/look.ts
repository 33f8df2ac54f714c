/** How the channel looks, asked of the server, which answers the channel's sites alone. */
import type { Look } from '../protocol'

/** The look; null, with a word in the console for whoever sets the site up, where there is nothing to show. */
export async function readLook(base: string, channel: string): Promise<Look | null> {
  const address = `${base}/api/v1/widget/${encodeURIComponent(channel)}`
  try {
    const answer = await fetch(address, { credentials: 'omit', referrerPolicy: 'no-referrer' })
    const { data, message } = (await answer.json()) as { data: Look; message: string }
    if (answer.ok) return data
    warn(message)
  } catch {
    // A browser does not tell a refusal from a lost network.
    warn(`the chat "${channel}" cannot be reached, or ${location.origin} is not among its sites`)
  }
  return null
}

export function warn(text: string): void {
  console.warn(`SmartSupport: ${text}`)
}
