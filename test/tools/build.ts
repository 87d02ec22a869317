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
import { build, type Plugin } from 'esbuild'
import { sampleDates, writeSample } from '../support/sample.ts'
import { nodeFlags } from './node-flags.ts'
import { makeSbom, readLockfile } from './sbom.ts'
import { writeShare } from './share.ts'
import { units } from './units.ts'

const top = join(import.meta.dirname, '../..')
const place = join(top, 'dist')
/** Beside it, at the same depth, so that the launcher finds its Node from both. */
const dist = join(top, `.dist-${process.pid}`)
const version = (JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { version: string }).version

/** The screens stay a file of their own. */
const screensApart: Plugin = {
  name: 'screens-apart',
  setup(plan) {
    plan.onResolve({ filter: /\/tui\/start\.tsx$/ }, (found) =>
      found.kind === 'dynamic-import' ? { path: './tui.js', external: true } : undefined,
    )
    plan.onResolve({ filter: /^react-devtools-core$/ }, (found) => ({ path: found.path, namespace: 'empty' }))
    plan.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default undefined' }))
  },
}

/** What has more to do than to look: their compiled forms have more functions and take longer to read. */
const hostVerbs = ['apply', 'import', 'rollback']
const stationVerbs = ['add', 'export', 'sync', 'verify']

/** Those of the host end before the optimizing compiler would have paid for itself: their long loops are in WebAssembly. */
const plainFlag = '--no-opt'

/** Their buffers come in pages of 2 MB where the kernel has them: two fifths fewer page faults in an import (note 0006). */
const largePages = 'glibc.malloc.hugetlb=1'

const launcher = `#!/bin/sh
# Starts moss with the Node that came with it. Obeys no NODE_OPTIONS: they are not moss's.
self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
here=\${self%/*}
unset NODE_OPTIONS
export NODE_COMPILE_CACHE="$here/cache" NODE_COMPILE_CACHE_PORTABLE=1
case $1 in ${hostVerbs.join('|')}) plain=${plainFlag}; export GLIBC_TUNABLES=${largePages} ;; *) plain= ;; esac
exec "$here/../node_modules/.bin/node" ${nodeFlags.join(' ')} $plain "$here/start.cjs" "$@"
`

/**
 * Runs the program from a compiled form; without one, or under another Node, it is only slower. V8 knows a compiled
 * form by the length of its source alone, so its name has the source's digest. `last` runs the script.
 */
const starter = (digest: string, last: string): string => `'use strict'
const fs = require('node:fs')
const vm = require('node:vm')
const program = __dirname + '/moss.cjs'
const verb = process.argv[2]
const isHost = ${JSON.stringify(hostVerbs)}.includes(verb)
const isStation = ${JSON.stringify(stationVerbs)}.includes(verb)
const compiled = __dirname + '/moss-${digest}.' + (isHost ? 'host' : isStation ? 'station' : 'short')
const source = '(function (exports, require, module, __filename, __dirname) {' + fs.readFileSync(program, 'latin1') + '\\n})'
const cachedData = fs.existsSync(compiled) ? fs.readFileSync(compiled) : undefined
const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
const script = new vm.Script(source, { filename: program, cachedData, importModuleDynamically })
const run = () => script.runInThisContext()(exports, require, module, program, __dirname)
${last}
`

/** Runs the verbs named on its command line, parted by commas, one after the other, and keeps what they compiled. */
const keepCompiled = `const verbs = process.argv.slice(2).join(' ').split(' , ').map((verb) => verb.split(' '))
process.on('beforeExit', () => {
  const verb = verbs.shift()
  if (verb === undefined) return fs.writeFileSync(compiled, script.createCachedData())
  process.argv = [process.argv[0], program, ...verb]
  run()
})`

interface Bundle {
  readonly entry: string
  readonly out: string
  readonly format: 'cjs' | 'esm'
}

/** What each format lacks of the other. */
const banners = {
  cjs: `const bundledUrl = 'file://' + encodeURI(__filename);`,
  esm: `import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);`,
} as const

