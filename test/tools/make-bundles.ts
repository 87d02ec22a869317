// Writes bundles/good and bundles/bad anew, the same bytes each time: node test/tools/make-bundles.ts
// bundles/history is not touched: files that were once released never change.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { goldenFiles } from '../support/golden.ts'

const top = join(import.meta.dirname, '../../bundles')
for (const folder of ['good', 'bad']) rmSync(join(top, folder), { recursive: true, force: true })
const files = await goldenFiles()
let sizeBytes = 0
for (const [path, bytes] of files) {
  mkdirSync(dirname(join(top, path)), { recursive: true })
  writeFileSync(join(top, path), bytes)
  sizeBytes += bytes.length
}
console.log(`bundles: ${files.size} files, ${sizeBytes} bytes`)
