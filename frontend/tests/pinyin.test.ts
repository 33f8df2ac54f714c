import { beforeAll, describe, expect, it } from 'vitest'

import { loadPinyin, soundsLike } from '../src/desk/parts/pinyin'

beforeAll(loadPinyin)

describe('search by pinyin', () => {
  it.each(['qsh', 'qingshaohou', 'qingsh', 'shaohou', 'qshao', 'qingshh', 'QSH', "qing'shao"])('finds 请稍候 by %s', (typed) => {
    expect(soundsLike('请稍候', typed)).toBe(true)
  })

  it.each(['qs1', 'shaoqing', 'qh', 'x', '', '请'])('does not find 请稍候 by “%s”', (typed) => {
    expect(soundsLike('请稍候', typed)).toBe(false)
  })

  it('knows every reading of a character', () => {
    expect(soundsLike('重新登录', 'chongxin')).toBe(true)
    expect(soundsLike('重要提醒', 'zhongyao')).toBe(true)
  })

  it('passes over what is not spoken', () => {
    expect(soundsLike('好的，马上', 'hdms')).toBe(true)
    expect(soundsLike('VPN 断开', 'vpndk')).toBe(true)
  })
})
