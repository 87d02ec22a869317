// The real program on a disk that is full after so many bytes, or so many inodes: a tmpfs of every size from what the root
// already takes until the verb succeeds. It says HOST_NO_SPACE and leaves one whole state; with room the same verb
// reaches the end.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CallShim, compileShim, runShimmed } from '../support/call-shim.ts'
import { byEffort, faultTimeoutMs } from '../support/fault-effort.ts'
import { type FilesystemName, type MountedFilesystem, mountFilesystem } from '../support/filesystems.ts'
import { settle } from '../support/kill-program.ts'
import { oracle } from '../support/oracle.ts'
import {
  argumentsOf,
  copyRoot,
  expectationOf,
  makeRealRoots,
  type RealExpectation,
  type RealRoots,
  type RealVerb,
} from '../support/real-root.ts'
import { scratchFolder } from '../support/scratch.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const folder = scratchFolder()
const place = join(folder, 'full')
let roots: RealRoots
let shim: CallShim

const mount = (options: string): void =>
  void execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place], { stdio: 'pipe' })
const unmount = (): void => void execFileSync('umount', [place], { stdio: 'pipe' })

function isSkipped(): boolean {
  if (!oracle('cc', 'mount')) return true
  try {
    mkdirSync(place, { recursive: true })
    mount('size=1M')
    unmount()
    return false
  } catch (error) {
    console.warn(`skipped: no tmpfs can be mounted: ${String(error).trim()}`)
    return true
  }
}
const isMissing = isSkipped()

