/** The few words of the button; everything else is said inside the frame. */
export type Language = 'zh' | 'en'

export const WORDS: Record<Language, { open: string; close: string; title: string; dismiss: string; unread: (count: number) => string }> = {
  zh: { open: '打开在线客服', close: '关闭在线客服', title: '在线客服', dismiss: '不用了', unread: (count) => `，${count} 条新消息` },
  en: {
    open: 'Open the chat',
    close: 'Close the chat',
    title: 'Chat',
    dismiss: 'Dismiss',
    unread: (count) => (count === 1 ? ', 1 new message' : `, ${count} new messages`),
  },
}

/** What the page says, else what the channel says, else the browser's language. */
export function languageOf(...wishes: string[]): Language {
  const wish = wishes.find(Boolean) ?? navigator.language
  return wish.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
