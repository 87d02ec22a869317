// Compiles src/delta/kernel/ (AssemblyScript) into src/delta/kernel-module.ts, which is part of the sources: whoever
// only runs or tests moss needs no compiler, and a test compares.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const top = join(import.meta.dirname, '../..')
const folder = join(top, 'src/delta/kernel')
const module = join(top, 'src/delta/kernel-module.ts')

/** Without a collector, checks or traps of its own: the sources have numbers alone. */
const flags =
  '--runtime stub --optimizeLevel 3 --shrinkLevel 0 --converge --noAssert --enable simd --use abort='

/** What they export is what TypeScript calls; what they share is in folders. */
const entries = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .toSorted()

export function compileKernel(): string {
  const place = mkdtempSync(join(tmpdir(), 'moss-kernel-'))
  try {
    const out = join(place, 'kernel.wasm')
    const args = [...entries(), '--outFile', out, ...flags.split(' ')]
    const asc = join(top, 'node_modules/assemblyscript/bin/asc.js')
    const ran = spawnSync(process.execPath, [asc, ...args], { cwd: folder, encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(`the kernel does not compile\n${ran.stderr}`)
    return sourceOf(readFileSync(out))
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

const lineLength = 100

function sourceOf(wasm: Buffer): string {
  const text = wasm.toString('base64')
  const lines = Array.from({ length: Math.ceil(text.length / lineLength) }, (_, i) =>
    text.slice(i * lineLength, (i + 1) * lineLength),
  )
  return `// Made by test/tools/make-kernel.ts from src/delta/kernel/, in base64. Not to be edited.
export const kernelModule = \`
${lines.join('\n')}
\`
`
}

/** As it lies among the sources. */
export const readKernel = (): string => readFileSync(module, 'utf8')

if (import.meta.main) {
  writeFileSync(module, compileKernel())
  console.log('made src/delta/kernel-module.ts')
}
