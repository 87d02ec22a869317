// What `npm run package` makes, where there is nothing else: in a chroot with the C library and a shell, and in one with
// nothing at all. The loop is carried round in it, and a first installation goes by a medium.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { displaysOf } from '../support/manual-marks.ts'
import { writeSample } from '../support/sample.ts'

const top = join(import.meta.dirname, '../..')
const isRoot = process.getuid?.() === 0
const name = `moss-linux-${process.arch}`
const packager = join(top, 'test/tools/package.ts')
const quiet = '--disable-warning=ExperimentalWarning'
/** Plain, as the issue of the stick has it. */
const mostBytes = 130e6

let place: string
let made: string

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'moss-packaged-'))
  made = join(place, 'made')
  for (const more of [[], ['--with-libc']]) {
    const ran = spawnSync(process.execPath, [quiet, packager, '--no-archive', '--into', made, ...more], {
      encoding: 'utf8',
    })
    if (ran.status !== 0) throw new Error(`the packager failed: ${ran.stdout}${ran.stderr}`)
    console.log(ran.stdout.trim())
  }
}, 300_000)
afterAll(() => rmSync(place, { recursive: true, force: true }))

interface Form {
  readonly form: string
  readonly title: string
  /** Absent where there is not even a shell that could start it by its launcher. */
  readonly start: string | undefined
  readonly hasProc: boolean
}

const forms: readonly Form[] = [
  { form: name, title: 'the folder', start: '/opt/moss/moss', hasProc: false },
  { form: `${name}-single`, title: 'the single executable', start: '/opt/moss/moss', hasProc: true },
  {
    form: `${name}-single-libc`,
    title: 'the single executable, where there is nothing at all',
    start: undefined,
    hasProc: false,
  },
]
/** As a host has it that follows a channel with it. */
const tree: Form = {
  form: `${name}-tree`,
  title: 'the package of a channel',
  start: '/usr/bin/moss',
  hasProc: false,
}

