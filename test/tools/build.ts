// Makes dist/: moss.cjs, the program (CommonJS, so that what is not used is not loaded); its compiled forms, and
// start.cjs, which runs the one with the help of the others; tui.js, the screens with Ink, loaded by them alone;
// worker.js for the pool; moss, the launcher that finds the Node that moss brings; the units for systemd; share, with the manual,
// completions and what a desktop wants to know; and sbom.json, what it is made of. Built beside and put in place whole: whoever starts moss meanwhile has the old one.
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleDates, writeSample } from '../support/sample.ts'
import { bundle } from './bundle.ts'
import { nodeFlags } from './node-flags.ts'
import { makeSbom, readLockfile } from './sbom.ts'
import { writeShare } from './share.ts'
import { hostVerbs, keepCompiled, launcher, plainFlag, starter } from './starters.ts'
import { mediumRule, units } from './units.ts'
import { writeUsualPackage } from './usual-package.ts'

const top = join(import.meta.dirname, '../..')
const place = join(top, 'dist')
/** Beside it, at the same depth, so that the launcher finds its Node from both. */
const dist = join(top, `.dist-${process.pid}`)

/** What a usual start and a usual trip compiled, kept for all that follow. */
function compileProgram(): void {
  const digest = hash('sha256', readFileSync(join(dist, 'moss.cjs')), 'hex').slice(0, 16)
  const folder = mkdtempSync(join(tmpdir(), 'moss-build-'))
  const [home, root, made] = [join(folder, 'station'), join(folder, 'host'), join(folder, 'bundle.moss')]
  const must = (script: string, ...args: readonly string[]): void => {
    const [verb = ''] = args
    // V8 refuses what was compiled under other flags.
    const flags = [...nodeFlags, ...(hostVerbs.includes(verb) ? [plainFlag] : [])]
    const ran = spawnSync(process.execPath, [...flags, join(dist, script), ...args], {
      encoding: 'utf8',
    })
    if (ran.status !== 0) throw new Error(`the built program fails: ${args.join(' ')}\n${ran.stderr}`)
  }
  const moss = (...args: readonly string[]): void => must('start.cjs', ...args)
  const offer = (version: 'first' | 'second'): void => {
    const packages = [...writeSample(join(folder, version), version), writeUsualPackage(folder, version)]
    moss('add', 'stable', ...packages, '--home', home)
    moss('channel', 'publish', 'stable', '--date', `${sampleDates[version]}`, '--home', home)
    moss('state', 'export', join(folder, `${version}.moss-state`), '--root', root)
  }
  writeFileSync(join(dist, 'start.cjs'), starter(digest, 'run()'))
  writeFileSync(join(dist, 'keep.cjs'), starter(digest, keepCompiled))
  moss('key', 'generate', '--no-passphrase', '--home', home)
  moss('init', '--root', root, '--trust', join(home, 'root.moss-root'))
  must('keep.cjs', 'status', '--json', '--root', root)
  moss('channel', 'create', 'stable', '--home', home)
  moss('subscribe', 'harbour', 'pilot-books', 'usual', '--root', root)
  offer('first')
  moss('fleet', 'enroll', '-y', join(folder, 'first.moss-state'), '--home', home)
  moss('export', '--for', join(folder, 'first.moss-state'), '-o', made, '--home', home)
  moss('import', made, '--root', root)
  moss('apply', '-y', '--root', root)
  rmSync(made)
  offer('second')
  must('keep.cjs', 'export', '--for', join(folder, 'second.moss-state'), '-o', made, '--home', home)
  must('keep.cjs', 'import', made, '--root', root, ',', 'apply', '-y', '--root', root)
  rmSync(join(dist, 'keep.cjs'))
  rmSync(folder, { recursive: true, force: true })
}

mkdirSync(dist)
await Promise.all([
  bundle({ entry: 'src/main.ts', out: join(dist, 'moss.cjs'), format: 'cjs' }),
  bundle({ entry: 'src/worker.ts', out: join(dist, 'worker.js'), format: 'esm' }),
  bundle({ entry: 'src/tui/start.tsx', out: join(dist, 'tui.js'), format: 'esm' }),
])
writeFileSync(
  join(dist, 'moss'),
  launcher({ node: '"$here/../node_modules/.bin/node"', script: 'start.cjs' }),
)
chmodSync(join(dist, 'moss'), 0o755)
for (const [name, text] of Object.entries(units)) writeFileSync(join(dist, name), text)
writeFileSync(join(dist, mediumRule.name), mediumRule.text)
writeShare(join(dist, 'share'))
writeFileSync(join(dist, 'sbom.json'), makeSbom(readLockfile(top)))
compileProgram()
const kilobytes = (name: string): string => `${name} ${Math.round(statSync(join(dist, name)).size / 1000)} kB`
const sizes = ['moss.cjs', 'worker.js', 'tui.js'].map(kilobytes).join(', ')
const old = `${dist}-old`
if (existsSync(place)) renameSync(place, old)
renameSync(dist, place)
rmSync(old, { recursive: true, force: true })
console.log(`built dist/: ${sizes}`)