async function bundle({ entry, out, format }: Bundle): Promise<void> {
  await build({
    // Names of modules are told from here, wherever this is and whatever node_modules is a link to.
    absWorkingDir: top,
    preserveSymlinks: true,
    entryPoints: [join(top, entry)],
    outfile: join(dist, out),
    bundle: true,
    platform: 'node',
    format,
    target: 'node26',
    // Names stay, for the traces of bugs; keeping them in other ways costs a third of the start.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: {
      'process.env.NODE_ENV': '"production"',
      MOSS_VERSION: JSON.stringify(version),
      // Libraries ask whether one could fetch, which loads a tenth of a second of Node; http.ts says globalThis.fetch.
      fetch: 'undefined',
      ...(format === 'cjs' ? { 'import.meta.url': 'bundledUrl' } : {}),
    },
    banner: { js: banners[format] },
    plugins: [screensApart],
  })
}

/** What a usual start and a usual trip compiled, kept for all that follow. */
function compileProgram(): void {
  const digest = hash('sha256', readFileSync(join(dist, 'moss.cjs')), 'hex').slice(0, 16)
  const folder = mkdtempSync(join(tmpdir(), 'moss-build-'))
  const [home, root, bundle] = [join(folder, 'station'), join(folder, 'host'), join(folder, 'bundle.moss')]
  const must = (script: string, ...args: readonly string[]): void => {
    const [verb = ''] = args
    // V8 refuses what was compiled under other flags.
    const flags = hostVerbs.includes(verb) ? [...nodeFlags, plainFlag] : nodeFlags
    const ran = spawnSync(process.execPath, [...flags, join(dist, script), ...args], { encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(`the built program fails: ${args.join(' ')}\n${ran.stderr}`)
  }
  const moss = (...args: readonly string[]): void => must('start.cjs', ...args)
  const offer = (version: 'first' | 'second'): void => {
    moss('add', 'stable', ...writeSample(join(folder, version), version), '--home', home)
    moss('channel', 'publish', 'stable', '--date', `${sampleDates[version]}`, '--home', home)
    moss('state', 'export', join(folder, `${version}.moss-state`), '--root', root)
  }
  writeFileSync(join(dist, 'start.cjs'), starter(digest, 'run()'))
  writeFileSync(join(dist, 'keep.cjs'), starter(digest, keepCompiled))
  moss('key', 'generate', '--no-passphrase', '--home', home)
  moss('init', '--root', root, '--trust', join(home, 'root.moss-root'))
  must('keep.cjs', 'status', '--json', '--root', root)
  moss('channel', 'create', 'stable', '--home', home)
  moss('subscribe', 'harbour', 'pilot-books', '--root', root)
  offer('first')
  moss('fleet', 'enroll', '-y', join(folder, 'first.moss-state'), '--home', home)
  moss('export', '--for', join(folder, 'first.moss-state'), '-o', bundle, '--home', home)
  moss('import', bundle, '--root', root)
  moss('apply', '-y', '--root', root)
  rmSync(bundle)
  offer('second')
  must('keep.cjs', 'export', '--for', join(folder, 'second.moss-state'), '-o', bundle, '--home', home)
  must('keep.cjs', 'import', bundle, '--root', root, ',', 'apply', '-y', '--root', root)
  rmSync(join(dist, 'keep.cjs'))
  rmSync(folder, { recursive: true, force: true })
}

mkdirSync(dist)
await Promise.all([
  bundle({ entry: 'src/main.ts', out: 'moss.cjs', format: 'cjs' }),
  bundle({ entry: 'src/worker.ts', out: 'worker.js', format: 'esm' }),
  bundle({ entry: 'src/tui/start.tsx', out: 'tui.js', format: 'esm' }),
])
writeFileSync(join(dist, 'moss'), launcher)
chmodSync(join(dist, 'moss'), 0o755)
for (const [name, text] of Object.entries(units)) writeFileSync(join(dist, name), text)
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
