// Packages of one's own, by the built program: from recipes with real compilers in real namespaces, from the sample's recipes
// without any, and from directories; what they are made of decides their bytes, and nothing else does.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleDates, samplePackages, sampleRecipes } from '../support/built-sample.ts'
import { tarOf } from '../support/foreign.ts'
import { oracle } from '../support/oracle.ts'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

const top = join(import.meta.dirname, '../..')
const launcher = join(top, 'dist/moss')
const isRoot = process.getuid?.() === 0

interface Built {
  readonly made: readonly {
    readonly id: string
    readonly name: string
    readonly version: string
    readonly file: string
    readonly isNew: boolean
    readonly provides: readonly string[]
    readonly requires: readonly string[]
  }[]
}

let moss: Program
const atStation = ['--home', 'station'] as const

beforeAll(() => {
  moss = programIn(scratchFolder())
  chmodSync(moss.folder, 0o755)
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

const digest = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const at = (...path: readonly string[]): string => join(moss.folder, ...path)

/** Whether the kernel lets us make what steps run in. */
const mayIsolate = ((): boolean => {
  const tried = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--pid', '--fork', 'true'])
  if (tried.status === 0) return true
  if (process.env['MOSS_ORACLES'] === 'required') throw new Error('user namespaces are not permitted here')
  console.warn('skipped: user namespaces are not permitted here')
  return false
})()
function cannot(skip: (why: string) => never, why: string): never {
  console.warn(`skipped: ${why}`)
  return skip(why)
}

const hasCompiler = mayIsolate && oracle('cc', 'install')

/** A recipe in a folder of its own; `more` are lines after the least. Returns the folder. */
function recipe(
  name: string,
  more: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): string {
  mkdirSync(at(name), { recursive: true })
  for (const [file, bytes] of Object.entries(files)) writeFileSync(at(name, file), bytes)
  const sources = Object.entries(files).map(
    ([file, bytes]) => `[[source]]\nfile = "${file}"\nsha256 = "${digest(bytes)}"\n`,
  )
  writeFileSync(
    at(name, 'moss-recipe.toml'),
    `name = "${name}"\nversion = "1.0"\ndate = 2026-01-01\nsummary = "A test"\nlicence = "CC0-1.0"\n${more}\n${sources.join('\n')}`,
  )
  return name
}

const build = (folder: string, into = 'packages'): Built =>
  moss.json<Built>('build', folder, '-o', into, ...atStation)

/** By an ordinary user, with the same keys. */
function buildAsNobody(folder: string): Built {
  const theirs = at(`their ${folder}`)
  cpSync(at('station'), join(theirs, 'station'), { recursive: true })
  cpSync(at(folder), join(theirs, folder), { recursive: true })
  spawnSync('chown', ['-R', '65534:65534', theirs])
  const ran = spawnSync(launcher, ['build', folder, '-o', 'packages', '--home', 'station', '--json'], {
    encoding: 'utf8',
    cwd: theirs,
    env: { PATH: '/usr/bin:/bin', HOME: theirs },
    uid: 65534,
    gid: 65534,
  })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return JSON.parse(ran.stdout) as Built
}

/** The bytes of what was built. */
const bytesOf = (built: Built): readonly string[] => built.made.map(({ file }) => digest(readFileSync(file)))

const manual = readFileSync(join(top, 'man/moss-recipe.5'), 'utf8')

/** The manual's example: its recipe and its three sources. */
function manualExample(folder: string): void {
  const [toml = '', ...sources] = [...manual.matchAll(/^\.Bd -literal\n([^]*?)\n\.Ed$/gm)].map(
    ([, text = '']) => `${text.replaceAll(String.raw`\e`, '\\')}\n`,
  )
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'moss-recipe.toml'), toml)
  for (const [index, name] of ['tide.c', 'libtide.c', 'tide.h'].entries())
    writeFileSync(join(folder, name), sources[index] ?? '')
}

