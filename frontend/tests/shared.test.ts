import { createApp, h, nextTick, ref, type App } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import TabBar from '../src/desk/parts/TabBar.vue'
import MessageBubble from '../src/shared/components/MessageBubble.vue'
import MessageList from '../src/shared/components/MessageList.vue'
import { createAppI18n } from '../src/shared/i18n'
import type { Draft } from '../src/shared/outbox'
import type { ShownMessage } from '../src/shared/thread'
import { useUploads } from '../src/shared/uploads'
import { makeMessage } from './factories'

const apps: App[] = []

function mount(render: () => ReturnType<typeof h>): HTMLElement {
  const host = document.createElement('div')
  document.body.append(host)
  const app = createApp({ render })
  app.use(createAppI18n({ zh: {}, en: {} })).mount(host)
  apps.push(app)
  return host
}

afterEach(() => {
  apps.splice(0).forEach((app) => app.unmount())
  document.body.innerHTML = ''
})

describe('a message', () => {
  const shown = (what: Parameters<typeof makeMessage>[0]): ShownMessage => ({ ...makeMessage(what), key: '1', mine: false, state: 'sent' })
  const text = (message: ShownMessage) => mount(() => h(MessageBubble, { message })).textContent ?? ''

  it('names who gave the reason of a transfer, not the system that stored it', () => {
    const note = shown({
      messageId: 1,
      type: 'note',
      content: '请接手',
      sender: { kind: 'system', id: null, name: 'system', avatarUrl: null },
      payload: { event: 'transferred', by: '赵静' },
    })
    expect(text(note)).toContain('赵静')
    expect(text(note)).not.toContain('system')
  })

  it('shows what the customer wrote with the stars, and few stars stand out', () => {
    const rated = (score: number) =>
      shown({ messageId: 1, type: 'system', content: '', payload: { event: 'rated', params: { score, comment: '回答太慢' } } })
    expect(text(rated(2))).toContain('回答太慢')
    expect(mount(() => h(MessageBubble, { message: rated(2) })).querySelector('.low')).not.toBeNull()
    expect(mount(() => h(MessageBubble, { message: rated(5) })).querySelector('.low')).toBeNull()
  })
})

describe('a list of messages', () => {
  const message: ShownMessage = { ...makeMessage({ messageId: 1 }), key: '1', mine: false, state: 'sent' }

  it('says the time of a run once a minute, and each of one’s own', () => {
    const at = (id: number, seconds: number, mine = false): ShownMessage => ({ ...message, messageId: id, seq: id, key: String(id), mine, timestamp: 1_800_000_000_000 + seconds * 1000 })
    const times = (messages: ShownMessage[]) => [...mount(() => h(MessageList, { messages })).querySelectorAll('article')].map((one) => one.querySelectorAll('time').length)
    expect(times([at(1, 1), at(2, 20), at(3, 70)])).toEqual([0, 1, 1])
    expect(times([at(1, 1, true), at(2, 20, true)])).toEqual([1, 1])
  })

  it('stays at its end when a picture grows it, and leaves it when one scrolls up', async () => {
    const host = mount(() => h(MessageList, { messages: [message] }))
    const box = host.querySelector<HTMLElement>('[role="log"]')!
    const scroll = async (top: number, height: number) => {
      Object.defineProperties(box, {
        clientHeight: { value: 500, configurable: true },
        scrollHeight: { value: height, configurable: true },
      })
      box.scrollTop = top
      box.dispatchEvent(new Event('scroll'))
      await nextTick()
    }
    const toEnd = () => host.querySelector('.to-end')
    await scroll(500, 1000)
    await scroll(500, 1400) // the event of the jump to the end comes when the picture is already there
    expect(toEnd()).toBeNull()
    await scroll(300, 1400)
    expect(toEnd()).not.toBeNull()
    await scroll(900, 1400)
    expect(toEnd()).toBeNull()
  })
})

