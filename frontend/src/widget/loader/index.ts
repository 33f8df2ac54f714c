/**
 * The script that other sites name in their pages: <script src="https://host/widget.js" data-channel="CODE" async>.
 * A button, and a frame once somebody wants to talk. No framework, nothing global but SmartSupport.
 */
import type { Look } from '../protocol'
import { Chat } from './chat'
import { installCommands } from './commands'
import { readLook } from './look'

async function start(script: HTMLScriptElement): Promise<void> {
  const { channel = '', locale = '', theme, look: given } = script.dataset
  const base = new URL(script.src).origin
  const look = given ? (JSON.parse(given) as Look) : await readLook(base, channel)
  if (look === null) return
  if (!document.body) await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }))
  const chat = new Chat(base, look, locale, theme)
  installCommands(chat)
}

const script = document.currentScript
// Named twice in a page, the first one counts.
if (script instanceof HTMLScriptElement && script.dataset.channel && !document.querySelector('[data-smartsupport]')) {
  const mark = document.createElement('meta')
  mark.dataset.smartsupport = script.dataset.channel
  document.head.append(mark)
  void start(script)
}