describe.skipIf(!hasCompiler)('the example of the manual', () => {
  let first: Built

  beforeAll(() => {
    manualExample(at('tide'))
    first = build('tide', 'tide-packages')
  })

  test('is three packages, parted by their paths', () => {
    const files = first.made.map(({ name, file }) => {
      moss.json('add', 'stable', file, ...atStation)
      return `${name} ${basename(file)}`.replace(/_[0-9a-f]{12}/, '')
    })
    expect(files).toEqual([
      'tide tide_1.0-1.moss',
      'libtide libtide_1.0-1.moss',
      'libtide-devel libtide-devel_1.0-1.moss',
    ])
  })

  test('provides what its files prove, and asks for what they need', () => {
    expect(first.made.map(({ provides, requires }) => ({ provides, requires }))).toEqual([
      { provides: ['binary(tide)'], requires: ['soname(libtide.so.1()(64bit))'] },
      { provides: ['soname(libtide.so.1()(64bit))'], requires: [] },
      { provides: [], requires: ['name(libtide) = 1.0-1'] },
    ])
  })

  test('without what it assumes, the loader and the C library are asked for', () => {
    manualExample(at('asking'))
    const toml = readFileSync(at('asking/moss-recipe.toml'), 'utf8')
    writeFileSync(at('asking/moss-recipe.toml'), toml.replaceAll(/^assumes = \[(?:.+\]|\n[^]*?^\])$/gm, ''))
    const [tide, library] = build('asking', 'asking-packages').made
    expect(tide?.requires).toEqual([
      expect.stringMatching(/^interpreter\(\/.*ld-.*\)$/),
      expect.stringMatching(/^soname\(libc\.so\.6/),
      'soname(libtide.so.1()(64bit))',
    ])
    // It calls nothing of the C library, so the linker did not link it.
    expect(library?.requires).toEqual([])
  })

  test('gives the same bytes again, wherever and by whomever it is built', ({ skip }) => {
    const again = build('tide', 'tide-again')
    expect(again.made.every(({ isNew }) => isNew)).toBe(true)
    expect(bytesOf(again)).toEqual(bytesOf(first))
    expect(build('tide', 'tide-again').made.some(({ isNew }) => isNew)).toBe(false)

    // In another folder, with other dates and modes, under another umask, zone and language.
    manualExample(at('elsewhere/deep/tide'))
    for (const name of readdirSync(at('elsewhere/deep/tide'))) {
      utimesSync(at('elsewhere/deep/tide', name), 1_000_000, 1_000_000)
      chmodSync(at('elsewhere/deep/tide', name), 0o640)
    }
    const words = ['build', at('elsewhere/deep/tide'), '-o', at('tide-elsewhere'), '--home', at('station')]
    const other = spawnSync('sh', ['-c', 'umask 077; exec "$0" "$@"', launcher, ...words, '--json'], {
      encoding: 'utf8',
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', HOME: '/', TZ: 'Asia/Tokyo', LC_ALL: 'C', LANG: 'de_DE.UTF-8' },
    })
    expect(other.stderr.replaceAll(/^(sources|step|pack)$\n?/gm, '')).toBe('')
    expect(bytesOf(JSON.parse(other.stdout) as Built)).toEqual(bytesOf(first))

    if (!isRoot) cannot(skip, 'only root can be somebody else')
    expect(bytesOf(buildAsNobody('tide'))).toEqual(bytesOf(first))
  })

  test('is another package when a source is', () => {
    manualExample(at('changed'))
    const source = readFileSync(at('changed/libtide.c'), 'utf8')
    const changed = source.replace('12', '13')
    const toml = readFileSync(at('changed/moss-recipe.toml'), 'utf8')
    writeFileSync(at('changed/libtide.c'), changed)
    writeFileSync(
      at('changed/moss-recipe.toml'),
      toml.replace(digest(source), digest(changed)).replace('water at 18', 'water at 19'),
    )
    const ids = ({ made }: Built): readonly string[] => made.map(({ id }) => id)
    const [oldIds, newIds] = [ids(first), ids(build('changed', 'changed-packages'))]
    expect(newIds.map((id, index) => id === oldIds[index])).toEqual([true, false, true])
  })

  test('plans first, and writes nothing by that', () => {
    const text = moss.text('build', 'tide', '-o', 'never', '-n', ...atStation)
    expect(text).toContain(
      'packages tide (amd64), libtide (amd64), libtide-devel (amd64)'.replaceAll('amd64', machine()),
    )
    expect(text).toContain('steps    build, install, check: in namespaces of their own, without network')
    expect(existsSync(at('never'))).toBe(false)
    expect(readdirSync(at('station/builds/tide'))).toEqual(['lock'])
  })

  test('goes to a host, with the library that it needs', () => {
    moss.json('channel', 'publish', 'stable', '--date', '1767225600', ...atStation)
    const root = ['--root', 'tide-host'] as const
    moss.json('init', '--trust', 'station/root.moss-root', ...root)
    moss.json('subscribe', 'tide', ...root)
    const { path } = moss.json<{ path: string }>('state', 'export', 'tide.moss-state', ...root)
    moss.json('fleet', 'enroll', path, ...atStation)
    moss.json('export', '--for', path, '-o', 'tide-bundle.moss', ...atStation)
    moss.json('import', 'tide-bundle.moss', ...root)
    moss.json('apply', ...root)
    expect(readdirSync(at('tide-host/usr/lib')).filter((name) => name.startsWith('libtide'))).toEqual([
      'libtide.so.1',
    ])
    expect(readFileSync(at('tide-host/etc/tide.conf'), 'utf8')).toBe('port = north\n')
    const ran = spawnSync(at('tide-host/usr/bin/tide'), {
      encoding: 'utf8',
      env: { LD_LIBRARY_PATH: at('tide-host/usr/lib') },
    })
    expect(ran.stdout).toBe('high water at 18\n')
  })
})