describe('tabs', () => {
  const TABS = ['a', 'b', 'c'].map((key) => ({ key, label: key.toUpperCase() }))
  const current = ref('a')
  const tab = (key: string) => document.getElementById(`x-tab-${key}`)!
  const press = async (key: string) => {
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    await nextTick()
  }

  beforeEach(() => {
    current.value = 'a'
    mount(() => h(TabBar, { name: 'x', label: 'X', tabs: TABS, modelValue: current.value, 'onUpdate:modelValue': (key: string) => (current.value = key) }))
    tab('a').focus()
  })

  it.each([
    [['ArrowRight'], 'b'],
    [['ArrowLeft'], 'c'], // round the corner
    [['End', 'ArrowRight'], 'a'],
    [['End', 'Home'], 'a'],
  ])('follow the keys %s', async (keys, wanted) => {
    for (const key of keys) await press(key)
    expect(current.value).toBe(wanted)
    expect(document.activeElement).toBe(tab(wanted))
  })

  it('are one stop of the Tab key and name their panel', async () => {
    await press('ArrowRight')
    expect(['a', 'b', 'c'].map((key) => tab(key).tabIndex)).toEqual([-1, 0, -1])
    expect(tab('b').getAttribute('aria-controls')).toBe('x-panel')
  })
})

describe('files of a composer', () => {
  let sent: Draft[]
  let answer: { status: number; body: unknown }
  let arrive: () => void

  /** As much of XMLHttpRequest as an upload needs; `arrive` lets the server answer. */
  class FakeRequest {
    upload = {}
    status = 0
    responseText = ''
    onload = () => undefined
    onerror = () => undefined
    onabort = () => undefined
    open(): void {}
    setRequestHeader(): void {}
    abort(): void {
      this.onabort()
    }
    send(): void {
      arrive = () => {
        this.status = answer.status
        this.responseText = JSON.stringify({ code: answer.status, message: 'no', data: answer.body, timestamp: 0 })
        this.onload()
      }
    }
  }

  const file = new File(['x'], 'report.txt', { type: 'text/plain' })
  const open = (hold: boolean) => {
    let made!: ReturnType<typeof useUploads>
    mount(() => h({ setup: () => ((made = useUploads((draft) => sent.push(draft), { hold })), () => null) }))
    return made
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve))

  beforeEach(() => {
    sent = []
    answer = { status: 200, body: { fileId: 4, name: 'report.txt', size: 1, mime: 'text/plain', url: '/4' } }
    vi.stubGlobal('XMLHttpRequest', FakeRequest)
  })
  afterEach(() => vi.unstubAllGlobals())

  it('wait for the person where they are held, and go when they are released', async () => {
    const { uploads, add, release } = open(true)
    add([file])
    arrive()
    await settle()
    expect(sent).toEqual([])
    expect(uploads.value).toHaveLength(1)
    release()
    expect(sent.map((draft) => draft.content)).toEqual(['report.txt'])
    expect(uploads.value).toEqual([])
  })

  it('go as soon as they have arrived when they were released before', async () => {
    const { add, release } = open(true)
    add([file])
    release()
    expect(sent).toEqual([])
    arrive()
    await settle()
    expect(sent).toHaveLength(1)
  })

  it('go by themselves in a form that does not hold them', async () => {
    const { add } = open(false)
    add([file])
    arrive()
    await settle()
    expect(sent).toHaveLength(1)
  })

  it.each([
    [413, 'too_large', false],
    [400, 'invalid', false],
    [503, 'unavailable', true],
  ])('refused with %i offer a second try only where it may help', async (status, error, canRetry) => {
    answer = { status, body: { error } }
    const { uploads, add } = open(true)
    add([file])
    arrive()
    await settle()
    expect(uploads.value[0]).toMatchObject({ canRetry })
    expect(uploads.value[0]!.error).not.toBe('')
  })
})
