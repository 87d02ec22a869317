// What the built program promises where something is wrong, or done twice: which error, which exit code, what is
// kept, and that standard output under --json is always one object.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codes } from '../../src/base/codes.ts'
import { formatHelp, formatVerbHelp } from '../../src/cli/help.ts'
import type { Verb } from '../../src/cli/verb.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { oracle } from '../support/oracle.ts'
import { onlyObject, type Program, programIn } from '../support/program.ts'
import { sampleDates, writeSample } from '../support/sample.ts'
import { scratchFolder } from '../support/scratch.ts'

const top = join(import.meta.dirname, '../..')
const home = ['--home', 'station'] as const
let moss: Program

interface Exported {
  readonly bundle: string
  readonly fileBytes: number
  readonly isNew: boolean
}
const exportTo = (name: string, ...states: readonly string[]): Exported =>
  moss.json('export', ...states.flatMap((state) => ['--for', state]), '-o', name, ...home)
const verbNamed = (words: string): Verb => {
  const found = verbs.find((verb) => verb.words === words)
  if (found === undefined) throw new Error(`no verb ${words}`)
  return found
}
const pathOf = (name: string): string => join(moss.folder, name)

beforeAll(() => {
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...home)
  moss.json('channel', 'create', 'stable', ...home)
  moss.json('add', 'stable', ...writeSample(pathOf('packages'), 'first'), ...home)
  moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.first}`, ...home)
  for (const [name, wish] of [
    ['pump-07', 'harbour'],
    ['pump-08', 'tide'],
  ] as const) {
    moss.json('init', '--trust', 'station/root.moss-root', '--name', name, '--root', name)
    moss.json('subscribe', wish, '--root', name)
    moss.json('state', 'export', `${name}.moss-state`, '--root', name)
    moss.json('fleet', 'enroll', `${name}.moss-state`, ...home)
  }
  exportTo('07.moss', 'pump-07.moss-state')
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

describe('bundles', () => {
  test('two hosts in one bundle cost less than the sum of two bundles', () => {
    const first = statSync(pathOf('07.moss')).size
    const second = exportTo('08.moss', 'pump-08.moss-state').fileBytes
    const both = exportTo('both.moss', 'pump-07.moss-state', 'pump-08.moss-state').fileBytes
    expect(both).toBeLessThan(first + second)
  })

  test('the same plan gives the same bytes: after deleting the file, and at another station with the same keys', () => {
    const before = readFileSync(pathOf('07.moss'))
    rmSync(pathOf('07.moss'))
    exportTo('07.moss', 'pump-07.moss-state')
    expect(readFileSync(pathOf('07.moss')).equals(before)).toBe(true)
    spawnSync('cp', ['-a', 'station', 'branch'], { cwd: moss.folder })
    moss.json('export', '--for', 'pump-07.moss-state', '-o', 'branch.moss', '--home', 'branch')
    expect(readFileSync(pathOf('branch.moss')).equals(before)).toBe(true)
  })

  test('exporting again to the same file says that it was there, and leaves it alone', () => {
    const before = statSync(pathOf('07.moss'))
    expect(exportTo('07.moss', 'pump-07.moss-state').isNew).toBe(false)
    const after = statSync(pathOf('07.moss'))
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
    expect(moss.text('export', '--for', 'pump-07.moss-state', '-o', '07.moss', '-q', ...home)).toContain(
      'it was there already and read back',
    )
  })

  test('a bundle for another host is refused by name', () => {
    expect(moss.text('import', '08.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
      "$ moss import 08.moss --root pump-07
      | moss: error: this bundle is for pump-08, not for pump-07 [BUNDLE_WRONG_HOST]
      | moss: hint: choose the bundle made for this host, or carry its state to the station (moss state export) and ask for one
      [exit 12]"
    `)
    expect(moss.text('plan', '--from', '08.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
      "$ moss plan --from 08.moss --root pump-07
      | moss: error: this bundle is for pump-08, not for pump-07 [BUNDLE_WRONG_HOST]
      | moss: hint: choose the bundle made for this host, or carry its state to the station (moss state export) and ask for one
      [exit 12]"
    `)
    expect(moss.shape('import', '08.moss', '--root', 'pump-07')).toMatchInlineSnapshot(
      `"exit 12 {error: {code: string, message: string, hint: string, details: {hosts: string[], thisHost: string}}}"`,
    )
  })

  test('a bundle of a publisher whom this host does not trust is refused', () => {
    moss.json('key', 'generate', 'other', '--no-passphrase', '--home', 'stranger')
    moss.json('init', '--trust', 'stranger/root.moss-root', '--name', 'pump-99', '--root', 'pump-99')
    expect(moss.text('import', '07.moss', '--root', 'pump-99')).toMatchInlineSnapshot(`
      "$ moss import 07.moss --root pump-99
      | moss: error: head is signed by a key this machine does not trust: <id> [TRUST_UNKNOWN_KEY]
      | moss: hint: ask the publisher, by another way than this file, whether it is theirs; moss trust show lists the trusted ones
      [exit 11]"
    `)
  })
})

describe('damage', () => {
  interface Part {
    readonly name: string
    readonly offset: number
    readonly storedBytes: number
  }
  const flipped = (at: number): string => {
    const bytes = readFileSync(pathOf('07.moss'))
    bytes[at] = (bytes[at] ?? 0) ^ 4
    writeFileSync(pathOf('flipped.moss'), bytes)
    return 'flipped.moss'
  }

  test('one flipped bit in any part is refused, and the part named', () => {
    const { parts } = moss.json<{ parts: readonly Part[] }>('inspect', '07.moss')
    expect(parts.length).toBeGreaterThan(8)
    const told = parts.map(({ name, offset, storedBytes }) => {
      const ran = moss.run(['import', flipped(offset + storedBytes - 1), '--root', 'pump-07', '--json'])
      const { error } = onlyObject(ran.stdout) as { error: { code: string; message: string } }
      expect([10, 11], `${name}: ${error.message}`).toContain(ran.exit)
      return `${name}: ${ran.exit} ${error.code}: ${error.message}`
    })
    expect(told.join('\n').replaceAll(moss.folder, 'FOLDER')).toMatchInlineSnapshot(`
      "prelude: 10 CONTAINER_TOO_NEW: FOLDER/flipped.moss is written in format version 67108865, which this moss does not know
      head: 10 CONTAINER_DAMAGED: container is damaged in head: its digest is not the container id
      signatures: 11 TRUST_SIGNATURE_INVALID: signature 1 of head is not genuine: the signature block is malformed
      snapshot: 10 CONTAINER_DAMAGED: container is damaged in section snapshot: its bytes are not the ones that were signed
      summary: 10 CONTAINER_DAMAGED: container is damaged in section summary: its bytes are not the ones that were signed
      manifests: 10 CONTAINER_DAMAGED: container is damaged in section manifests: its bytes are not the ones that were signed
      frames: 10 CONTAINER_DAMAGED: container is damaged in section frames: its bytes are not the ones that were signed
      chunks: 10 CONTAINER_DAMAGED: container is damaged in section chunks: its bytes are not the ones that were signed
      packages: 10 CONTAINER_DAMAGED: container is damaged in section packages: its bytes are not the ones that were signed
      hosts: 10 CONTAINER_DAMAGED: container is damaged in section hosts: its bytes are not the ones that were signed
      contents: 10 CONTAINER_DAMAGED: container is damaged in section contents: its bytes are not the ones that were signed
      links: 10 CONTAINER_DAMAGED: container is damaged in section links: its bytes are not the ones that were signed
      catalogue: 10 CONTAINER_DAMAGED: container is damaged in section catalogue: its bytes are not the ones that were signed
      frames: 10 CONTAINER_DAMAGED: container is damaged in frame 0: its bytes are not the ones that were signed"
    `)
    expect(moss.json('status', '--root', 'pump-07')).not.toHaveProperty('waiting')
  })

  test('a file that was cut short is refused; copied whole, it is taken in and applied', () => {
    const whole = readFileSync(pathOf('07.moss'))
    writeFileSync(pathOf('stick.moss'), whole.subarray(0, whole.length - 1000))
    expect(moss.text('import', 'stick.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
      "$ moss import stick.moss --root pump-07
      | moss: error: container is cut short in frame 0: <size> of <size> present [CONTAINER_TRUNCATED]
      | moss: hint: copy the file again and run the same command: the frames already taken in are kept
      [exit 10]"
    `)
    expect(moss.text('inspect', 'stick.moss').split('\n')[2]).toMatchInlineSnapshot(
      `"!  cut short: <size> are here; copy the file again"`,
    )
    expect(moss.text('verify', 'stick.moss', '--home', 'nobody')).toMatchInlineSnapshot(`
      "$ moss verify stick.moss --home nobody
      | moss: error: container is cut short in frames: <size> of <size> present [CONTAINER_TRUNCATED]
      | moss: hint: copy the file again and run the same command; nothing was taken in
      [exit 10]"
    `)
    writeFileSync(pathOf('stick.moss'), whole.subarray(0, 40))
    expect(moss.text('import', 'stick.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
      "$ moss import stick.moss --root pump-07
      | moss: error: container is cut short in prelude: <size> of <size> present [CONTAINER_TRUNCATED]
      | moss: hint: copy the file again and run the same command; nothing was taken in
      [exit 10]"
    `)
    writeFileSync(pathOf('stick.moss'), '')
    expect(moss.text('import', 'stick.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
      "$ moss import stick.moss --root pump-07
      | moss: error: FOLDER/stick.moss is not a file that fits here: it is empty [CONTAINER_NOT_ONE]
      | moss: hint: copy the file again from where it was made
      [exit 10]"
    `)
    writeFileSync(pathOf('stick.moss'), whole)
    expect(moss.json('import', 'stick.moss', '--apply', '--root', 'pump-07')).toHaveProperty(
      'applied.state',
      1,
    )
  })

  test('a medium that may only be read works, and stays as it is', () => {
    mkdirSync(pathOf('stick'))
    copyFileSync(pathOf('08.moss'), pathOf('stick/08.moss'))
    chmodSync(pathOf('stick/08.moss'), 0o444)
    chmodSync(pathOf('stick'), 0o555)
    const before = statSync(pathOf('stick/08.moss'))
    moss.json('import', 'stick/08.moss', '--apply', '--root', 'pump-08')
    const after = statSync(pathOf('stick/08.moss'))
    expect([after.ino, after.mtimeMs, after.size]).toEqual([before.ino, before.mtimeMs, before.size])
    chmodSync(pathOf('stick'), 0o755)
  })

  test('an older bundle is refused once a newer one was seen', () => {
    moss.json('add', 'stable', ...writeSample(pathOf('newer'), 'second'), ...home)
    moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.second}`, ...home)
    moss.json('state', 'export', 'pump-07.moss-state', '--root', 'pump-07')
    exportTo('newer.moss', 'pump-07.moss-state')
    moss.json('import', 'newer.moss', '--apply', '--root', 'pump-07')
    expect(moss.text('import', '07.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
      "$ moss import 07.moss --root pump-07
      | moss: error: channel stable at serial 1 is older than 2, which this host has already seen [TRUST_ROLLBACK]
      | moss: hint: use a newer bundle; to go back to a kept state use moss rollback; to an older serial only with a grant of the channel
      [exit 12]"
    `)
  })
})

