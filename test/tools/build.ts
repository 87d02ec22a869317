// Makes dist/: moss.cjs, the one file that people start (CommonJS, so that what is not used is not loaded); tui.js,
// the screens with Ink, loaded by them alone; worker.js for the pool; and moss, the launcher that finds the Node
// that moss brings. Built beside and put in place whole: whoever starts moss meanwhile has the old one.
import { spawnSync } from 'node:child_process'
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

const launcher = `#!/bin/sh
# Starts moss with the Node that came with it. Obeys no NODE_OPTIONS: they are not moss's.
# The compiled form of the program lies beside it, made by the build; a start without it is only slower.
self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
here=\${self%/*}
unset NODE_OPTIONS
export NODE_COMPILE_CACHE="$here/cache" NODE_COMPILE_CACHE_PORTABLE=1
exec "$here/../node_modules/.bin/node" --disable-warning=ExperimentalWarning --max-semi-space-size=8 "$here/moss.cjs" "$@"
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

/** The first start leaves what it compiled behind, and later ones find it: so the first one does what is usual. */
function warmCompileCache(): void {
  const folder = mkdtempSync(join(tmpdir(), 'moss-build-'))
  const [home, root] = [join(folder, 'station'), join(folder, 'host')]
  const uncached = ['--disable-warning=ExperimentalWarning', join(dist, 'moss.cjs')]
  const must = (program: string, args: readonly string[]): void => {
    const ran = spawnSync(program, args, { encoding: 'utf8' })
    if (ran.status !== 0) throw new Error(`the built program fails: ${args.join(' ')}\n${ran.stderr}`)
  }
  must(process.execPath, [...uncached, 'key', 'generate', '--no-passphrase', '--home', home])
  must(process.execPath, [...uncached, 'init', '--root', root, '--trust', join(home, 'root.moss-root')])
  must(join(dist, 'moss'), ['status', '--json', '--root', root])
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
warmCompileCache()
const kilobytes = (name: string): string => `${name} ${Math.round(statSync(join(dist, name)).size / 1000)} kB`
const sizes = ['moss.cjs', 'worker.js', 'tui.js'].map(kilobytes).join(', ')
const old = `${dist}-old`
if (existsSync(place)) renameSync(place, old)
renameSync(dist, place)
rmSync(old, { recursive: true, force: true })
console.log(`built dist/: ${sizes}`)
