/** What the server says about an import of articles. */

export type ImportState = 'uploaded' | 'reading' | 'ready' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
export type RowResult = 'created' | 'updated' | 'unchanged' | 'skipped' | 'refused'

export const RESULTS: RowResult[] = ['created', 'updated', 'unchanged', 'skipped', 'refused']
/** Nothing for a person to do: the page asks again soon. */
const WORKING: ImportState[] = ['uploaded', 'reading', 'queued', 'running']

interface PreviewBase {
  total: number
  problemCount: number
  problems: { place: string; reason: string }[]
}

export interface TablePreview extends PreviewBase {
  kind: 'table'
  columns: string[]
  guess: string[]
  rows: string[][]
  fields: string[]
}

export interface DocumentPreview extends PreviewBase {
  kind: 'documents'
  /** How many headings of the first, second and third level. */
  headings: number[]
  pictures: number
  documents: { place: string; title: string; chars: number; headings: number[]; opening: string; remarks: string[] }[]
}

export interface Choices {
  columns: string[] | null
  categoryId: number | null
  folders: boolean
  locale: string
  visibility: string
  publish: boolean
  existing: string
  split: number
}

export interface ImportJob extends Record<RowResult, number> {
  id: number
  name: string
  size: number
  state: ImportState
  isTrial: boolean
  isOpen: boolean
  total: number
  done: number
  createTime: string
  finishTime: string | null
  reasons: string[]
  /** What was chosen last. */
  choices: (Omit<Choices, 'categoryId'> & { category_id: number | null }) | null
  preview?: TablePreview | DocumentPreview | null
}

export interface ReportRow {
  id: number
  number: number
  place: string
  title: string
  result: RowResult
  articleId: number | null
  remarks: string[]
}

export function isWorking(job: { state: ImportState }): boolean {
  return WORKING.includes(job.state)
}

/** Read, and nobody has started it for good yet. */
export function isChoosable(job: ImportJob): boolean {
  return job.isOpen && (job.state === 'ready' || (job.state === 'done' && job.isTrial))
}