test.skipIf(!oracle('flock'))('a root or home that another process holds is busy: exit 14', async () => {
  const holder = spawn(
    'flock',
    ['pump-07/.moss/lock', 'flock', 'station/lock', 'sh', '-c', 'echo held; read end'],
    {
      cwd: moss.folder,
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  await new Promise((held) => holder.stdout.once('data', held))
  try {
    expect(moss.text('import', '07.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
      "$ moss import 07.moss --root pump-07
      | moss: error: another moss is changing FOLDER/pump-07 [STATE_LOCKED]
      | moss: hint: wait until it has finished, then run the same command again
      [exit 14]"
    `)
    expect(moss.run(['subscribe', 'tide', '--root', 'pump-07']).exit).toBe(14)
    expect(moss.run(['add', 'stable', 'packages/tide', ...home]).exit).toBe(14)
    // Questions wait for nobody.
    expect(moss.run(['status', '--root', 'pump-07']).exit).toBe(0)
    expect(moss.run(['list', '--root', 'pump-07']).exit).toBe(0)
    expect(moss.run(['channel', 'show', 'stable', ...home]).exit).toBe(0)
  } finally {
    holder.stdin.end()
    await new Promise((left) => holder.once('close', left))
  }
})

test('wrong usage names the nearest right one', () => {
  const wrong: readonly (readonly string[])[] = [
    ['frobnicate'],
    ['aply'],
    ['state'],
    ['state', 'shwo'],
    ['apply', '--dryrun'],
    ['apply', '--from', 'x'],
    ['info'],
    ['info', 'a', 'b'],
    ['status', 'now'],
    ['add', 'stable'],
    ['status', '--root'],
    ['status', '--json=yes'],
    ['list', '--root', 'a', '--root', 'b'],
    ['key', 'generate', '--passphrase-fd', 'three'],
    ['help', 'nosuch'],
    ['tui'],
  ]
  const told = wrong.map((args) => {
    const ran = moss.run(args)
    expect(ran.exit).toBe(2)
    expect(ran.stdout).toBe('')
    return `$ moss ${args.join(' ')}\n${ran.stderr}`
  })
  expect(told.join('')).toMatchInlineSnapshot(`
    "$ moss frobnicate
    moss: error: no verb frobnicate [CLI_USAGE]
    moss: hint: see moss help
    $ moss aply
    moss: error: no verb aply; did you mean apply? [CLI_USAGE]
    moss: hint: see moss help
    $ moss state
    moss: error: state what? one of: state export, state list, state show, state diff, state prune, state pin, state unpin [CLI_USAGE]
    moss: hint: see moss help
    $ moss state shwo
    moss: error: no verb state shwo; there is: state export, state list, state show, state diff, state prune, state pin, state unpin [CLI_USAGE]
    moss: hint: see moss help
    $ moss apply --dryrun
    moss: error: no flag --dryrun here; did you mean --dry-run? [CLI_USAGE]
    moss: hint: see moss help apply
    $ moss apply --from x
    moss: error: no flag --from here [CLI_USAGE]
    moss: hint: see moss help apply
    $ moss info
    moss: error: moss info needs PACKAGE [CLI_USAGE]
    moss: hint: see moss help info
    $ moss info a b
    moss: error: moss info takes only PACKAGE, not b as well [CLI_USAGE]
    moss: hint: see moss help info
    $ moss status now
    moss: error: moss status takes nothing beside flags, not now as well [CLI_USAGE]
    moss: hint: see moss help status
    $ moss add stable
    moss: error: moss add needs FILE [CLI_USAGE]
    moss: hint: see moss help add
    $ moss status --root
    moss: error: --root needs DIR [CLI_USAGE]
    moss: hint: see moss help status
    $ moss status --json=yes
    moss: error: --json takes no value [CLI_USAGE]
    moss: hint: see moss help status
    $ moss list --root a --root b
    moss: error: --root is given twice [CLI_USAGE]
    moss: hint: see moss help list
    $ moss key generate --passphrase-fd three
    moss: error: --passphrase-fd takes a number [CLI_USAGE]
    moss: hint: see moss help
    $ moss help nosuch
    moss: error: no verb nosuch [CLI_USAGE]
    moss: hint: see moss help
    $ moss tui
    moss: error: the screens need a terminal; run moss status or moss fleet list instead [CLI_USAGE]
    moss: hint: see moss help
    "
  `)
})

describe('--json', () => {
  test.each([
    ['an error', ['info', 'nosuch', '--root', 'pump-07']],
    ['wrong usage', ['frobnicate']],
    ['a missing root', ['status', '--root', 'absent']],
    ['success', ['list', '--root', 'pump-07']],
    ['no verb', []],
    ['help of a verb', ['apply', '--help']],
    ['the version', ['--version']],
  ] as const)('prints exactly one object for %s', (_, args) => {
    const ran = moss.run([...args, '--json'])
    const value = onlyObject(ran.stdout)
    expect('error' in value).toBe(ran.exit !== 0)
  })

  test('with --progress json, events are lines before the one object', () => {
    const { stdout } = moss.run(['verify', '--root', 'pump-07', '--json', '--progress', 'json'])
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines.slice(0, -1)) expect(JSON.parse(line)).toHaveProperty('phase')
    expect(JSON.parse(lines.at(-1) ?? '')).toHaveProperty('findings')
  })
})

test('Ctrl-C ends with 130 and says that nothing is half done', async () => {
  const running = spawn(join(top, 'dist/moss'), ['verify', '--root', 'pump-07'], {
    cwd: moss.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let isTold = false
  running.stderr.on('data', (piece: Buffer) => {
    said += piece.toString()
    if (!isTold && said.includes('check store')) isTold = running.kill('SIGINT')
  })
  const exit = await new Promise((left) => running.once('close', left))
  if (exit === 0) return // It was done before the signal came.
  expect(exit).toBe(130)
  expect(said).toContain('stopped during verify [INTERRUPTED]')
})

describe.skipIf(!oracle('script'))('at a terminal of 80 columns', () => {
  /** What a person sees who types this; the terminal echoes it. */
  const typing = (keys: string, ...args: readonly string[]): string => {
    const command = `stty cols 80; ${join(top, 'dist/moss')} ${args.join(' ')}`
    return spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: moss.folder,
      input: keys,
      encoding: 'utf8',
      timeout: 30_000,
      env: { PATH: process.env['PATH'] ?? '', HOME: moss.folder, LC_ALL: 'C.UTF-8', TERM: 'vt100' },
    }).stdout.replaceAll('\r', '')
  }

  test('a question is answered by y alone, and anything else changes nothing', () => {
    const before = moss.json<{ current: number }>('status', '--root', 'pump-07').current
    const seen = typing('n\n', 'rollback', '0', '--root', 'pump-07')
    expect(seen).toContain('roll back? [y/N]')
    expect(seen).toContain('nothing was changed')
    // Ctrl-D, and Ctrl-C, whenever it comes.
    expect(typing('\u0004', 'rollback', '0', '--root', 'pump-07')).toContain('nothing was changed')
    expect(typing('\u0003', 'rollback', '0', '--root', 'pump-07')).not.toContain('a bug in moss')
    expect(moss.json('status', '--root', 'pump-07')).toHaveProperty('current', before)
    expect(typing('y\n', 'rollback', '0', '--root', 'pump-07')).toContain('state 0 is current')
    expect(typing('y\n', 'rollback', `${before}`, '--root', 'pump-07')).toContain(
      `state ${before} is current`,
    )
  })

  test('a new passphrase is asked for twice and never shown', () => {
    expect(typing('ebb\nflood\n', 'key', 'generate', 'typed', ...home)).toContain(
      'the two passphrases differ',
    )
    const seen = typing('ebb\nebb\n', 'key', 'generate', 'typed', ...home)
    expect(seen).toContain('passphrase for the new key typed, once more:')
    expect(seen).toMatch(/^key {6}typed$/m)
  })

  test('errors and hints break between words, before the edge', () => {
    const lines = typing('', 'import', '08.moss', '--root', 'pump-07').split('\n')
    expect(lines.join(' ')).toContain('not for pump-07')
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80)
  })
})

describe('help and manual', () => {
  test('help of each verb fits a console and names each flag; all come from one table', () => {
    const { verbs: told } = onlyObject(moss.run(['help', '--json']).stdout) as {
      verbs: readonly { words: string }[]
    }
    expect(told.map(({ words }) => words)).toEqual(verbs.map(({ words }) => words))
    const texts = [
      formatHelp(verbs),
      ...verbs.map((verb) => {
        const text = formatVerbHelp(verb)
        for (const flag of verb.flags ?? []) expect(text).toContain(`--${flag.name}`)
        return text
      }),
    ]
    for (const line of texts.flatMap((text) => text.split('\n')))
      expect(line.length, line).toBeLessThanOrEqual(80)
    expect(moss.run(['apply', '--help']).stdout).toBe(`${formatVerbHelp(verbNamed('apply'))}\n`)
    expect(moss.run(['help', 'state', 'diff']).stdout).toBe(`${formatVerbHelp(verbNamed('state diff'))}\n`)
  })

  test('no hint names a verb or a flag that is not there', () => {
    const words = new Set(verbs.flatMap((verb) => [verb.words, ...(verb.aliases ?? [])]))
    const source = ['src/base/codes.ts', 'src/ops', 'src/cli'].flatMap((place) => {
      const { stdout } = spawnSync('grep', ['-rhoE', '\\bmoss [a-z]+( [a-z]+)?', place], {
        cwd: top,
        encoding: 'utf8',
      })
      return stdout.trim().split('\n')
    })
    const firstWords = new Set([...words].map((word) => word.split(' ')[0]))
    const prose = new Set([
      'does',
      'makes',
      'keeps',
      'itself',
      'reads',
      'knows',
      'asks',
      'needs',
      'takes',
      'wrote',
      'that',
      'is',
      'on',
      'in',
      'or',
      'and',
      'with',
      'now',
      'of',
      'to',
      'first',
      'again',
      'there',
      'at',
      'by',
      'can',
    ])
    const unknown = source.filter((mention) => {
      const [, first = '', second = ''] = mention.split(' ')
      if (prose.has(first)) return false
      return !words.has(first) && !words.has(`${first} ${second}`) && !firstWords.has(first)
    })
    expect([...new Set(unknown)]).toEqual([])
  })
})

test('every message starts small and ends without a full stop', () => {
  // Those that no e2e test reaches are read from the table itself, with details of all the names that occur.
  const details = new Proxy({}, { get: (_, name) => detailOf(String(name)) })
  for (const [code, entry] of Object.entries(codes)) {
    const { message, hint } = entry as unknown as {
      message: (details: object) => string
      hint: (details: object) => string | undefined
    }
    for (const text of [message(details), hint(details)]) {
      if (text === undefined) continue
      expect(text, code).not.toMatch(/^[A-Z][a-z]|\.$|undefined|\[object/)
      expect(text.length, code).toBeLessThan(200)
    }
  }
})

/** A value of the type that details of this name have. */
function detailOf(name: string): unknown {
  if (['keys', 'hosts', 'lines', 'names', 'packages', 'problems', 'wanted'].includes(name))
    return ['one', 'two']
  if (name === 'here') return [1, 3]
  if (/Bytes$|^(have|need|offered|serial|count|codec|version|offset)$/.test(name)) return 7
  if (name === 'missing') return true
  return 'something'
}
