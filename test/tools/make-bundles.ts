// Writes bundles/good and bundles/bad anew, the same bytes each time: node test/tools/make-bundles.ts
// bundles/history is not touched: files that were once released never change. With --release the good ones of now become
// those of this version, with their digests beside them.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { digestOf } from '../../src/base/digest.ts'
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

if (process.argv.includes('--release')) {
  const { version } = JSON.parse(readFileSync(join(top, '../package.json'), 'utf8')) as { version: string }
  const place = join(top, 'history', version)
  rmSync(place, { recursive: true, force: true })
  cpSync(join(top, 'good'), place, { recursive: true })
  const sums = readdirSync(place).map((name) => `${digestOf(readFileSync(join(place, name)))}  ${name}\n`)
  writeFileSync(join(place, 'SHA256SUMS'), sums.join(''))
  console.log(`bundles/history/${version}: ${sums.length} files`)
}