beforeAll(async () => {
  if (isMissing) return
  shim = compileShim(folder)
  roots = await makeRealRoots(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Kind = 'size' | 'nr_inodes'

const takes = (kind: Kind): number => {
  const { blocks, bfree, bsize, files, ffree } = statfsSync(place)
  return kind === 'size' ? (blocks - bfree) * bsize : files - ffree
}

async function expectedOf(verb: RealVerb): Promise<RealExpectation> {
  const undisturbed = join(folder, 'undisturbed')
  copyRoot(roots.before[verb], undisturbed)
  await runShimmed(shim, { root: undisturbed }, argumentsOf(verb, roots, undisturbed))
  return expectationOf(roots.outside, roots.before[verb], undisturbed)
}

/** From no room at all until the verb succeeds. */
async function fillEverywhere(
  verb: RealVerb,
  kind: Kind,
  step: number,
): Promise<{ readonly refused: number; readonly violations: readonly string[] }> {
  const root = join(place, 'root')
  const args = (at: string): readonly string[] => argumentsOf(verb, roots, at)
  const expected = await expectedOf(verb)
  const violations: string[] = []
  for (let room = 0; ; room += step) {
    mount('size=64M,nr_inodes=100000')
    try {
      copyRoot(roots.before[verb], root)
      mount(`remount,${kind}=${takes(kind) + room}`)
      const { exit, output } = await runShimmed(shim, { root }, args(root))
      const when = `${verb} with ${room} ${kind === 'size' ? 'bytes' : 'inodes'}`
      if (exit === 0) {
        violations.push(...expected.checkEnd(root).map((one) => `${when}, done: ${one}`))
        return { refused: room / step, violations }
      }
      // Past the commit point a default that finds no room is told, and tried again.
      const isTold = exit === 3 ? output.includes('it will be tried again') : output.includes('HOST_NO_SPACE')
      if (!isTold) violations.push(`${when}: exit ${exit}: ${output}`)
      violations.push(...expected.checkFound(root).map((one) => `${when}: ${one}`))
      mount('remount,size=64M,nr_inodes=100000')
      violations.push(...(await settle({ shim, verb: args, expected }, root)).map((one) => `${when}: ${one}`))
    } finally {
      unmount()
    }
  }
}

test.skipIf(isMissing).each<[RealVerb, Kind, number, number]>([
  ['import', 'size', byEffort({ sample: 524_288, slow: 65_536, all: 4096 }), 1],
  ['import', 'nr_inodes', byEffort({ sample: 20, slow: 1, all: 1 }), 1],
  ['apply', 'size', byEffort({ sample: 524_288, slow: 65_536, all: 4096 }), 1],
  ['apply', 'nr_inodes', byEffort({ sample: 20, slow: 1, all: 1 }), 1],
  ['rollback', 'size', byEffort({ sample: 12_288, slow: 4096, all: 4096 }), 1],
])('T1 T4: %s with no room left, by %s', async (verb, kind, step, atLeast) => {
  const { refused, violations } = await fillEverywhere(verb, kind, step)
  console.log(`${verb}, ${kind} by ${step}: ${refused} times full, ${violations.length} violations`)
  expect(violations).toEqual([])
  expect(refused).toBeGreaterThanOrEqual(atLeast)
})

test.skipIf(isMissing).each([
  ['gc', 0, ['gc']],
  // The trees of states are links: letting them go gives inodes back, and the receipt takes bytes.
  ['state prune', 16_384, ['state', 'prune', '--keep', '2']],
] as const)('%s needs no inode and at most %i bytes, and gives some back', async (_, room, words) => {
  const root = join(place, 'root')
  mount('size=64M,nr_inodes=100000')
  try {
    copyRoot(roots.before.gc, root)
    mount(`remount,size=${takes('size') + room},nr_inodes=${takes('nr_inodes')}`)
    const before = statfsSync(place)
    expect(before).toMatchObject({ bfree: room / 4096, ffree: 0 })
    const { exit, output } = await runShimmed(shim, { root }, [...words, '--root', root, '--json', '-y'])
    expect(output).not.toContain('HOST_NO_SPACE')
    expect(exit).toBe(0)
    expect(statfsSync(place).ffree).toBeGreaterThan(0)
    if (room === 0) expect(statfsSync(place).bfree).toBeGreaterThan(0)
  } finally {
    unmount()
  }
})

/** Until not even a byte finds a block, as root, whom no reserve keeps out. */
function fill(folder: string): void {
  for (const bytes of [2 ** 20, 4096, 1])
    for (let n = 0; ; n++)
      try {
        writeFileSync(join(folder, `fill-${bytes}-${n}`), new Uint8Array(bytes))
      } catch {
        break
      }
  execFileSync('sync', ['-f', folder])
}

test.skipIf(isMissing).each<[FilesystemName, boolean]>([
  ['ext4', true],
  ['xfs', true],
  // It writes nothing in place: the journal needs blocks as everything does.
  ['btrfs', false],
])('gc on a full %s: it gives room back at once is %s', async (name, atOnce) => {
  using filesystem = mountedOr(name)
  if (filesystem === undefined) return
  const root = join(filesystem.folder, 'root')
  const gc = () => runShimmed(shim, { root }, argumentsOf('gc', roots, root))
  const expected = await expectedOf('gc')
  copyRoot(roots.before.gc, root)
  fill(filesystem.folder)
  if (!atOnce) {
    const { exit, output } = await gc()
    expect(output).toContain('HOST_NO_SPACE')
    expect(exit).toBe(15)
    expect(expected.checkFound(root)).toEqual([])
    rmSync(join(filesystem.folder, `fill-${2 ** 20}-0`))
  }
  execFileSync('sync', ['-f', filesystem.folder])
  const { bfree } = statfsSync(filesystem.folder)
  const { exit, output } = await gc()
  expect(output).not.toContain('HOST_NO_SPACE')
  expect(exit).toBe(0)
  execFileSync('sync', ['-f', filesystem.folder])
  expect(statfsSync(filesystem.folder).bfree).toBeGreaterThan(bfree)
  expect(expected.checkEnd(root)).toEqual([])
})

function mountedOr(name: FilesystemName): MountedFilesystem | undefined {
  const made = mountFilesystem(name)
  if (typeof made !== 'string') return made
  console.warn(`skipped: ${name}: ${made}`)
  return undefined
}