/** What `ldd` finds for a program, by the loader's own names. */
const librariesOf = (program: string): readonly string[] =>
  spawnSync('ldd', [program], { encoding: 'utf8' }).stdout.match(/\/\S+(?= \(0x)/g) ?? []

/** A root folder with moss in it and, unless it brings its own, the C library and a shell: no /proc, /dev or /etc. */
function jailFor({ form, start }: Form): string {
  const jail = mkdtempSync(join(place, 'jail-'))
  cpSync(join(made, form), join(jail, form === tree.form ? '' : 'opt/moss'), { recursive: true })
  for (const folder of ['tmp', 'proc']) mkdirSync(join(jail, folder))
  if (start === undefined) return jail
  const ofC = /\/(ld-linux[^/]*|lib(c|m|dl|pthread)\.so\.\d)$/
  for (const library of [...librariesOf(process.execPath), ...librariesOf('/bin/sh')]) {
    if (!ofC.test(library)) continue
    mkdirSync(join(jail, dirname(library)), { recursive: true })
    copyFileSync(library, join(jail, library))
  }
  mkdirSync(join(jail, 'bin'))
  copyFileSync('/bin/sh', join(jail, 'bin/sh'))
  return jail
}

/** How the manual starts it where there is not even a shell, with the loader of this machine. */
function lineOfManual(loader: string): readonly string[] {
  const page = readFileSync(join(top, 'man', 'moss-install.7'), 'utf8')
  const [display] = displaysOf(page).filter(({ mark }) => mark?.kind === 'elsewhere')
  const words = (display?.lines ?? []).join('\n').replaceAll('\\\n', '').split(/\s+/)
  expect(words.at(-1)).toBe('status')
  return words.slice(0, -1).map((word) => word.replace(/ld-linux[^/]*$/, loader))
}

interface Jailed {
  readonly jail: string
  run(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): {
    readonly exit: number | null
    readonly stdout: string
    readonly stderr: string
  }
  well(...args: readonly string[]): Record<string, unknown>
}

function jailed(form: Form): Jailed {
  const jail = jailFor(form)
  const loader = readdirSync(join(made, `${name}-single-libc/lib/libc`)).find((each) =>
    each.startsWith('ld-linux'),
  )
  const line = form.start === undefined ? lineOfManual(loader ?? '') : [form.start]
  // The loader asks /proc where an executable lies. The launcher and an own loader know without.
  const before = form.hasProc
    ? ['unshare', '--mount', 'sh', '-c', 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', jail]
    : ['chroot', jail]
  const [program = '', ...words] = [...before, ...line]
  const run: Jailed['run'] = (args, environment = {}) => {
    const { status, stdout, stderr } = spawnSync(program, [...words, ...args], {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { exit: status, stdout, stderr }
  }
  return {
    jail,
    run,
    well: (...args) => {
      const { exit, stdout, stderr } = run([...args, '--json', '-y'])
      if (exit !== 0) throw new Error(`moss ${args.join(' ')}: exit ${exit}\n${stdout}${stderr}`)
      return JSON.parse(stdout) as Record<string, unknown>
    },
  }
}

/** Prints why, so that nobody takes it for a pass. */
function unlessRoot(skip: (why: string) => never): void {
  if (isRoot) return
  console.warn('skipped: only root can change the root folder')
  skip('only root can change the root folder')
}

describe.each(forms)('$title', (form) => {
  test('carries the loop round in a chroot without /dev and /etc', ({ skip }) => {
    unlessRoot(skip)
    const { jail, run, well } = jailed(form)
    expect(run(['--version'])).toEqual({ exit: 0, stdout: expect.stringMatching(/^moss \d/), stderr: '' })
    const [atStation, onHost] = [
      ['--home', '/station'],
      ['--root', '/host'],
    ] as const
    const packages = writeSample(join(jail, 'first'), 'first').map((path) => path.slice(jail.length))
    well('key', 'generate', '--no-passphrase', ...atStation)
    well('init', '--trust', '/station/root.moss-root', '--name', 'pump', ...onHost)
    well('subscribe', 'binary(harbour)', 'pilot-books', ...onHost)
    well('channel', 'create', 'stable', ...atStation)
    well('add', 'stable', ...packages, ...atStation)
    well('channel', 'publish', 'stable', ...atStation)
    well('state', 'export', '/tmp/pump.moss-state', ...onHost)
    well('fleet', 'enroll', '/tmp/pump.moss-state', ...atStation)
    well('export', '--for', 'pump', '-o', '/tmp/1.moss', ...atStation)
    well('import', '/tmp/1.moss', ...onHost)
    well('apply', ...onHost)
    expect(existsSync(join(jail, 'host/usr/bin/tide'))).toBe(true)
    expect(well('verify', '--all', ...onHost)['findings']).toEqual([])
    well('rollback', '0', ...onHost)
    expect(existsSync(join(jail, 'host/usr/bin/tide'))).toBe(false)
    well('rollback', '1', ...onHost)
    expect(well('status', ...onHost)).toMatchObject({ current: 1, kept: [0] })
  }, 120_000)
})

describe.each([...forms, tree])('$title', (form) => {
  test('obeys no NODE_OPTIONS, neither itself nor in its threads', ({ skip }) => {
    unlessRoot(skip)
    const { jail, run } = jailed(form)
    writeFileSync(join(jail, 'evil.js'), `require('node:fs').writeSync(1, 'evil\\n')`)
    const evil = { NODE_OPTIONS: '--require=/evil.js' }
    expect(run(['--version'], evil).stdout).toMatch(/^moss \S+\n$/)
    const packages = writeSample(join(jail, 'first'), 'first').map((path) => path.slice(jail.length))
    for (const args of [
      ['key', 'generate', '--no-passphrase'],
      ['channel', 'create', 'stable'],
      // Takes packages in with the threads of the pool.
      ['add', 'stable', ...packages],
    ]) {
      const { exit, stdout, stderr } = run([...args, '--home', '/station', '--json'], evil)
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
      expect(stdout).not.toContain('evil')
    }
  }, 60_000)

  // In an executable without a launcher Node looks at it before anything of ours runs.
  test.skipIf(form.form.includes('single'))(
    'keeps nothing where NODE_COMPILE_CACHE points',
    ({ skip }) => {
      unlessRoot(skip)
      const { jail, run } = jailed(form)
      const elsewhere = { NODE_COMPILE_CACHE: '/elsewhere', NODE_COMPILE_CACHE_PORTABLE: '1' }
      writeSample(join(jail, 'first'), 'first')
      for (const args of [
        ['--version'],
        ['key', 'generate', '--no-passphrase', '--home', '/station'],
        ['pack', '/first/tide', '-o', '/out', '--home', '/station'],
      ]) {
        const { exit, stderr } = run(args, elsewhere)
        expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
        expect(existsSync(join(jail, 'elsewhere'))).toBe(false)
      }
    },
    60_000,
  )
})

test('the launcher finds its own place through a symlink, and by a path without folders', () => {
  const link = join(place, 'link')
  symlinkSync(join(made, name, 'moss'), link)
  for (const [program, cwd] of [
    [link, '/'],
    ['sh', join(made, name)],
    // With the loader and the C library that it brings.
    [join(made, `${name}-libc/moss`), '/'],
  ] as const) {
    const args = program === 'sh' ? ['moss', '--version'] : ['--version']
    const { stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^moss \d/), stderr: '' })
  }
})

test('takes its libraries from beside it, whatever the environment names', () => {
  const ran = spawnSync('ldd', [join(made, `${name}-single/moss`)], {
    encoding: 'utf8',
    env: { LD_LIBRARY_PATH: join(made, name, 'lib'), PATH: process.env['PATH'] },
  })
  for (const library of ['libatomic.so.1', 'libstdc++.so.6', 'libgcc_s.so.1'])
    expect(ran.stdout).toContain(`${made}/${name}-single/lib/${library}`)
})

test.each([name, `${name}-single`])(
  '%s opens the screens on a terminal',
  async (form) => {
    const terminal = spawn('script', ['-qec', join(made, form, 'moss'), '/dev/null'], {
      cwd: place,
      env: { PATH: process.env['PATH'], HOME: place, TERM: 'xterm', LC_ALL: 'C.UTF-8' },
    })
    let shown = ''
    let isLeft = false
    terminal.stdout.on('data', (piece: Buffer) => {
      shown += piece.toString()
      if (!isLeft && /q quit/.test(stripVTControlCharacters(shown))) {
        isLeft = true
        terminal.stdin.write('q')
      }
    })
    const [code] = (await once(terminal, 'close')) as [number]
    expect(stripVTControlCharacters(shown)).toContain('q quit')
    expect(code).toBe(0)
  },
  30_000,
)

test.each([name, `${name}-single`, `${name}-libc`, `${name}-single-libc`])(
  '%s is under 130 MB, and its sums are right',
  (form) => {
    const folder = join(made, form)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && !entry.parentPath.includes('/cache'),
    )
    const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0)
    console.log(`${form}: ${(bytes / 1e6).toFixed(1)} MB`)
    expect(bytes).toBeLessThan(mostBytes)
    const ran = spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(`${ran.stdout}${ran.stderr}`).toBe('')
    const lines = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n')
    expect(lines.length).toBe(files.length - 2)
  },
)

