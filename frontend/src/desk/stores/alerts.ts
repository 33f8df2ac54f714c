/** Tell an agent who looks elsewhere: a short tone and a number in the title of the tab. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

const KEY = 'ss.sound'

export const useAlerts = defineStore('alerts', () => {
  const sound = ref(localStorage.getItem(KEY) !== 'off')
  const missed = ref(0)
  const title = ref('')
  let audio: AudioContext | null = null

  watch(sound, (on) => localStorage.setItem(KEY, on ? 'on' : 'off'))
  watch([title, missed], () => {
    document.title = missed.value > 0 ? `(${missed.value}) ${title.value}` : title.value
  })

  // Browsers allow sound only after the person has touched the page once.
  window.addEventListener('pointerdown', () => (audio ??= new AudioContext()), { once: true })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') missed.value = 0
  })

  function tone(): void {
    if (!sound.value || !audio) return
    const start = audio.currentTime
    for (const [index, pitch] of [660, 880].entries()) {
      const oscillator = audio.createOscillator()
      const volume = audio.createGain()
      const at = start + index * 0.12
      oscillator.frequency.value = pitch
      volume.gain.setValueAtTime(0.0001, at)
      volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02)
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.22)
      oscillator.connect(volume).connect(audio.destination)
      oscillator.start(at)
      oscillator.stop(at + 0.24)
    }
  }

  function newMessage(): void {
    if (document.visibilityState === 'visible') return
    missed.value += 1
    tone()
  }

  return { sound, missed, title, newMessage, tone }
})
