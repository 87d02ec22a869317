// Tab in the real shells: bash and zsh in a terminal, fish by its own way to ask. What is completed is what the table of verbs and the
// machine have; what a stranger may have named never runs.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isEffort } from '../../src/carry/effort.ts'
import { effortWords } from '../../src/cli/verb.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { oracle } from '../support/oracle.ts'
import { type Program, programIn } from '../support/program.ts'
import { openTerminal, type Terminal } from '../support/terminal.ts'
import { hostRoot, stationHome, TwoMachines } from '../support/two-machines.ts'

const launcher = join(import.meta.dirname, '../../dist/moss')
/** The name of a host that a stick may bring. */
const hostile = "tap $(touch owned); `touch owned` 'x"
const machines = new TwoMachines()
let moss: Program
let environment: Readonly<Record<string, string>>

/** Media are looked for where systems mount: there the test has mounts of its own. */
const mediaProblem =
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
    ? undefined
    : 'this machine allows no mount namespaces'
if (mediaProblem !== undefined) console.warn(`skipped: media, ${mediaProblem}`)

beforeAll(() => {
  moss = programIn(machines.at('updated'))
  mkdirSync(join(moss.folder, 'bin'))
  symlinkSync(launcher, join(moss.folder, 'bin/moss'))
  moss.json('init', '--trust', 'media/usb/root.moss-root', '--name', hostile, '--root', 'stranger')
  moss.json('state', 'export', 'stranger.moss-state', '--root', 'stranger')
  moss.json('fleet', 'enroll', 'stranger.moss-state', '--home', stationHome)
  moss.json('fleet', 'group', 'harbour', 'pump-07', '--home', stationHome)
  moss.json('hold', 'tide', '--root', hostRoot)
  environment = { PATH: `${join(moss.folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: moss.folder }
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(join(moss.folder, `moss.${shell}`), moss.run(['completion', shell]).stdout)
})
afterAll(() => machines[Symbol.dispose]())

/** What is offered, as the scripts get it: the words alone. */
function offered(shell: string, ...words: readonly string[]): readonly string[] {
  const ran = moss.run(['completion', shell, '--words', '--', ...words])
  expect([ran.exit, ran.stderr]).toEqual([0, ''])
  return ran.stdout
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t')[0] ?? '')
}
const host = ['--root', hostRoot] as const
const station = ['--home', stationHome] as const

describe('what is offered', () => {
  test.each([
    ['the second word of a verb', ['state', 'p'], ['pin', 'prune']],
    ['flags of the verb, and none twice', ['split', '--volume', '1G', '--vo'], []],
    ['a flag that repeats, again', ['export', '--for', 'a', '--for'], ['--for']],
    ['an effort', ['export', '--effort', 's'], ['small']],
    ['a value behind =', ['export', '--effort=f'], ['--effort=fast']],
    ['flags beside one that is ours, too', ['list', '--json', '--qui'], ['--quiet']],
    ['no flag behind two dashes', ['list', '--', '--'], []],
    ['verbs to help with', ['help', 'state', 's'], ['show']],
    ['what is installed, to hold it', [...host, 'hold', 'ti'], ['tide', 'tide-tables']],
    ['what is held, to unhold it', [...host, 'unhold', ''], ['tide']],
    ['what is asked for', [...host, 'unsubscribe', ''], ['harbour']],
    ['what the channel offers', [...host, 'install', 'pi'], ['pilot-books']],
    ['nothing twice', [...host, 'install', 'pilot-books', 'pi'], []],
    ['states, the newest first', [...host, 'rollback', ''], ['2', '1', '0']],
    ['channels', [...station, 'channel', 'show', ''], ['stable']],
    ['hosts', [...station, 'fleet', 'show', 'p'], ['pump-07']],
    ['hosts and groups', [...station, 'export', '--for', 'h'], ['harbour']],
    ['keys', [...station, 'key', 'export', ''], ['release']],
    ['shells', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['nothing where nothing is', ['--root', '/nowhere', 'info', ''], []],
    ['nothing behind a verb that is none', ['frobnicate', ''], []],
    ['nothing for a flag of another verb', ['list', '--effort', ''], []],
  ] as const)('%s', (_, words, expected) => {
    expect(offered('zsh', ...words)).toEqual(expected)
  })

  test.runIf(mediaProblem === undefined)(
    'media: what is mounted where systems mount, and has something of moss',
    () => {
      const script = `mount -t tmpfs none /mnt && mount -t tmpfs none /media
mkdir -p /mnt/usb/moss/bundles /media/operator/stick/moss /media/operator/photos /mnt/empty
"$@"`
      const ran = spawnSync(
        'unshare',
        ['-m', 'sh', '-ec', script, 'sh', launcher, 'completion', 'zsh', '--words', '--', 'sync', ''],
        { cwd: moss.folder, encoding: 'utf8' },
      )
      expect(ran.stdout.split('\n').slice(1, -1)).toEqual([
        '/media/operator/stick\tmedium',
        '/mnt/usb\tmedium',
      ])
    },
  )

  test('each effort is one', () => {
    expect(effortWords.filter((word) => !isEffort(word))).toEqual([])
  })

  test('every verb is reached word by word', () => {
    for (const verb of verbs) {
      const parts = verb.words.split(' ')
      parts.forEach((part, at) => expect(offeredHere(parts.slice(0, at)), verb.words).toContain(part))
    }
  })
  const known = new Map<string, readonly string[]>()
  const offeredHere = (before: readonly string[]): readonly string[] =>
    known.getOrInsertComputed(before.join(' '), () => offered('zsh', ...before, ''))

  test('it changes nothing, and needs no right to', () => {
    const look = (): string =>
      spawnSync('find', [hostRoot, stationHome, '-printf', '%p %T@ %i\n'], {
        cwd: moss.folder,
        encoding: 'utf8',
      }).stdout
    const before = look()
    for (const words of [
      ['info', ''],
      ['rollback', ''],
      ['unhold', ''],
    ])
      offered('bash', ...host, ...words)
    for (const words of [
      ['fleet', 'show', ''],
      ['export', '--for', ''],
      ['channel', 'show', ''],
    ])
      offered('bash', ...station, ...words)
    expect(look()).toBe(before)
  })

  test('what would run in a shell is escaped for bash, and what breaks a line is left out', () => {
    const [name = ''] = offered('bash', ...station, 'fleet', 'show', 'tap')
    const said = spawnSync('bash', ['-c', `printf %s ${name}`], { cwd: moss.folder, encoding: 'utf8' })
    expect(said.stdout).toBe(hostile)
    expect(existsSync(join(moss.folder, 'owned'))).toBe(false)
    // In quotes it could not be made safe.
    expect(offered('bash', ...station, 'fleet', 'show', '"tap')).toEqual([])
  })

  test('a script is asked for by its shell’s name alone', () => {
    expect(moss.run(['completion', 'csh']).exit).toBe(2)
    expect(moss.run(['completion', 'bash', 'x']).exit).toBe(2)
  })
})

/** Types this, presses Tab, and types on: what stands before the mark is what came of it. */
async function tab(terminal: Terminal, typed: string, expected: string): Promise<void> {
  terminal.press('C-u')
  terminal.type(typed)
  terminal.press('Tab')
  terminal.type('#')
  await terminal.sees(`${expected}#`)
  terminal.press('BSpace')
}

describe.each([
  ['bash', 'env PS1="> " bash --norc --noprofile -i', '. ./moss.bash'],
  ['zsh', 'env PS1="> " zsh -f -i', 'autoload -Uz compinit; compinit -u -d ./dump; . ./moss.zsh'],
] as const)('%s', (shell, command, begin) => {
  test.skipIf(!oracle(shell, 'tmux'))(
    'completes verbs, flags, files, names and states, and runs nothing',
    async () => {
      using terminal = openTerminal({ name: shell, command, environment, folder: moss.folder })
      await terminal.sees('>')
      terminal.type(`${begin}; echo be''gun\n`)
      await terminal.sees('begun')
      await tab(terminal, 'moss stat', 'moss stat')
      terminal.press('C-u')
      terminal.type('moss stat')
      terminal.press('Tab')
      terminal.press('Tab')
      await terminal.sees(/^state\b/m, /\bstatus\b/)
      await tab(terminal, 'moss state pru', 'moss state prune ')
      await tab(terminal, `moss --root ${hostRoot} info har`, 'info harbour ')
      await tab(terminal, `moss --root ${hostRoot} install pil`, 'install pilot-books ')
      await tab(terminal, 'moss export --eff', 'moss export --effort ')
      await tab(terminal, 'moss export --effort=f', 'export --effort=fast ')
      await tab(terminal, 'moss inspect stranger.m', 'moss inspect stranger.moss-state ')
      await tab(terminal, 'moss export --plan=stranger.m', 'export --plan=stranger.moss-state ')
      terminal.press('C-u')
      terminal.type(`moss --home ${stationHome} fleet show ta`)
      terminal.press('Tab')
      await terminal.sees('touch\\ owned')
      terminal.press('Enter')
      await terminal.sees(/host +tap/)
      expect(existsSync(join(moss.folder, 'owned'))).toBe(false)
    },
  )
})

test.skipIf(!oracle('zsh', 'tmux'))(
  'zsh shows what each word is, and finds the script by its name',
  async () => {
    mkdirSync(join(moss.folder, 'functions'))
    writeFileSync(join(moss.folder, 'functions/_moss'), moss.run(['completion', 'zsh']).stdout)
    using terminal = openTerminal({
      name: 'zsh-fpath',
      command: 'env PS1="> " zsh -f -i',
      environment,
      folder: moss.folder,
    })
    await terminal.sees('>')
    terminal.type(
      `fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -d ./dump2; echo be''gun\n`,
    )
    await terminal.sees('begun')
    terminal.type('moss state p')
    terminal.press('Tab')
    await terminal.sees('pin    -- keep a state until it is unpinned', 'prune  -- let kept states go')
  },
)

describe.skipIf(!oracle('fish'))('fish', () => {
  const complete = (typed: string): readonly string[] =>
    spawnSync('fish', ['--no-config', '-c', 'source moss.fish; complete -C $argv[1]', typed], {
      cwd: moss.folder,
      encoding: 'utf8',
      env: environment,
    })
      .stdout.split('\n')
      .filter((line) => line !== '')

  test('completes verbs with what they do, flags, files and names', () => {
    expect(complete('moss sta').map((line) => line.split('\t')[0])).toEqual(['state', 'status'])
    expect(complete('moss state pru')).toEqual([
      'prune\tlet kept states go: these, or all but the newest; never what is current, confirmed or pinned',
    ])
    expect(complete('moss export --eff')[0]).toMatch(/^--effort\thow hard to compress/)
    expect(complete('moss export --effort=f')).toEqual(['--effort=fast'])
    expect(complete(`moss --root ${hostRoot} install pil`)).toEqual([
      'pilot-books\tBooks for pilots, that never change',
    ])
    expect(complete('moss inspect stranger.m')[0]).toMatch(/^stranger\.moss-state/)
    expect(complete('moss export --plan=stranger.m')[0]).toMatch(/^--plan=stranger\.moss-state/)
    expect(complete('moss list ')).toEqual([])
  })

  test('runs nothing of a name', () => {
    expect(complete(`moss --home ${stationHome} fleet show ta`)[0]).toContain('$(touch owned)')
    expect(existsSync(join(moss.folder, 'owned'))).toBe(false)
  })
})
