// Programs of this machine as entries of a sample package, with the libraries that they load: so that a tree can run
// them. And whether this machine lets a test do so.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import type { SampleEntry } from './sample-root.ts'

const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']

const findProgram = (name: string): string | undefined =>
  folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path))

/** Where a path of this machine lies in a tree with a merged /usr. */
const inTree = (path: string): string => (path.startsWith('/usr/') ? path.slice(1) : `usr${path}`)

/** Throws where a program is absent. */
export function treePrograms(...names: readonly string[]): Readonly<Record<string, SampleEntry>> {
  const entries: Record<string, SampleEntry> = {}
  for (const name of names) {
    const program = findProgram(name)
    if (program === undefined) throw new Error(`this machine has no ${name}`)
    for (const path of [program, ...librariesOf(program)])
      entries[inTree(path)] = { text: readFileSync(realpathSync(path)), mode: 0o755 }
  }
  return entries
}

function librariesOf(program: string): readonly string[] {
  const listed = execFileSync('ldd', [realpathSync(program)], { encoding: 'utf8' })
  return [...listed.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1] as string)
}

/** Says why not, when not. */
export function canRunTrees(...needed: readonly string[]): boolean {
  const lacking = needed.filter((name) => findProgram(name) === undefined)
  const why =
    process.getuid?.() !== 0
      ? 'needs root'
      : lacking.length > 0
        ? `this machine has no ${lacking.join(', ')}`
        : namespaceProblem()
  if (why !== undefined) console.warn(`skipped: ${why}`)
  return why === undefined
}

function namespaceProblem(): string | undefined {
  try {
    execFileSync('unshare', ['-mpn', '--fork', 'sh', '-c', 'mount -t tmpfs t /mnt && mount -t proc p /mnt'], {
      stdio: 'ignore',
    })
    return undefined
  } catch {
    return 'this machine allows no namespaces'
  }
}
