// The programs of test/oracles, which judge what a solver answers, on a universe of packages written by hand: every rule
// of Debian policy that they keep has packages here that meet it by a hair, or miss it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ran {
  /** The lines of its output, each read as JSON. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly status: number | null
  readonly stderr: string
}

export interface Answer {
  readonly id: string
  readonly goals: readonly string[]
  readonly chosen?: readonly (readonly [name: string, version: string])[] | null
}

const programs = join(import.meta.dirname, '../oracles')

/** Runs one of the programs with answers on its standard input. */
export function judge(words: readonly [string, ...string[]], answers: readonly Answer[] = []): Ran {
  const [program, ...rest] = words
  const { status, stdout, stderr } = spawnSync(join(programs, program), rest, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    input: answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''),
  })
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Record<string, unknown> => JSON.parse(line))
  return { lines, status, stderr }
}

/** `bash 5.2-1 dash 0.5` as pairs of name and version. */
export function chosen(text: string): [string, string][] {
  const words = text.split(' ').filter((word) => word !== '')
  return words.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, words[at + 1] ?? '']] : []))
}

export const universe = `
Package: base
Version: 1
Multi-Arch: allowed

Package: lib
Version: 1.4

Package: lib
Version: 1.6

Package: provides-lib
Version: 1
Provides: lib (= 1.7), courier

Package: provides-any-lib
Version: 1
Provides: lib

Package: app
Version: 2:1~rc1
Depends: lib (>= 1.5), base:any (>> 0),

Package: early
Version: 1
Pre-Depends: base

Package: folded
Version: 1
Depends: nonesuch |
 courier,
 early

Package: exact
Version: 1
Depends: lib (= 1.4)

Package: exact-and-later
Version: 1
Depends: exact, lib (>> 1.6)

Package: two-versions
Version: 1
Depends: exact, two-versions-help

Package: two-versions-help
Version: 1
Depends: lib (= 1.6)

Package: post
Version: 1
Provides: mail
Conflicts: mail

Package: fax
Version: 1
Provides: mail
Conflicts: mail

Package: post-and-fax
Version: 1
Depends: post, fax

Package: itself
Version: 1
Provides: service
Depends: service
Conflicts: itself

Package: breaks-old
Version: 1
Breaks: lib (<< 1.6)

Package: breaks-old-and-exact
Version: 1
Depends: breaks-old, exact

Package: breaks-provided
Version: 1
Breaks: lib (= 1.7)

Package: breaks-provided-and-courier
Version: 1
Depends: breaks-provided, courier

Package: without-lib
Version: 1
Conflicts: nonesuch, lib

Package: without-lib-and-app
Version: 1
Depends: without-lib, app

Package: dangling
Version: 1
Depends: base, nonesuch | base (>= 2)

Package: other-architecture
Version: 1
Depends: base:i386

Package: far
Version: 1
Depends: farther

Package: farther
Version: 1
Depends: farthest | dangling

Package: farthest
Version: 1
Breaks: far (<= 1)
`

/** Those of the universe that no set of packages contains; worked out by hand. */
export const cannotBe = [
  'two-versions',
  'post-and-fax',
  'breaks-old-and-exact',
  'breaks-provided-and-courier',
  'without-lib-and-app',
  'dangling',
  'other-architecture',
  'far',
]

export const names = (): string[] => [...new Set(universe.match(/(?<=^Package: ).*/gm))]

/** A folder with the universe as apt keeps it, settings of apt that know nothing else, and the path of the index. */
export function keepUniverse(folder: string): { index: string; settings: string } {
  for (const below of ['lists/partial', 'cache', 'etc/apt.conf.d', 'etc/preferences.d'])
    mkdirSync(join(folder, below), { recursive: true })
  const digest = '0'.repeat(64)
  const paragraphs = universe
    .trim()
    .split('\n\n')
    .map((text, at) => `${text}\nArchitecture: all\nFilename: ${at}.deb\nSize: 1\nSHA256: ${digest}\n`)
  const prefix = join(folder, 'lists/packages.invalid_dists_small_')
  const index = `${prefix}main_binary-amd64_Packages`
  writeFileSync(index, paragraphs.join('\n'))
  const indexed = `${digest} 1 main/binary-amd64/Packages`
  writeFileSync(
    `${prefix}Release`,
    `Codename: small\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nArchitectures: amd64\nComponents: main\nSHA256:\n ${indexed}\n`,
  )
  writeFileSync(join(folder, 'etc/sources.list'), 'deb [trusted=yes] http://packages.invalid small main\n')
  const settings = join(folder, 'apt.conf')
  writeFileSync(
    settings,
    `Dir::Etc "${folder}/etc";\nDir::State::lists "${folder}/lists";\nDir::Cache "${folder}/cache";\n` +
      'APT::Architecture "amd64";\nAPT::Architectures { "amd64"; };\n',
  )
  return { index, settings }
}
