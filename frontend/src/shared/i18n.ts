/** One vue-i18n instance a page: the shared words plus those of its area. Chinese is the default. */
import { createI18n } from 'vue-i18n'

import en from './locales/en'
import zh from './locales/zh'
import type { Locale } from './types'

type Tree = { [key: string]: string | Tree }

const KEY = 'ss.locale'

let current: ReturnType<typeof build> | null = null

export function storedLocale(): Locale {
  const kept = localStorage.getItem(KEY)
  if (kept === 'zh' || kept === 'en') return kept
  return document.documentElement.lang.startsWith('en') ? 'en' : 'zh'
}

function build(area: { zh: Tree; en: Tree }) {
  return createI18n({
    legacy: false,
    locale: storedLocale() as string,
    fallbackLocale: 'zh',
    missingWarn: import.meta.env.DEV,
    fallbackWarn: false,
    messages: { zh: { ...zh, ...area.zh }, en: { ...en, ...area.en } } as Record<string, Tree>,
  })
}

/** Top-level keys of `area` must differ from the shared ones: an area has one key with its own name. */
export function createAppI18n(area: { zh: Tree; en: Tree }) {
  current = build(area)
  applyLocale(storedLocale(), false)
  return current
}

export function applyLocale(locale: Locale, keep = true): void {
  if (keep) localStorage.setItem(KEY, locale)
  document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en'
  if (current) current.global.locale.value = locale
}

/** The company's own names for what the words of the product would call otherwise. */
export function callPriorities(names: Record<string, Record<Locale, string>>): void {
  for (const locale of ['zh', 'en'] as const) {
    const own = Object.entries(names).map(([code, name]) => [code, name[locale].replace(/[{}@$|]/g, "{'$&'}")])
    current?.global.mergeLocaleMessage(locale, { priority: Object.fromEntries(own) })
  }
}

/** For code outside components. */
export function translate(key: string, params: Record<string, unknown> = {}): string {
  return current ? current.global.t(key, params) : key
}

export function hasTranslation(key: string): boolean {
  return current ? current.global.te(key) : false
}
