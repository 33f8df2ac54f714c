/** Files that one has made somewhere: the newest of them, kept up to date while one is being made. */
import { computed, onMounted, onScopeDispose, ref } from 'vue'

import { api, ApiError } from '@shared/api'
import { errorText } from '@shared/errors'
import type { Page } from '@shared/types'

import type { ExportJob } from '../history/types'
import { attempt } from './notify'

const EVERY_MS = 800
const SHOWN = 5

/** `path`: where files of this kind are asked for and fetched. */
export function useExports(path: string) {
  const jobs = ref<ExportJob[]>([])
  const busy = ref(false)
  const failure = ref('')
  const isMaking = computed(() => jobs.value.some((job) => job.state === 'queued' || job.state === 'running'))
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  async function load(): Promise<void> {
    clearTimeout(timer)
    await attempt(async () => {
      const { list } = await api.get<Page<ExportJob>>(path, { size: SHOWN * 2, sort: '-id' })
      jobs.value = list.filter((job) => job.state !== 'removed').slice(0, SHOWN)
    })
    if (isMaking.value && !isOver) timer = setTimeout(() => void load(), EVERY_MS)
  }

  async function start(wanted: Record<string, unknown>): Promise<void> {
    busy.value = true
    failure.value = ''
    try {
      await api.post(path, { ...wanted, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone })
      await load()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failure.value = errorText(error)
    } finally {
      busy.value = false
    }
  }

  async function remove(job: ExportJob): Promise<void> {
    await attempt(() => api.del(`${path}/${job.id}`))
    await load()
  }

  onMounted(load)
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
  })

  return { jobs, busy, failure, start, remove }
}
