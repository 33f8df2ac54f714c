/** Times for people: the server speaks UTC, the page shows local time in the reader's language. */
import { computed, onScopeDispose, ref } from 'vue'
import { useI18n } from 'vue-i18n'

const DAY = 86_400_000

const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** A clock that ticks every 20 seconds while somebody shows relative times. */
export function useNow() {
  if (users === 0) {
    now.value = Date.now()
    timer = setInterval(() => (now.value = Date.now()), 20_000)
  }
  users += 1
  onScopeDispose(() => {
    users -= 1
    if (users === 0) clearInterval(timer)
  })
  return now
}

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Made once for each language and form: a list of hundreds asks for them with every tick. */
function formatter(tag: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${tag} ${JSON.stringify(options)}`
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(tag, options)
  formatters.set(key, known)
  return known
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0)
}

export function useTime() {
  const { locale, t } = useI18n()
  const clock = useNow()
  const tag = computed(() => (locale.value === 'zh' ? 'zh-CN' : 'en-GB'))

  const format = (ms: number, options: Intl.DateTimeFormatOptions) =>
    formatter(tag.value, options).format(ms)

  function timeOfDay(iso: string): string {
    return format(Date.parse(iso), { hour: '2-digit', minute: '2-digit', hour12: false })
  }

  function dateTime(iso: string | null): string {
    if (!iso) return ''
    return format(Date.parse(iso), {
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hour12: false,
    })
  }

  /** 今天 / 昨天 / 星期三 / 11月3日 / 2025年11月3日 */
  function day(iso: string): string {
    const ms = Date.parse(iso)
    const days = Math.round((startOfDay(clock.value) - startOfDay(ms)) / DAY)
    if (days === 0) return t('time.today')
    if (days === 1) return t('time.yesterday')
    if (days > 1 && days < 7) return format(ms, { weekday: 'long' })
    const sameYear = new Date(ms).getFullYear() === new Date(clock.value).getFullYear()
    return format(ms, { year: sameYear ? undefined : 'numeric', month: 'long', day: 'numeric' })
  }

  /** 2026年11月22日, whatever day it is today */
  function date(iso: string): string {
    return format(Date.parse(iso), { year: 'numeric', month: 'long', day: 'numeric' })
  }

  /** As short as a list allows: 刚刚 / 5 分钟前 / 14:03 / 昨天 / 11/3 */
  function brief(iso: string): string {
    const ms = Date.parse(iso)
    const ago = clock.value - ms
    if (ago < 60_000) return t('time.now')
    if (ago < 3_600_000) return t('time.minutesAgo', { n: Math.floor(ago / 60_000) })
    const days = Math.round((startOfDay(clock.value) - startOfDay(ms)) / DAY)
    if (days === 0) return timeOfDay(iso)
    if (days === 1) return t('time.yesterday')
    return format(ms, { year: days > 300 ? 'numeric' : undefined, month: 'numeric', day: 'numeric' })
  }

  /** A length of time: 45 秒 / 4 分钟 / 2 小时 / 2 小时 5 分 */
  function duration(seconds: number | null | undefined): string {
    if (seconds === null || seconds === undefined) return '—'
    if (seconds < 60) return t('time.seconds', { n: Math.round(seconds) })
    const minutes = Math.round(seconds / 60)
    if (minutes < 60) return t('time.minutes', { n: minutes })
    const hours = Math.floor(minutes / 60)
    if (hours >= 48) return t('time.days', { n: Math.floor(hours / 24) })
    return t(minutes % 60 ? 'time.hours' : 'time.wholeHours', { h: hours, m: minutes % 60 })
  }

  /** How long since then, as a length of time. */
  function waited(iso: string): string {
    return duration(Math.max(0, (clock.value - Date.parse(iso)) / 1000))
  }

  return { timeOfDay, dateTime, day, date, brief, duration, waited, now: clock }
}

/** A day as the ends of a chart name it: "2026-11-02" is 11/2. */
export function shortDate(day: string): string {
  return `${Number(day.slice(5, 7))}/${Number(day.slice(8))}`
}
