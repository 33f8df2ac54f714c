/** What is said of service levels, in both languages. */

export const zh = {
  sla: {
    title: 'SLA 时限',
    firstResponse: '首次响应',
    resolution: '解决',
    left: '剩 {time}',
    late: '超时 {time}',
    underMinute: '不到 1 分钟',
    paused: '暂停计时',
    pausedLeft: '暂停，剩 {time}',
    pausedLate: '暂停，已超时 {time}',
    offHours: '非工作时间',
    met: '按时达成',
    missed: '未按时达成',
    metAt: '{time} 达成',
    metLateAt: '{time} 达成，超时 {late}',
    dueAt: '{time} 前',
    policy: '策略',
    days: '{d} 天 {h} 小时',
  },
}

export const en: typeof zh = {
  sla: {
    title: 'Service level',
    firstResponse: 'First response',
    resolution: 'Resolution',
    left: '{time} left',
    late: '{time} late',
    underMinute: 'under 1 min',
    paused: 'Paused',
    pausedLeft: 'paused, {time} left',
    pausedLate: 'paused, {time} late',
    offHours: 'outside working hours',
    met: 'Met',
    missed: 'Missed',
    metAt: 'met {time}',
    metLateAt: 'met {time}, {late} late',
    dueAt: 'by {time}',
    policy: 'Policy',
    days: '{d} d {h} h',
  },
}
