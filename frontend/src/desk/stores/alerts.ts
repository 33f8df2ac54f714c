/** Tell an agent who looks elsewhere: a tone, a number in the title of the tab, a notice of the browser. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

import { showNotice, type Call } from '../parts/browser-notice'
import { usePreferences } from './preferences'

export const useAlerts = defineStore('alerts', () => {
  const preferences = usePreferences()
  const missed = ref(0)
  const title = ref('')
  /** Where the last notice that was clicked leads; the shell follows it. */
  const wanted = ref('')
  let audio: AudioContext | null = null

  watch([title, missed], () => {
    document.title = missed.value > 0 ? `(${missed.value}) ${title.value}` : title.value
  })

  // Browsers allow sound only after the person has touched the page once.
  const prepare = () => (audio ??= new AudioContext())
  for (const touch of ['pointerdown', 'keydown']) window.addEventListener(touch, prepare, { once: true })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') missed.value = 0
  })

  function tone(): void {
    if (!audio) return
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

  /** Whoever looks at the desk sees it anyway, in a corner perhaps: a tone is enough. */
  function call(about: Call): void {
    if (preferences.mine.sound) tone()
    if (document.visibilityState === 'visible') return
    missed.value += 1
    if (preferences.mine.browser) showNotice(about, (link) => (wanted.value = link))
  }

  return { missed, title, wanted, call, tone }
})
