/**
 * A page that the server has drawn whole stays until ours is complete, and is replaced in one go: nothing flickers, and
 * who has begun to type goes on. If ours cannot be completed, the server's stays: it can be read, and its links lead on.
 */
import { nextTick, watch, type App } from 'vue'
import type { Router } from 'vue-router'

import { sessionReady } from '@shared/session'

import { loads } from './load'

export async function takeOver(app: App, router: Router, drawn: Element): Promise<void> {
  const root = document.createElement('div')
  app.mount(root)
  await Promise.all([sessionReady, router.isReady()])
  await nextTick()
  await allLoaded()
  if (loads.failed) return app.unmount()
  await nextTick()
  const typed = drawn.querySelector<HTMLInputElement>('input[name=q]')
  const words = typed && { text: typed.value, isTyping: document.activeElement === typed }
  root.id = drawn.id
  drawn.replaceWith(root)
  if (words) goOnTyping(root, words)
}

function allLoaded(): Promise<void> {
  return new Promise((resolve) => {
    watch(
      () => loads.running,
      (running) => running === 0 && resolve(),
      { immediate: true },
    )
  })
}

function goOnTyping(root: Element, { text, isTyping }: { text: string; isTyping: boolean }): void {
  const input = root.querySelector<HTMLInputElement>('.p-search input')
  if (!input || !isTyping) return
  input.value = text
  input.focus()
  input.dispatchEvent(new Event('input', { bubbles: true }))
}
