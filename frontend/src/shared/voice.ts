/** Recording one voice message with the microphone of this device: start, stop, listen, throw away. */
import { onScopeDispose, ref, shallowRef } from 'vue'

export const MAX_SECONDS = 60

export type RecorderState = 'idle' | 'asking' | 'recording' | 'recorded'
export type RecorderProblem = 'denied' | 'missing' | 'failed'

export interface Recording {
  file: File
  seconds: number
  url: string
}

/** What most browsers can play comes first; each records in the first form it knows. */
const FORMS = [
  { mime: 'audio/mp4;codecs=mp4a.40.2', ending: 'm4a' },
  { mime: 'audio/webm;codecs=opus', ending: 'webm' },
  { mime: 'audio/ogg;codecs=opus', ending: 'ogg' },
  { mime: 'audio/mp4', ending: 'm4a' },
]
const METER_MS = 100

export function canRecord(): boolean {
  return typeof MediaRecorder !== 'undefined' && Boolean(navigator.mediaDevices?.getUserMedia)
}

function problemOf(reason: unknown): RecorderProblem {
  const name = reason instanceof DOMException ? reason.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  return name === 'NotFoundError' ? 'missing' : 'failed'
}

/** How loud it is now, 0 to 1. */
function loudness(analyser: AnalyserNode, samples: Uint8Array<ArrayBuffer>): number {
  analyser.getByteTimeDomainData(samples)
  const sum = samples.reduce((total, one) => total + (one - 128) ** 2, 0)
  return Math.min(1, Math.sqrt(sum / samples.length) / 40)
}

export function useRecorder() {
  const state = ref<RecorderState>('idle')
  const problem = ref<RecorderProblem | null>(null)
  const seconds = ref(0)
  const level = ref(0)
  const recording = shallowRef<Recording | null>(null)
  let recorder: MediaRecorder | null = null
  let stream: MediaStream | null = null
  let audio: AudioContext | null = null
  let timer: ReturnType<typeof setInterval> | undefined
  let attempt = 0

  function release(): void {
    clearInterval(timer)
    stream?.getTracks().forEach((track) => track.stop())
    void audio?.close()
    stream = audio = recorder = null
    level.value = 0
  }

  function watch(source: MediaStream): void {
    audio = new AudioContext()
    const analyser = audio.createAnalyser()
    analyser.fftSize = 256
    audio.createMediaStreamSource(source).connect(analyser)
    const samples = new Uint8Array(analyser.fftSize)
    const startedAt = performance.now()
    timer = setInterval(() => {
      seconds.value = (performance.now() - startedAt) / 1000
      level.value = loudness(analyser, samples)
      if (seconds.value >= MAX_SECONDS) stop()
    }, METER_MS)
  }

  async function start(): Promise<void> {
    discard()
    const mine = ++attempt
    state.value = 'asking'
    problem.value = null
    try {
      const found = await navigator.mediaDevices.getUserMedia({ audio: true })
      if (mine !== attempt) {
        // Given up while the browser was still asking.
        found.getTracks().forEach((track) => track.stop())
        return
      }
      stream = found
      record(found)
    } catch (reason) {
      if (mine !== attempt) return
      release()
      state.value = 'idle'
      problem.value = problemOf(reason)
    }
  }

  function record(source: MediaStream): void {
    const form = FORMS.find(({ mime }) => MediaRecorder.isTypeSupported(mime)) ?? { mime: '', ending: 'webm' }
    const parts: Blob[] = []
    const mine = new MediaRecorder(source, form.mime ? { mimeType: form.mime } : {})
    mine.ondataavailable = ({ data }) => parts.push(data)
    mine.onstop = () => {
      // `discard` has taken it away meanwhile.
      if (recorder !== mine) return
      keep(new Blob(parts, { type: form.mime.split(';')[0] }), form.ending)
    }
    recorder = mine
    mine.start()
    state.value = 'recording'
    seconds.value = 0
    watch(source)
  }

  function keep(sound: Blob, ending: string): void {
    const length = Math.max(1, Math.round(seconds.value))
    release()
    const file = new File([sound], `voice-${length}s.${ending}`, { type: sound.type })
    recording.value = { file, seconds: length, url: URL.createObjectURL(file) }
    state.value = 'recorded'
  }

  function stop(): void {
    clearInterval(timer)
    if (recorder?.state === 'recording') recorder.stop()
  }

  function discard(): void {
    attempt += 1
    const running = recorder
    recorder = null
    if (running?.state === 'recording') running.stop()
    release()
    if (recording.value) URL.revokeObjectURL(recording.value.url)
    recording.value = null
    seconds.value = 0
    state.value = 'idle'
  }

  onScopeDispose(discard)

  return { state, problem, seconds, level, recording, start, stop, discard }
}

/** 0:07, 1:05 */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
