// Makes dist/: moss.cjs, the program (CommonJS, so that what is not used is not loaded); its compiled form, and
// start.cjs, which runs the one with the help of the other; tui.js, the screens with Ink, loaded by them alone;
// worker.js for the pool; and moss, the launcher that finds the Node that moss brings. Built beside and put in place
// whole: whoever starts moss meanwhile has the old one.
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

/**
 * The compiled form depends on them. What lies outside the heap, which moss frees itself, counts towards the limit of the
 * whole, or else every 64 MiB of it calls the collector to a heap that has little to give.
 */
const nodeFlags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=8',
  '--external-memory-accounted-in-global-limit',
  '--external-memory-max-growing-factor=4',
  '--expose-gc',
]

const launcher = `#!/bin/sh
# Starts moss with the Node that came with it. Obeys no NODE_OPTIONS: they are not moss's.
self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
here=\${self%/*}
unset NODE_OPTIONS
export NODE_COMPILE_CACHE="$here/cache" NODE_COMPILE_CACHE_PORTABLE=1
exec "$here/../node_modules/.bin/node" ${nodeFlags.join(' ')} "$here/start.cjs" "$@"
`

/**
 * Runs the program from its compiled form; without one, or under another Node, it is only slower. V8 knows a compiled
 * form by the length of its source alone, so its name has the source's digest. `last` runs when it is loaded.
 */
const starter = (digest: string, last: string): string => `'use strict'
const fs = require('node:fs')
const vm = require('node:vm')
const program = __dirname + '/moss.cjs'
const compiled = __dirname + '/moss-${digest}.compiled'
const source = '(function (exports, require, module, __filename, __dirname) {' + fs.readFileSync(program, 'latin1') + '\\n})'
const cachedData = fs.existsSync(compiled) ? fs.readFileSync(compiled) : undefined
const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
const script = new vm.Script(source, { filename: program, cachedData, importModuleDynamically })
${last}script.runInThisContext()(exports, require, module, program, __dirname)
`

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
      // moss fetches nothing; merely asking whether one could loads a tenth of a second of Node.
      fetch: 'undefined',
      ...(format === 'cjs' ? { 'import.meta.url': 'bundledUrl' } : {}),
    },
    banner: { js: banners[format] },
    plugins: [screensApart],
  })
}

/** What a usual start compiled, kept for all that follow. */
function compileProgram(): void {
  const digest = hash('sha256', readFileSync(join(dist, 'moss.cjs')), 'hex').slice(0, 16)
  const folder = mkdtempSync(join(tmpdir(), 'moss-build-'))
  const [home, root] = [join(folder, 'station'), join(folder, 'host')]
  const must = (script: string, ...args: readonly string[]): void => {
    const ran = spawnSync(process.execPath, [...nodeFlags, script, ...args], { encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(`the built program fails: ${args.join(' ')}\n${ran.stderr}`)
  }
  const keeping = join(dist, 'keep.cjs')
  writeFileSync(join(dist, 'start.cjs'), starter(digest, ''))
  writeFileSync(
    keeping,
    starter(digest, "process.on('exit', () => fs.writeFileSync(compiled, script.createCachedData()))\n"),
  )
  must(join(dist, 'start.cjs'), 'key', 'generate', '--no-passphrase', '--home', home)
  must(join(dist, 'start.cjs'), 'init', '--root', root, '--trust', join(home, 'root.moss-root'))
  must(keeping, 'status', '--json', '--root', root)
  rmSync(keeping)
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
compileProgram()
const kilobytes = (name: string): string => `${name} ${Math.round(statSync(join(dist, name)).size / 1000)} kB`
const sizes = ['moss.cjs', 'worker.js', 'tui.js'].map(kilobytes).join(', ')
const old = `${dist}-old`
if (existsSync(place)) renameSync(place, old)
renameSync(dist, place)
rmSync(old, { recursive: true, force: true })
console.log(`built dist/: ${sizes}`)
