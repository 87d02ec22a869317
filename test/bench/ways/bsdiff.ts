// bsdiff: one patch for each changed file against the same path of A, or against one byte where A has none, which
// leaves its bzip2. Only the patches count: not their names, nor what to remove. Apply is one bspatch for each.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { quote } from './timed.ts'
import { changedFiles } from './trees.ts'
import { assertSame, type Peer } from './way.ts'

export const bsdiff: Peer = {
  name: 'bsdiff',
  programs: ['bsdiff', 'bspatch'],
  version: "dpkg-query -W -f '${Version}' bsdiff 2>/dev/null || echo unknown",
  measure: ({ a, b, work, timed }) => {
    writeFileSync(join(work, 'nothing'), '\n')
    const files = changedFiles(a, b).map(({ path, hasBase }, at) => ({
      path,
      before: hasBase ? quote(join(a, path)) : 'nothing',
      after: quote(join(b, path)),
      patch: `patches/${at}`,
    }))
    /** On every core: each script has its share of the lines. */
    const shell = (name: string, folder: string, lines: readonly string[]): string => {
      const scripts = Array.from({ length: availableParallelism() }, (_, core) => `${name}-${core}.sh`)
      for (const [core, script] of scripts.entries()) {
        const own = lines.filter((_line, at) => at % scripts.length === core)
        writeFileSync(join(work, script), `set -e\n${own.join('\n')}\n`)
      }
      const started = scripts.map((script) => `bash ${script} &`).join('\n')
      writeFileSync(
        join(work, `${name}.sh`),
        `set -e\nmkdir ${folder}\n${started}\nfor job in $(jobs -p); do wait "$job"; done\n`,
      )
      return `bash ${name}.sh`
    }
    const make = timed(
      shell(
        'make',
        'patches',
        files.map(({ before, after, patch }) => `bsdiff ${before} ${after} ${patch}`),
      ),
    )
    const apply = timed(
      shell(
        'apply',
        'out',
        files.map(({ before, patch }, at) => `bspatch ${before} out/${at} ${patch}`),
      ),
    )
    const isSame = (path: string, at: number): boolean =>
      readFileSync(join(b, path)).equals(readFileSync(join(work, 'out', `${at}`)))
    const problems = files.flatMap(({ path }, at) => (isSame(path, at) ? [] : [`${path} differs`]))
    assertSame('bsdiff', problems)
    const bytes = files.reduce((sum, { patch }) => sum + statSync(join(work, patch)).size, 0)
    return { bytes, make, apply, note: `${files.length} patches, names and removals not counted` }
  },
}