const machine = (): string => ({ x64: 'amd64', ia32: 'i386' })[process.arch as string] ?? process.arch

/** What a step printed, by way of a file in the package. */
function stepSays(name: string, commands: string, more = ''): string {
  const folder = recipe(
    name,
    `architecture = "any"\n${more}\n[steps]\ninstall = '''\nmkdir -p "$DESTDIR/usr/share"\n( ${commands} ) > "$DESTDIR/usr/share/said" 2>&1\n'''`,
  )
  const { made } = build(folder)
  return contentOf(made[0]?.file ?? '', 'said')
}

/** Of a package's file, by way of a host that has nothing else. */
function contentOf(file: string, name: string): string {
  const folder = `host-${digest(file).slice(0, 12)}`
  const channel = `c${digest(file).slice(0, 12)}`
  moss.json('channel', 'create', channel, ...atStation)
  moss.json('add', channel, file, ...atStation)
  moss.json('channel', 'publish', channel, '--date', '1767225600', ...atStation)
  moss.json('init', '--trust', 'station/root.moss-root', '--channel', channel, '--root', folder)
  moss.json('subscribe', basename(file).split('_')[0] ?? '', '--root', folder)
  const { path } = moss.json<{ path: string }>('state', 'export', `${folder}.moss-state`, '--root', folder)
  moss.json('fleet', 'enroll', path, ...atStation)
  moss.json('export', '--for', path, '-o', `${folder}.moss`, ...atStation)
  moss.json('import', `${folder}.moss`, '--root', folder)
  moss.json('apply', '--root', folder)
  return readFileSync(at(folder, 'usr/share', name), 'utf8')
}

