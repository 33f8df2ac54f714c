/** The emoji that a service conversation needs, in groups; no pictures of ours, the device draws them. */
import { ref } from 'vue'

export type EmojiGroup = 'recent' | 'faces' | 'hands' | 'signs' | 'things'

export const GROUPS: Record<Exclude<EmojiGroup, 'recent'>, string> = {
  faces: '😀 😃 😄 😁 😅 😂 🙂 😉 😊 😇 🥰 😍 😘 😋 😜 🤗 🤔 🤭 😌 😏 😎 🥳 😐 😑 🙄 😬 😴 😷 🤒 🤕 😕 🙁 😟 😮 😲 😳 🥺 😢 😭 😤 😠 😡 😱 😨 😓 😩 😫 🤯 🥱',
  hands: '👍 👎 👌 ✌️ 🤞 🤝 👏 🙌 🙏 💪 👋 ✋ 🖐️ 👉 👈 👆 👇 ☝️ ✍️ 🙋 🙋‍♂️ 🙋‍♀️ 🙇 🤦 🤷 👩‍💻 👨‍💻 👩‍⚕️ 👨‍⚕️',
  signs: '❤️ 🧡 💛 💚 💙 💜 💔 💯 ✨ ⭐ 🌟 🔥 🎉 🎊 ✅ ❌ ❗ ❓ ⚠️ 🚫 ⛔ 💡 🔔 ➡️ ⬅️ ⬆️ ⬇️ 🔄 ⏰ ⏳ 🆗 🔴 🟢',
  things: '💻 🖥️ 🖨️ ⌨️ 🖱️ 📱 ☎️ 📞 📧 📎 📄 📊 📈 📅 🗂️ 🔒 🔑 🛠️ ⚙️ 🔍 💊 💉 🩺 🏥 🚑 🌹 🌸 ☕ 🍵 🎁 🏆 🌞 🌧️',
}

const KEY = 'ss.emoji'
const KEPT = 18

const recent = ref<string[]>((localStorage.getItem(KEY) ?? '').split(' ').filter(Boolean))

export function useEmoji() {
  function noteUse(emoji: string): void {
    recent.value = [emoji, ...recent.value.filter((one) => one !== emoji)].slice(0, KEPT)
    localStorage.setItem(KEY, recent.value.join(' '))
  }

  return { recent, noteUse }
}