test('two packagings give the same bytes', () => {
  const again = join(place, 'again')
  const ran = spawnSync(process.execPath, [quiet, packager, '--no-archive', '--into', again], {
    encoding: 'utf8',
  })
  expect(ran.stderr).toBe('')
  for (const form of [name, `${name}-single`])
    expect(readFileSync(join(again, form, 'SHA256SUMS'), 'utf8')).toBe(
      readFileSync(join(made, form, 'SHA256SUMS'), 'utf8'),
    )
}, 120_000)

test('starts in at most one and a half times what its bare Node takes', () => {
  const least = new Map<string, number>()
  const time = (program: string, args: readonly string[]): void => {
    const started = performance.now()
    const { status } = spawnSync(program, args, { stdio: 'ignore' })
    expect(status).toBe(0)
    least.set(program, Math.min(least.get(program) ?? Infinity, performance.now() - started))
  }
  const bare = join(made, name, 'lib/node')
  const programs = [join(made, name, 'moss'), join(made, `${name}-single/moss`)]
  const ratios = (): readonly number[] =>
    programs.map((program) => (least.get(program) ?? Infinity) / (least.get(bare) ?? 0))
  // Turn by turn, and the least of each: what others do on this machine only adds to a time.
  for (let turn = 0; turn < 60 && (turn < 10 || ratios().some((ratio) => ratio > 1.5)); turn++) {
    time(bare, ['-e', '0'])
    for (const program of programs) time(program, ['--version'])
  }
  console.log(
    [...least].map(([program, ms]) => `${program.slice(made.length)} ${ms.toFixed(1)} ms`).join(', '),
  )
  for (const ratio of ratios()) expect(ratio).toBeLessThanOrEqual(1.5)
}, 60_000)

