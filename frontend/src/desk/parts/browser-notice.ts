/** Notices that the browser shows outside its window, as far as it can and may. */
import { ref } from 'vue'

export type Permission = NotificationPermission | 'unsupported'

export interface Call {
  title: string
  text: string
  /** What it leads to; a second call about the same replaces the first. */
  link: string
}

function known(): Permission {
  return typeof Notification === 'undefined' ? 'unsupported' : Notification.permission
}

export const permission = ref<Permission>(known())

/** Ask the person, where the browser has not been answered yet. */
export async function askPermission(): Promise<Permission> {
  permission.value = known()
  if (permission.value === 'default') permission.value = await Notification.requestPermission()
  return permission.value
}

/** Returns whether it is shown. */
export function showNotice({ title, text, link }: Call, onOpen: (link: string) => void): boolean {
  if (permission.value !== 'granted') return false
  try {
    const notice = new Notification(title, { body: text, tag: link, icon: '/static/favicon.svg' })
    notice.onclick = () => {
      window.focus()
      notice.close()
      onOpen(link)
    }
    return true
  } catch (error) {
    // Browsers of phones have the permission, but not this way to use it.
    if (!(error instanceof TypeError)) throw error
    permission.value = 'unsupported'
    return false
  }
}
