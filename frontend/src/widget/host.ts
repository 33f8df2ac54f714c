/** The page around the frame, if it is one of the channel's sites. Who else sends something is not heard. */
import { ref } from 'vue'

import { pageData } from './page-data'
import { APP, type HostPage, type Theme, type ToFrame, type ToPage } from './protocol'

/** The site names itself in the address; the browser delivers to it, and takes from it, only if that is true. */
function originOfHost(): string | null {
  if (window.parent === window) return null
  const named = decodeURIComponent(location.hash.slice(1))
  return pageData.origins.includes(named) ? named : null
}

const origin = originOfHost()

/** Whether there is somebody to close the window. */
export const isFramed = origin !== null
/** Whether the window is open; a page of its own always is. */
export const isShown = ref(!isFramed)
/** Whether it covers the whole page, and its button with it. */
export const coversPage = ref(false)
export const hostPage = ref<HostPage | null>(null)
/** What the visitor has taken up, until a conversation begins with it. */
export const invitation = ref<{ id: number; text: string } | null>(null)

type Handlers = { [K in 'identify' | 'invited' | 'reset']: (message: Extract<ToFrame, { type: K }>) => void }

export function tellHost(message: ToPage): void {
  if (origin) window.parent.postMessage({ app: APP, ...message }, origin)
}

/** Light or dark as the page around: what this browser has chosen on our own pages says nothing here. */
export function wear(theme: Theme): void {
  document.documentElement.dataset.theme = theme
}

/** Call once, when the frame can answer. */
export function listenToHost(handlers: Handlers): void {
  window.addEventListener('message', (event: MessageEvent) => {
    if (!origin || event.source !== window.parent || event.origin !== origin) return
    const said = event.data as (ToFrame & { app?: string }) | null
    if (said?.app !== APP) return
    if (said.type === 'shown') {
      isShown.value = true
      coversPage.value = said.fullScreen
    } else if (said.type === 'hidden') isShown.value = false
    else if (said.type === 'page') hostPage.value = said.page
    else if (said.type === 'identify') handlers.identify(said)
    else if (said.type === 'theme') wear(said.theme)
    else if (said.type === 'invited') handlers.invited(said)
    else if (said.type === 'reset') handlers.reset(said)
  })
  tellHost({ type: 'ready' })
}