test('as a package of a channel it runs from the /usr that it manages, and updates itself there', ({
  skip,
}) => {
  unlessRoot(skip)
  const work = mkdtempSync(join(place, 'channel-'))
  const at = (...names: readonly string[]): string => join(work, ...names)
  const run = (program: string, ...args: readonly string[]): Record<string, unknown> => {
    const { status, stdout, stderr } = spawnSync(program, [...args, '--json', '-y'], {
      cwd: work,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}\n${stdout}${stderr}`)
    return JSON.parse(stdout) as Record<string, unknown>
  }
  const home = ['--home', 'station'] as const
  const carried = (...args: readonly string[]) => run(join(made, name, 'moss'), ...args)
  const own = (...args: readonly string[]) => run('chroot', at('host'), '/usr/bin/moss', ...args)
  const publish = (...packages: readonly string[]): void => {
    carried('add', 'stable', ...packages, ...home)
    carried('channel', 'publish', 'stable', ...home)
  }
  // What it needs of a system, as a package of its own.
  for (const file of new Set(['/bin/sh', ...librariesOf(process.execPath), ...librariesOf('/bin/sh')])) {
    mkdirSync(at('base/usr', dirname(file)), { recursive: true })
    copyFileSync(file, at('base/usr', file))
  }
  writeFileSync(at('base/moss-package.toml'), 'name = "base"\nversion = "1"\n')
  const tree = join(made, `${name}-tree`)
  carried('key', 'generate', '--no-passphrase', ...home)
  carried('channel', 'create', 'stable', ...home)
  publish('base', tree)
  carried('init', '--trust', 'station/root.moss-root', '--root', 'host')
  carried('subscribe', 'moss', '--root', 'host')
  carried('state', 'export', '1.moss-state', '--root', 'host')
  carried('fleet', 'enroll', '1.moss-state', ...home)
  carried('export', '--for', '1.moss-state', '-o', '1.moss', ...home)
  carried('import', '--apply', '1.moss', '--root', 'host')
  for (const folder of ['tmp', 'proc'].filter((each) => !existsSync(at('host', each))))
    mkdirSync(at('host', folder))
  expect(own('status')).toMatchObject({ current: 1 })

  cpSync(tree, at('newer'), { recursive: true })
  const said = readFileSync(at('newer/moss-package.toml'), 'utf8')
  writeFileSync(at('newer/moss-package.toml'), said.replace(/^version = .*/m, 'version = "99"'))
  writeFileSync(at('newer/usr/libexec/moss/CHANGELOG.md'), 'It is another.\n')
  publish('newer')
  own('state', 'export', '/tmp/2.moss-state')
  carried('export', '--for', 'host/tmp/2.moss-state', '-o', 'host/tmp/2.moss', ...home)
  expect(statSync(at('host/tmp/2.moss')).size).toBeLessThan(100_000)
  own('import', '/tmp/2.moss')
  own('apply')
  expect(own('info', 'moss')).toMatchObject({ version: '99', installed: true })
  expect(own('verify', '--all')['findings']).toEqual([])
  own('rollback', '1')
  expect(own('status')).toMatchObject({ current: 1 })
  expect(own('verify', '--all')['findings']).toEqual([])
}, 120_000)

describe('a first installation by a medium', () => {
  test('what export and sync leave there runs where it is copied to, and is written once', ({ skip }) => {
    unlessRoot(skip)
    const work = mkdtempSync(join(place, 'work-'))
    const medium = join(work, 'medium')
    mkdirSync(medium)
    const program = join(made, `${name}-single/moss`)
    const moss = (...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(program, [...args, '--json', '-y'], {
        cwd: work,
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`moss ${args.join(' ')}: exit ${status}\n${stdout}${stderr}`)
      return JSON.parse(stdout) as Record<string, unknown>
    }
    moss('key', 'generate', '--no-passphrase', 'release', '--home', 'station')
    moss('init', '--trust', 'station/root.moss-root', '--root', 'host')
    moss('channel', 'create', 'stable', '--home', 'station')
    moss('add', 'stable', ...writeSample(join(work, 'first'), 'first'), '--home', 'station')
    moss('channel', 'publish', 'stable', '--home', 'station')
    moss('subscribe', 'binary(harbour)', '--root', 'host')
    const state = moss('state', 'export', medium, '--root', 'host')
    moss('fleet', 'enroll', String(state['path']), '--home', 'station')
    const left = moss('sync', medium, '--with-tool', '--home', 'station')['tool']
    expect(left).toMatchObject({ name: `${name}-single`, isNew: true })
    const there = join(medium, 'moss/bin', `${name}-single`)
    const times = (): readonly number[] =>
      readdirSync(there, { recursive: true, encoding: 'utf8' }).map(
        (path) => statSync(join(there, path)).mtimeMs,
      )
    const before = times()
    expect(moss('sync', medium, '--with-tool', '--home', 'station')['tool']).toMatchObject({ isNew: false })
    expect(
      moss('export', '--for', medium, '-o', medium, '--with-tool', '--home', 'station')['tool'],
    ).toMatchObject({ isNew: false })
    expect(times()).toEqual(before)
    const said = spawnSync(program, ['sync', medium, '--with-tool', '--home', 'station'], {
      cwd: work,
      encoding: 'utf8',
    }).stdout
    const sums = spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], {
      cwd: there,
      encoding: 'utf8',
    })
    expect(`${sums.stdout}${sums.stderr}`).toBe('')
    const { digest, signedBy } = left as { digest: string; signedBy: string }
    const lines = said.split('\n').map((line) => line.trim())
    for (const line of [digest, signedBy, 'nothing to do']) expect(lines).toContain(line)
    expect(readFileSync(join(there, 'TOOL'), 'utf8')).toContain(digest)
    const judged = spawnSync('minisign', ['-Vm', 'TOOL', '-P', signedBy], { cwd: there, encoding: 'utf8' })
    expect(judged.stdout).toContain('Signature and comment signature verified')
    // As the manual says: copied, and only then made a program.
    const installed = join(work, 'opt')
    cpSync(there, installed, { recursive: true })
    chmodSync(join(installed, 'moss'), 0o755)
    expect(spawnSync(join(installed, 'moss'), ['--version'], { encoding: 'utf8' }).stdout).toMatch(/^moss \d/)
    // A file that was spoiled there is made again, and a package that was spoiled here is refused.
    writeFileSync(join(there, 'LICENSE'), 'none')
    expect(moss('sync', medium, '--with-tool', '--home', 'station')['tool']).toMatchObject({ isNew: true })
    expect(readFileSync(join(there, 'LICENSE'))).toEqual(readFileSync(join(top, 'LICENSE')))
    writeFileSync(join(installed, 'LICENSE'), 'none')
    const refused = spawnSync(
      join(installed, 'moss'),
      ['sync', medium, '--with-tool', '--home', 'station', '--json'],
      { cwd: work, encoding: 'utf8' },
    )
    expect(refused.stderr + refused.stdout).toContain('it is another file than its package says')
  }, 120_000)

  test('a moss that is not packaged says how to make it so', () => {
    const work = mkdtempSync(join(place, 'work-'))
    const built = (...args: readonly string[]) =>
      spawnSync(join(top, 'dist/moss'), args, { cwd: work, encoding: 'utf8' })
    mkdirSync(join(work, 'medium'))
    built('key', 'generate', '--no-passphrase', '--home', 'station')
    const { status, stderr } = built('sync', 'medium', '--with-tool', '--home', 'station')
    expect(status).toBe(13)
    expect(stderr).toContain('[TOOL_ABSENT]')
    expect(stderr).toContain('npm run package')
    expect(readdirSync(join(work, 'medium'))).toEqual([])
  })
})