describe.skipIf(!mayIsolate)('steps', () => {
  test('have a fixed environment, host name, umask and place', () => {
    const said = stepSays(
      'fixed',
      'env | grep -v OLDPWD | sort; pwd; umask; hostname; id -u; ls -A /; ls -A /build',
      'release = 3',
    )
    expect(said).toBe(
      `${[
        'DESTDIR=/build/install',
        'HOME=/build/home',
        'LANG=C.UTF-8',
        'LC_ALL=C.UTF-8',
        'NAME=fixed',
        'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
        'PWD=/build/src',
        'SOURCE_DATE_EPOCH=1767225600',
        'TZ=UTC',
        'VERSION=1.0-3',
        '/build/src',
        '0022',
        'moss',
        '0',
      ].join('\n')}\n${spawnSync('sh', [
        '-c',
        'cd /; LC_ALL=C ls -Ad bin lib* sbin build dev etc proc run tmp usr var 2>/dev/null | LC_ALL=C sort -u',
      ])
        .stdout.toString()
        .replace(/^bin\n/, 'bin\nbuild\n')}home\ninstall\nsrc\n`,
    )
  })

  test('have no network: no device but a dead loopback, and nobody to be reached', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    // To be connected is enough: nobody answers while the test waits for a command.
    const ask = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port} && echo reached'`
    try {
      if (!oracle('bash')) return
      const outside = await new Promise<string>((resolve) => {
        const child = spawn('sh', ['-c', ask])
        child.stdout.on('data', (piece: Buffer) => resolve(piece.toString()))
        child.on('close', () => resolve('not reached'))
      })
      expect(outside).toBe('reached\n')
      const said = stepSays(
        'network',
        `tail -n +3 /proc/net/dev | tr -d " " | cut -d: -f1,2 | cut -c1-4; tail -n +2 /proc/net/route; ${ask.replaceAll("'", '"')} || echo nobody`,
      )
      expect(said).toMatch(/^lo:0\n/)
      expect(said).not.toContain('reached\n')
      expect(said).toMatch(/nobody\n$/)
    } finally {
      server.close()
    }
  })

  test('cannot write to the system, nor change back what was prepared, nor see the machine’s files', ({
    skip,
  }) => {
    writeFileSync(at('secret'), 'secret')
    const said = stepSays(
      'shut-off',
      [
        'touch /usr/x || echo usr',
        'mount -o remount,bind,rw /usr || echo remount',
        'umount /usr || echo umount',
        'echo x > /proc/sys/kernel/core_pattern || echo sysctl',
        'mknod /build/disk b 8 0 || echo mknod',
        `ls ${at('secret')} || echo secret`,
        'ls /etc/hostname /etc/shadow /root /home /sys/kernel || echo machine',
        'chown 7 /build/src || echo chown',
      ].join('; '),
    )
    const words = said.split('\n').filter((line) => /^[a-z]+$/.test(line))
    expect(words).toEqual(['usr', 'remount', 'umount', 'sysctl', 'mknod', 'secret', 'machine', 'chown'])
    if (!isRoot) cannot(skip, 'only root can be somebody else')
    // They are told the same, to the letter.
    expect(bytesOf(buildAsNobody('shut-off'))).toEqual(bytesOf(build('shut-off')))
  })

  test('one that fails stops the build, shows its last lines and keeps its log', () => {
    const lines = '"$(seq 1 30 | sed "s/^/line /")"'
    recipe(
      'failing',
      `[steps]\nprepare = "true"\nbuild = '''echo ${lines}; printf "\\033[31mred\\n"; exit 3'''\ninstall = "true"`,
    )
    const ran = moss.run([
      'build',
      'failing',
      '-o',
      'failing-packages',
      '--json',
      '--progress',
      'json',
      ...atStation,
    ])
    expect(ran.exit).toBe(1)
    const events = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event?: string; item?: string })
    expect(JSON.stringify(events)).toContain('failing: prepare')
    expect(JSON.stringify(events)).toContain('failing: build')
    expect(JSON.stringify(events)).not.toContain('failing: install')
    const { stderr } = moss.run(['build', 'failing', '-o', 'failing-packages', ...atStation])
    expect(stderr.replaceAll(moss.folder, 'FOLDER'))
      .toContain(`moss: error: step build of failing failed: exit code 3 [BUILD_STEP_FAILED]
moss: hint: no package was made; all that the steps printed is in FOLDER/station/builds/failing/log-build, which ends with
  line 20
`)
    expect(stderr).toContain(String.raw`\u{1b}[31mred`)
    expect(stderr).not.toContain('line 19\n')
    expect(readFileSync(at('station/builds/failing/log-build'), 'utf8')).toContain('line 1\n')
    expect(existsSync(at('failing-packages'))).toBe(false)
    expect(statSync(at('station/builds')).mode & 0o777).toBe(0o700)
  })

  test('one that takes too long is stopped, with all that it began', () => {
    recipe('endless', `[steps]\nseconds = 1\nbuild = "setsid sleep 271.828 & sleep 271.828"`)
    const { stderr, exit } = moss.run(['build', 'endless', ...atStation])
    expect(exit).toBe(1)
    expect(stderr).toContain('it was stopped: it may take 1 s')
    expect(spawnSync('pgrep', ['-f', '^sleep 271[.]828']).stdout.toString()).toBe('')
  })

  test('end with the program that runs them', async () => {
    recipe('orphan', `[steps]\nbuild = "sleep 161.803"`)
    const running = (): string => spawnSync('pgrep', ['-f', '^sleep 161[.]803']).stdout.toString()
    const child = spawn(launcher, ['build', at('orphan'), '--home', at('station')], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.on('close', resolve))
    for (let n = 0; n < 200 && running() === ''; n++) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(running()).not.toBe('')
    child.kill('SIGKILL')
    await ended
    for (let n = 0; n < 100 && running() !== ''; n++) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(running()).toBe('')
  })

  test('get archives unpacked, patched and packed, with links and empty folders', () => {
    const tar = gzipSync(
      tarOf([
        { name: 'words-1.0/', kind: '5', mode: 0o755 },
        { name: 'words-1.0/run', body: '#!/bin/sh\necho old\n', mode: 0o755 },
      ]),
    )
    const folder = recipe(
      'words',
      `architecture = "any"
[steps]
prepare = 'sed -i s/old/new/ words/words-1.0/run'
install = '''
install -D words/words-1.0/run "$DESTDIR/usr/bin/words"
mkdir -p "$DESTDIR/usr/lib/words/plugins" "$DESTDIR/var/lib/words"
ln -s words "$DESTDIR/usr/bin/word"
'''
[[file]]
from = "words/words-1.0/run"
to = "usr/share/said"
[[link]]
path = "usr/bin/w"
target = "words"
`,
    )
    writeFileSync(at(folder, 'words-1.0.tgz'), tar)
    const toml = readFileSync(at(folder, 'moss-recipe.toml'), 'utf8')
    writeFileSync(
      at(folder, 'moss-recipe.toml'),
      `${toml}\n[[source]]\nfile = "words-1.0.tgz"\nsha256 = "${digest(tar)}"\nto = "words"\n`,
    )
    const { made } = build(folder)
    expect(made[0]?.provides).toEqual(['binary(w)', 'binary(word)', 'binary(words)'])
    expect(contentOf(made[0]?.file ?? '', 'said')).toBe('#!/bin/sh\necho new\n')
  })

  test('of two that make a package of one name none is built', () => {
    const files = '[[file]]\nfrom = "a"\nto = "usr/share/a"'
    const one = recipe('alike', files, { a: 'one' })
    const part = '[[package]]\nname = "alike"\nsummary = "A part"\npaths = ["usr/share/b"]\n'
    const both = `${files}\n[[file]]\nfrom = "a"\nto = "usr/share/b"\n${part}`
    const two = recipe('unlike', both, { a: 'two' })
    for (const names of [
      [one, two],
      [two, one],
      [one, one],
    ]) {
      const { exit, stderr } = moss.run(['build', ...names, '-o', 'alikes', ...atStation])
      expect(exit).toBe(2)
      const [first, second] = names.map((name) => `${name}/moss-recipe.toml`)
      expect(stderr).toContain('package alike 1.0-1 (any) would be made twice, by ')
      expect(stderr).toMatch(new RegExp(`${first}\\S* and \\S*${second} \\[RECIPES_ALIKE\\]`))
      expect(existsSync(at('alikes'))).toBe(false)
    }
    expect(moss.code('build', one, two, '-n', ...atStation)).toBe('RECIPES_ALIKE')
    for (const name of [one, two]) moss.json('build', name, '-o', 'alikes', ...atStation)
    expect(readdirSync(at('alikes'))).toHaveLength(3)
  })

  test('of two for two architectures, or of two versions, both are built; one architecture goes by two names', () => {
    const made = (folder: string, said: Readonly<Record<string, string>>): string => {
      const path = recipe(folder, '[[file]]\nto = "usr/share/a"\ntext = "x"')
      const toml = Object.entries(said).reduce(
        (text, [key, value]) =>
          `${key} = "${value}"\n${text.replace(new RegExp(`^${key} = .*\\n`, 'm'), '')}`,
        readFileSync(at(path, 'moss-recipe.toml'), 'utf8'),
      )
      writeFileSync(at(path, 'moss-recipe.toml'), toml)
      return path
    }
    const builds = [
      made('on-amd64', { name: 'both', architecture: 'amd64' }),
      made('on-arm64', { name: 'both', architecture: 'arm64' }),
      made('on-all', { name: 'both', architecture: 'any' }),
      made('later', { name: 'both', architecture: 'amd64', version: '2.0' }),
    ]
    moss.json('build', ...builds, '-o', 'both', ...atStation)
    expect(readdirSync(at('both'))).toHaveLength(4)
    const other = made('other-name', { name: 'both', architecture: 'x86_64' })
    expect(moss.code('build', ...builds, other, '-n', ...atStation)).toBe('RECIPES_ALIKE')
  })

  test('cannot lead moss out of the work folder by links', () => {
    recipe(
      'led-out',
      `[steps]\ninstall = 'mkdir -p "$DESTDIR/usr"; ln -s ${at('station')} "$DESTDIR/usr/share"'\n[[file]]\nto = "usr/share/planted"\ntext = "x"`,
    )
    expect(moss.text('build', 'led-out', ...atStation)).toContain(
      'usr/share is a symlink, and a folder is wanted there [RECIPE_INVALID]',
    )
    expect(existsSync(at('station/planted'))).toBe(false)
    recipe(
      'read-out',
      `[steps]\ninstall = 'ln -s ${at('secret')} secret'\n[[file]]\nto = "usr/share/secret"\nfrom = "secret"`,
    )
    expect(moss.text('build', 'read-out', ...atStation)).toContain(
      'there is no file secret among the sources',
    )
    recipe(
      'twice',
      `[steps]\ninstall = 'mkdir -p "$DESTDIR/usr"; : > "$DESTDIR/usr/x"'\n[[file]]\nto = "usr/x"\ntext = "x"`,
    )
    expect(moss.text('build', 'twice', ...atStation)).toContain('usr/x is there already [RECIPE_INVALID]')
  })

  test('a package that gets no file is refused, and so is what packages cannot own', () => {
    recipe(
      'empty',
      `[steps]\ninstall = "true"\n[[package]]\nname = "empty-doc"\npaths = ["usr/share/doc/**"]`,
    )
    expect(moss.text('build', 'empty', ...atStation)).toContain(
      'no file goes into package empty-doc [RECIPE_INVALID]',
    )
    recipe('opt', `[steps]\ninstall = 'mkdir -p "$DESTDIR/opt"; : > "$DESTDIR/opt/x"'`)
    expect(moss.text('build', 'opt', ...atStation)).toContain(
      'is outside /usr, /etc and /var [PACKAGE_PATH_REFUSED]',
    )
    recipe(
      'one-of-two',
      `[steps]\ninstall = 'mkdir -p "$DESTDIR/opt" "$DESTDIR/usr"; : > "$DESTDIR/opt/x"; : > "$DESTDIR/usr/x"'\n[[package]]\nname = "second"\npaths = ["opt/**"]`,
    )
    expect(moss.code('build', 'one-of-two', '-o', 'one-of-two-packages', ...atStation)).toBe(
      'PACKAGE_PATH_REFUSED',
    )
    expect(readdirSync(at('one-of-two-packages'))).toEqual([])
    recipe('fifo', `[steps]\ninstall = 'mkdir -p "$DESTDIR/usr"; mkfifo "$DESTDIR/usr/x"'`)
    expect(moss.text('build', 'fifo', ...atStation)).toContain('fifo')
    recipe('foreign', `architecture = "s390x"\n[steps]\ninstall = "true"`)
    expect(moss.text('build', 'foreign', ...atStation)).toContain('its steps make programs for s390x')
  })
})

