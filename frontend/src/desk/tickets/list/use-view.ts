/** Which view is open, what differs from it, and how its list looks to this reader. */
import { computed, onMounted } from 'vue'
import { useI18n } from 'vue-i18n'

import { attempt, told } from '../../parts/notify'
import { useCustomFields } from '../../stores/custom-fields'
import { usePreferences } from '../../stores/preferences'
import { shownColumns } from './columns'
import { asGiven, filtersOf, isFiltered, sameFilters, setFilters, USUAL_SORT, type Address } from './filters'
import { ALL, useTicketViews } from './views'

export function useView(values: Address) {
  const { t } = useI18n()
  const views = useTicketViews()
  const preferences = usePreferences()
  const own = useCustomFields('ticket')

  /** The open view; nothing for filters that belong to none. */
  const key = computed(() => values.view || (isFiltered(values) ? '' : ALL))
  const saved = computed(() => views.savedOf(key.value))
  const usualKey = computed(() => preferences.mine.tickets.view || ALL)
  const isChanged = computed(() => {
    const given = views.filtersOf(key.value)
    return given === null || !sameFilters(asGiven(given), values)
  })
  const columns = computed(() => shownColumns(saved.value?.columns?.length ? saved.value.columns : preferences.mine.tickets.columns, own.fields.value))
  const isCompact = computed(() => preferences.mine.tickets.density === 'compact')

  function nameOf(one: string): string {
    if (one === ALL || views.builtIn.some((view) => view.key === one)) return t(`desk.tickets.views.${one}`)
    return views.savedOf(one)?.name ?? t('desk.tickets.filters.active')
  }

  function open(one: string): void {
    const filters = views.filtersOf(one)
    if (filters === null) return
    setFilters(values, filters)
    Object.assign(values, { view: one, sort: views.savedOf(one)?.sort ?? USUAL_SORT, page: '1' })
  }

  /** Columns of a view of one's own stay with it, others with the reader. */
  async function choose(chosen: string[]): Promise<void> {
    const view = saved.value
    await attempt(() => (view?.columns?.length && view.mayChange ? views.change(view, { columns: chosen }) : preferences.save({ tickets: { columns: chosen } })))
  }

  async function setDensity(density: 'comfortable' | 'compact'): Promise<void> {
    await attempt(() => preferences.save({ tickets: { density } }))
  }

  async function makeUsual(one: string): Promise<void> {
    const view = one === ALL ? '' : one
    await attempt(() => preferences.save({ tickets: { view } }), t(view ? 'desk.tickets.views.defaultSet' : 'desk.tickets.views.defaultUnset'))
  }

  async function remove(): Promise<void> {
    const view = saved.value
    if (!view) return
    if (await attempt(() => views.remove(view), t('desk.tickets.views.removed'))) open(ALL)
  }

  async function keep(): Promise<void> {
    const view = saved.value
    if (!view) return
    await attempt(() => views.change(view, { filters: filtersOf(values), sort: values.sort }), t('desk.tickets.views.saved'))
  }

  /** Who comes without saying what he wants to see gets his usual view. */
  async function begin(): Promise<void> {
    const isPlain = !values.view && !isFiltered(values)
    await attempt(() => Promise.all([views.load(), own.load(), isPlain && !preferences.loaded ? preferences.load() : null]))
    if (isPlain && usualKey.value !== ALL) open(usualKey.value)
    else if (values.view && views.loaded && views.filtersOf(values.view) === null) {
      told(t('desk.tickets.views.gone'))
      values.view = ''
    }
  }

  const begun = new Promise<void>((resolve) => onMounted(() => void begin().then(resolve)))

  return { views, key, saved, usualKey, isChanged, columns, isCompact, nameOf, open, choose, setDensity, makeUsual, remove, keep, begun }
}

export type View = ReturnType<typeof useView>
