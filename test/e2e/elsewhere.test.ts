// The built program where it has less than a machine of its own: as an ordinary user, in a chroot without /proc, in
// namespaces as a container has them. A bundle is taken in and applied, the root goes back, is damaged, mended and cleared.
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { onlyObject, type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'
import { sampleDates, type SampleVersion, writeSample } from '../support/sample.ts'

const launcher = join(import.meta.dirname, '../../dist/moss')
const isRoot = process.getuid?.() === 0
const nobody = 65534

let moss: Program
const atStation = ['--home', 'station'] as const

beforeAll(() => {
  moss = programIn(scratchFolder())
  chmodSync(moss.folder, 0o755)
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  offer('first')
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

function offer(version: SampleVersion): void {
  moss.json('add', 'stable', ...writeSample(join(moss.folder, version), version), ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', `${sampleDates[version]}`, ...atStation)
}

interface Place {
  readonly name: string
  /** What the program's words are put behind. */
  readonly before: (folder: string) => readonly string[]
  readonly user?: number
}

const places: readonly Place[] = [
  { name: 'here', before: () => [] },
  { name: 'as an ordinary user', before: () => [], user: nobody },
  {
    name: 'in a chroot',
    before: (folder) => [
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount --rbind / "$0" && umount -l "$0/proc" && exec chroot "$0" "$@"',
      join(folder, 'jail'),
    ],
  },
  {
    name: 'in a container',
    before: () => ['unshare', '--user', '--map-root-user', '--mount', '--pid', '--net', '--fork'],
  },
]

function cannot(skip: (why: string) => never, why: string): never {
  console.warn(`skipped: ${why}`)
  return skip(why)
}

const digests = new Map<string, unknown>()

describe.each(places)('$name', ({ name, before, user }) => {
  test('a root lives its whole life', ({ skip }) => {
    if (!isRoot && name !== 'here') cannot(skip, 'only root can be somebody else, or elsewhere')
    const folder = join(moss.folder, name.replaceAll(' ', '-'))
    mkdirSync(join(folder, 'jail'), { recursive: true })
    if (user !== undefined) chownSync(folder, user, user)
    const root = join(folder, 'root')
    const [program, ...words] = [...before(folder), launcher]
    const run = (args: readonly string[]) => {
      const given = [...words, ...args, '--root', root, '--json', '-y']
      const { status, stdout, stderr } = spawnSync(program, given, {
        cwd: '/',
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C' },
        ...(user === undefined ? {} : { uid: user, gid: user }),
      })
      return { status, stdout, stderr }
    }
    const json = (...args: readonly string[]): Record<string, unknown> => {
      const { status, stdout, stderr } = run(args)
      if (status !== 0) throw new Error(`${name}: moss ${args.join(' ')}: exit ${status}\n${stderr}`)
      return onlyObject(stdout) as Record<string, unknown>
    }
    const able = spawnSync(program, [...words.slice(0, -1), ...(words.length > 0 ? ['true'] : ['version'])])
    if (able.status !== 0) cannot(skip, `${program} cannot be used here: ${able.stderr.toString().trim()}`)
    const trusted = join(folder, 'trust.moss-root')
    writeFileSync(trusted, spawnSync('cat', [join(moss.folder, 'station/root.moss-root')]).stdout)
    json('init', '--trust', trusted, '--name', 'pump')
    json('subscribe', 'binary(harbour)', 'pilot-books')
    const update = (): void => {
      const state = join(folder, 'pump.moss-state')
      json('state', 'export', state)
      moss.json('fleet', 'enroll', state, '-y', ...atStation)
      moss.json('export', '--for', state, '-o', join(folder, '1.moss'), ...atStation)
      chmodSync(join(folder, '1.moss'), 0o644)
      json('import', join(folder, '1.moss'))
      json('apply')
      expect(json('verify', '--all')['findings']).toEqual([])
    }
    const digest = (): unknown => json('state', 'show', '--digest')['tree']
    update()
    const first = digest()
    json('rollback', '0')
    json('rollback', '1')
    expect(digest()).toBe(first)
    // Edited in place, so that the store has it too: only the bundle can bring it back.
    chmodSync(join(root, 'usr/bin/tide'), 0o777)
    writeFileSync(join(root, 'usr/share/pilot/book-1.txt'), 'no book')
    writeFileSync(join(root, 'usr/bin/mine'), 'mine')
    const { status, stdout } = run(['verify'])
    expect([status, (onlyObject(stdout) as { findings: unknown[] }).findings.length]).toEqual([3, 3])
    expect(json('repair', '--from', join(folder, '1.moss'))).toMatchObject({ left: [], lacking: 0 })
    expect(json('verify', '--all')['findings']).toEqual([])
    expect(digest()).toBe(first)
    expect(json('gc')).toMatchObject({ lost: 1 })
    expect(json('verify', '--quick', '--all')['findings']).toEqual([])
    digests.set(name, first)
    // Owners are recorded and not set for an ordinary user; everywhere else the tree is the same.
    if (user === undefined) expect(first).toEqual(digests.get('here'))
  }, 120_000)
})
