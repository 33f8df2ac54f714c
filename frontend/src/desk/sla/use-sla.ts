/** How a ticket stands with its service level, ticking while it is shown. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import { useTime } from '@shared/time'
import type { SlaGoal, Ticket, TicketSla } from '@shared/types'

export type GoalName = 'firstResponse' | 'resolution'
export const GOALS: GoalName[] = ['firstResponse', 'resolution']

const HOUR = 3600
const DAY = 24 * HOUR

/** Working seconds that are left of a goal at a moment, negative when it is late. */
export function remaining(goal: SlaGoal, now: number): number {
  if (!goal.runsFrom) return goal.remainingSeconds
  const until = Math.min(now, goal.runsUntil ? Date.parse(goal.runsUntil) : now)
  return goal.remainingSeconds - Math.max(0, until - Date.parse(goal.runsFrom)) / 1000
}

/** The goal to which somebody has to see next: of those not met the one with the least time. */
export function nearest(sla: TicketSla, now: number): GoalName | null {
  const open = GOALS.filter((name) => sla[name] && !sla[name].metTime)
  const left = (name: GoalName) => remaining(sla[name]!, now)
  return open.sort((a, b) => left(a) - left(b))[0] ?? null
}

export function useSla(ticket: () => Ticket) {
  const { t } = useI18n()
  const { dateTime, now } = useTime()

  /** A length of working time: under a minute, 20 min, 1 h 20 min, 2 h, 2 d 3 h, 2 d. */
  function length(seconds: number): string {
    const size = Math.abs(seconds)
    if (size < 60) return t('desk.sla.underMinute')
    if (size < HOUR) return t('time.minutes', { n: Math.floor(size / 60) })
    const [days, hours, minutes] = [Math.floor(size / DAY), Math.floor(size / HOUR), Math.floor((size % HOUR) / 60)]
    if (hours < 48) return t(minutes ? 'time.hours' : 'time.wholeHours', { h: hours, m: minutes })
    return hours % 24 ? t('desk.sla.days', { d: days, h: hours % 24 }) : t('time.days', { n: days })
  }

  const leftOf = (goal: SlaGoal) => remaining(goal, now.value)
  const sentence = (seconds: number) => t(seconds < 0 ? 'desk.sla.late' : 'desk.sla.left', { time: length(seconds) })

  /** One goal in words: "剩 1 小时 20 分", "暂停，剩 20 分钟", "2026/11/23 10:00 达成". */
  function describe(goal: SlaGoal): string {
    const left = leftOf(goal)
    if (goal.metTime) {
      const time = dateTime(goal.metTime)
      return left < 0 ? t('desk.sla.metLateAt', { time, late: length(left) }) : t('desk.sla.metAt', { time })
    }
    if (goal.paused) return t(left < 0 ? 'desk.sla.pausedLate' : 'desk.sla.pausedLeft', { time: length(left) })
    return goal.runsFrom ? sentence(left) : `${sentence(left)} · ${t('desk.sla.offHours')}`
  }

  /** Until when that is, as long as there is something to wait for. */
  function deadline(goal: SlaGoal): string {
    return goal.dueTime && !goal.metTime && leftOf(goal) >= 0 ? t('desk.sla.dueAt', { time: dateTime(goal.dueTime) }) : ''
  }

  /** Both goals, as far as they are promised. */
  const goals = computed(() => {
    const { sla } = ticket()
    if (sla?.state === 'none') return []
    return GOALS.flatMap((name) => {
      const goal = sla?.[name]
      return goal ? [{ name, label: t(`desk.sla.${name}`), text: describe(goal), due: deadline(goal), isLate: leftOf(goal) < 0, isMet: goal.metTime !== null }] : []
    })
  })

  /** The tag of a row: a few words, a colour, a sign; null where nothing is promised. */
  const tag = computed(() => {
    const { sla } = ticket()
    if (!sla || sla.state === 'none') return null
    if (sla.state === 'met') return { text: t('desk.sla.met'), tone: '', icon: 'check' as const }
    if (sla.state === 'missed') return { text: t('desk.sla.missed'), tone: 'ss-tag--danger', icon: 'alert' as const }
    const name = nearest(sla, now.value)
    const goal = name && sla[name]
    if (!goal) return null
    const left = leftOf(goal)
    if (left < 0) return { text: sentence(left), tone: 'ss-tag--danger', icon: 'alert' as const }
    if (goal.paused) return { text: t('desk.sla.paused'), tone: '', icon: 'pause' as const }
    return { text: sentence(left), tone: sla.state === 'warned' ? 'ss-tag--warning' : 'ss-tag--success', icon: 'clock' as const }
  })

  return { tag, goals }
}