describe('sources', () => {
  test('another than the recipe names is refused, before anything is done', () => {
    recipe('wrong', '[steps]\ninstall = "true"', { 'a.txt': 'alpha' })
    writeFileSync(at('wrong/a.txt'), 'beta')
    expect(moss.text('build', 'wrong', ...atStation)).toBe(`$ moss build wrong --home station
| moss: error: the source FOLDER/wrong/a.txt is refused: its sha256 is <id>, the recipe’s <id> [RECIPE_SOURCE_REFUSED]
| moss: hint: no package was made: fetch the file again; if it is meant to have changed, write its new digest into the recipe
[exit 10]`)
    expect(existsSync(at('station/builds/wrong'))).toBe(false)
    rmSync(at('wrong/a.txt'))
    expect(moss.text('build', 'wrong', ...atStation)).toContain(
      'no source file FOLDER/wrong/a.txt [NOT_FOUND]',
    )
    symlinkSync('/etc/passwd', at('wrong/a.txt'))
    expect(moss.code('build', 'wrong', ...atStation)).toBe('HOST_IO')
  })

  test('may be in another folder', () => {
    recipe('apart', '[[file]]\nfrom = "a.txt"\nto = "usr/share/a.txt"', { 'a.txt': 'alpha' })
    cpSync(at('apart/a.txt'), at('sources/a.txt'))
    const beside = build('apart')
    rmSync(at('apart/a.txt'))
    const apart = moss.json<Built>(
      'build',
      'apart',
      '--sources',
      'sources',
      '-o',
      'apart-packages',
      ...atStation,
    )
    expect(bytesOf(apart)).toEqual(bytesOf(beside))
  })
})

