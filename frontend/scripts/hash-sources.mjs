/**
 * Writes app/static/dist/sources.sha256: which sources the committed build was made from.
 * The server's test suite computes the same number and fails when somebody forgot to build.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, '..', 'app', 'static', 'dist', 'sources.sha256')

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}

const single = readdirSync(root).filter(
  (name) =>
    ['package.json', 'package-lock.json', 'vite.config.ts'].includes(name) ||
    /^tsconfig.*\.json$/.test(name),
)
const paths = [...filesUnder(join(root, 'src')), ...single.map((name) => join(root, name))]
  .map((path) => relative(root, path).split(sep).join('/'))
  // Sorted by bytes, as Python sorts the same names.
  .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const hash = createHash('sha256')
const zero = Buffer.from([0])
for (const path of paths) {
  hash.update(Buffer.from(path, 'utf8'))
  hash.update(zero)
  hash.update(readFileSync(join(root, path)))
  hash.update(zero)
}
const digest = hash.digest('hex')
writeFileSync(out, `${digest}\n`)
console.log(`sources.sha256 ${digest} (${paths.length} files)`)
