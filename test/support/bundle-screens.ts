// Makes one file of a program that uses the screens, so that Node runs it as it runs the built one.
import { build } from 'esbuild'

export async function bundleScreens(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    logLevel: 'warning',
    // Never called here, and not installed: any module stands in for it.
    alias: { 'react-devtools-core': 'node:path' },
    define: { 'process.env.NODE_ENV': '"production"' },
    banner: {
      js: `import { createRequire as bundledRequire } from 'node:module'; const require = bundledRequire(import.meta.url);`,
    },
  })
}