describe('the sample’s recipes', () => {
  test('make five packages, the same bytes each time, and carry a host from one version to the next', () => {
    const once = moss.json<Built>('build', ...sampleRecipes('first'), '-o', 'sample', ...atStation)
    expect(once.made.map(({ name, version }) => `${name} ${version}`)).toEqual(
      samplePackages.map((name) => `${name} 1.0-1`),
    )
    const again = moss.json<Built>('build', ...sampleRecipes('first'), '-o', 'sample-again', ...atStation)
    expect(bytesOf(again)).toEqual(bytesOf(once))

    moss.json('channel', 'create', 'sample', ...atStation)
    const root = ['--root', 'sample-host'] as const
    moss.json('init', '--trust', 'station/root.moss-root', '--channel', 'sample', ...root)
    moss.json('subscribe', 'harbour', 'pilot-books', 'signal-flags', ...root)
    const trip = ({ made }: Built, version: 'first' | 'second'): string => {
      moss.json('add', 'sample', ...made.map(({ file }) => file), ...atStation)
      moss.json('channel', 'publish', 'sample', '--date', `${sampleDates[version]}`, ...atStation)
      const { path } = moss.json<{ path: string }>('state', 'export', `${version}.moss-state`, ...root)
      if (version === 'first') moss.json('fleet', 'enroll', path, ...atStation)
      moss.json('export', '--for', path, '-o', `${version}.moss`, ...atStation)
      moss.json('import', `${version}.moss`, ...root)
      moss.json('apply', ...root)
      return spawnSync('sh', [at('sample-host/usr/bin/harbour')], { encoding: 'utf8' }).stdout
    }
    expect(trip(once, 'first')).toMatch(/^harbour 1\.0: high water at north today\n/)
    const flags = spawnSync('sh', [at('sample-host/usr/bin/flags'), 'Moss'], { encoding: 'utf8' })
    expect(flags.stdout).toContain('oscar: red and yellow')
    const tide = spawnSync('sh', [at('sample-host/usr/bin/tide'), 'south', '06-30'], { encoding: 'utf8' })
    expect(tide.stdout.split('\n')[0]).toMatch(/^\d\d:\d\d \d\.\d m$/)
    const second = moss.json<Built>('build', ...sampleRecipes('second'), '-o', 'sample', ...atStation)
    expect(second.made.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'harbour 1.1-1',
      'tide-tables 1.1-1',
    ])
    expect(trip(second, 'second')).toMatch(/^harbour 1\.1: high water at north today\n.* a ship of 25 dm /)
  })

  test('need no namespaces; steps without them are refused, and it is said why', ({ skip }) => {
    if (!mayIsolate) cannot(skip, 'a system that permits no namespaces is made by one')
    recipe('with-steps', '[steps]\ninstall = "true"')
    const without = (...words: readonly string[]) =>
      spawnSync(
        'unshare',
        [
          '--user',
          '--map-root-user',
          '--mount',
          'sh',
          '-c',
          'echo 0 > /proc/sys/user/max_user_namespaces; exec "$0" "$@"',
          launcher,
          ...words,
          ...atStation,
        ],
        { encoding: 'utf8', cwd: moss.folder },
      )
    const plain = without('build', ...sampleRecipes('first'), '-o', 'sample-without')
    expect(plain.status, plain.stderr).toBe(0)
    const refused = without('build', 'with-steps')
    expect(refused.stderr).toContain('the steps of with-steps cannot be shut off from this machine: ')
    expect(refused.stderr).toContain('[BUILD_NOT_PRIVATE]')
    expect(refused.status).toBe(1)
  })
})

