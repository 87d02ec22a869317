// One file of a part of the program and all that it needs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'

const top = join(import.meta.dirname, '../..')
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

export interface Bundle {
  readonly entry: string
  /** Where the file goes. */
  readonly out: string
  readonly format: 'cjs' | 'esm'
  /** Which saves a third of the bytes that each start reads. Otherwise they stay, for the traces of bugs. */
  readonly hasShortNames?: boolean
}

/** What each format lacks of the other. */
const banners = {
  cjs: `const bundledUrl = 'file://' + encodeURI(__filename);`,
  esm: `import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);`,
} as const

export async function bundle({ entry, out, format, hasShortNames = false }: Bundle): Promise<void> {
  await build({
    // Names of modules are told from here, wherever this is and whatever node_modules is a link to.
    absWorkingDir: top,
    preserveSymlinks: true,
    entryPoints: [join(top, entry)],
    outfile: out,
    bundle: true,
    platform: 'node',
    format,
    target: 'node26',
    // Keeping names in other ways costs a third of the start.
    minifyIdentifiers: hasShortNames,
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
