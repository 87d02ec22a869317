// Makes dist/: moss.js, the one file that people start; tui.js, the screens with Ink, loaded by them alone;
// worker.js for the pool; and moss, the launcher that finds the Node that moss brings.
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const top = join(import.meta.dirname, '../..')
const dist = join(top, 'dist')
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
here=$(dirname "$(readlink -f "$0")")
unset NODE_OPTIONS
exec "$here/../node_modules/.bin/node" --disable-warning=ExperimentalWarning "$here/moss.js" "$@"
`

async function bundle(entry: string, out: string): Promise<void> {
  await build({
    entryPoints: [join(top, entry)],
    outfile: join(dist, out),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"', MOSS_VERSION: JSON.stringify(version) },
    banner: {
      js: `import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);`,
    },
    plugins: [screensApart],
  })
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
await Promise.all([
  bundle('src/main.ts', 'moss.js'),
  bundle('src/worker.ts', 'worker.js'),
  bundle('src/tui/start.tsx', 'tui.js'),
])
writeFileSync(join(dist, 'moss'), launcher)
chmodSync(join(dist, 'moss'), 0o755)
const kilobytes = (name: string): string => `${name} ${Math.round(statSync(join(dist, name)).size / 1000)} kB`
console.log(`built dist/: ${['moss.js', 'worker.js', 'tui.js'].map(kilobytes).join(', ')}`)