describe('moss pack', () => {
  test('makes the package that moss add makes of a directory, in a file of its own', () => {
    mkdirSync(at('tree/usr/bin'), { recursive: true })
    writeFileSync(at('tree/usr/bin/hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 })
    writeFileSync(at('tree/moss-package.toml'), 'name = "hello"\nversion = "1.0"\n')
    expect(moss.text('pack', 'tree', '-o', 'packed', '-n', ...atStation))
      .toBe(`$ moss pack tree -o packed -n --home station
package  hello 1.0 (any)
from     FOLDER/tree
goes to  FOLDER/packed
[exit 0]`)
    expect(existsSync(at('packed'))).toBe(false)
    expect(moss.text('pack', 'tree', '-o', 'packed', ...atStation)).toContain('made  hello 1.0  1 file, ')
    const file = join('packed', readdirSync(at('packed'))[0] ?? '')
    expect(moss.text('verify', file, ...atStation)).toContain('no findings')
    moss.json('channel', 'create', 'packed', ...atStation)
    const whole = moss.json<{ added: readonly { id: string; isNew: boolean }[] }>(
      'add',
      'packed',
      file,
      ...atStation,
    )
    const loose = moss.json<typeof whole>('add', 'packed', 'tree', ...atStation)
    expect(loose.added[0]).toMatchObject({ id: whole.added[0]?.id, isNew: false })
  })

  test('says what it cannot take', () => {
    expect(moss.code('pack', 'nowhere', ...atStation)).toBe('NOT_FOUND')
    expect(moss.code('pack', 'tree/usr/bin/hello', ...atStation)).toBe('PACKAGE_UNREADABLE')
    expect(moss.code('pack', 'tree', '--home', 'no-station')).toBe('KEY_ABSENT')
    expect(moss.code('build', 'nowhere.toml', ...atStation)).toBe('NOT_FOUND')
    expect(moss.code('build', 'tree', ...atStation)).toBe('NOT_FOUND')
    expect(moss.text('add', 'stable', dirname(sampleRecipes('first')[0] ?? ''), ...atStation)).toContain(
      'it has a recipe, from which moss build makes packages [PACKAGE_UNREADABLE]',
    )
  })
})

describe('moss inspect --diff', () => {
  test('says what came, what went and what is another', () => {
    for (const [folder, version] of [
      ['old', '1.0'],
      ['new', '1.1'],
    ] as const) {
      const write = (path: string, text: string, mode = 0o644): void => {
        mkdirSync(dirname(at(folder, path)), { recursive: true })
        writeFileSync(at(folder, path), text)
        chmodSync(at(folder, path), mode)
      }
      const isNew = folder === 'new'
      write('usr/bin/tool', '#!/bin/sh\n', isNew ? 0o755 : 0o644)
      write('usr/share/same', 'same')
      write('usr/share/text', isNew ? 'longer text' : 'text')
      write(isNew ? 'usr/share/more' : 'usr/share/less', 'x')
      symlinkSync(isNew ? 'text' : 'same', at(folder, 'usr/share/link'))
      writeFileSync(
        at(folder, 'moss-package.toml'),
        `name = "tool"\nversion = "${version}"\nrequires = ["${isNew ? 'bash >= 5' : 'bash'}"]\n`,
      )
      moss.json('pack', folder, '-o', `${folder}-packed`, ...atStation)
    }
    const file = (folder: string): string => join(folder, readdirSync(at(folder))[0] ?? '')
    const [old, now] = [file('old-packed'), file('new-packed')]
    const text = moss.text('inspect', '--diff', old, now, ...atStation)
    expect(text.replaceAll(/_[0-9a-f]{12}|_<id>/g, '')).toMatchInlineSnapshot(`
      "$ moss inspect --diff old-packed/tool_1.0.moss new-packed/tool_1.1.moss --home station
      old  tool 1.0, FOLDER/old-packed/tool_1.0.moss: <size> in files, <size> packed
      new  tool 1.1, FOLDER/new-packed/tool_1.1.moss: <size> in files, <size> packed
      size  <size> more
      version  1.0 → 1.1
      capabilities
        + provides binary(tool)
        - requires name(bash)
        + requires name(bash) >= 5
      files    1 new, 1 gone, 3 changed
        ~  usr/bin/tool  <size>  mode 0644 → 0755
        -  usr/share/less  <size>
        ~  usr/share/link              target same → text
        +  usr/share/more  <size>
        ~  usr/share/text  <size> → <size>  content
      [exit 0]"
    `)
    expect(moss.json('inspect', '--diff', old, now, ...atStation)).toMatchObject({
      isSame: false,
      about: [{ key: 'version', old: '1.0', new: '1.1' }],
      relations: [
        { change: '+', key: 'provides', text: 'binary(tool)' },
        { change: '-', key: 'requires', text: 'name(bash)' },
        { change: '+', key: 'requires', text: 'name(bash) >= 5' },
      ],
    })
    expect(moss.text('inspect', '--diff', old, old, ...atStation)).toContain('the same package\n[exit 0]')
    expect(moss.code('inspect', '--diff', old, now, '--home', 'no-station')).toBe('KEY_ABSENT')
    expect(moss.code('inspect', '--diff', 'station/root.moss-root', now, ...atStation)).toBe(
      'CONTAINER_NOT_ONE',
    )
  })
})
