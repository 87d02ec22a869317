// A station and a host as they are after so many trips of the stick, made by the built program from the sample, below one
// folder that stands for both machines' disks: media/usb, host/ (the root of pump-07), home/olga (of the station).
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { debianLike, write } from './adopted-root.ts'
import { debianArchive } from './debian-archive.ts'
import { knownBytes } from './known-bytes.ts'
import { type Program, programIn } from './program.ts'
import { sampleDates, writeSample } from './sample.ts'
import { scratchFolder } from './scratch.ts'

/**
 * empty: packages alone; key: the station has a key; station: it has published serial 1, and its root is on the stick; stranger: the
 * host's first state is there, too; begun: the host is enrolled; waiting: its bundle is on the stick; applied: the host has serial 1,
 * the stick its answer, and the station has published serial 2; updated: the host has serial 2. Beside these:
 * carried: as applied, and serial 2 is on the stick; large: as waiting, with a bundle of some 13 MB; volumes: it lies in volumes on three media; debian: as station, with a system at the host that
 * moss does not manage yet; adopted: it does, and state 2 is current; archive: as key, with a channel and a Debian archive;
 * packaged: as debian, and the station's moss comes from a package; sources: as empty, with the sources of moss; officers: as begun, and Ann and Bob have sticks of their own, Ann a key of
 * OpenSSH, and the station has drafted a root with it.
 */
const before = {
  empty: undefined,
  key: 'empty',
  station: 'key',
  stranger: 'station',
  begun: 'stranger',
  waiting: 'begun',
  applied: 'waiting',
  updated: 'applied',
  large: 'begun',
  volumes: 'large',
  carried: 'applied',
  debian: 'station',
  adopted: 'debian',
  archive: 'key',
  packaged: 'debian',
  officers: 'begun',
  sources: 'empty',
} as const
export type Scene = keyof typeof before
export const isScene = (name: string): name is Scene => Object.hasOwn(before, name)

const top = join(import.meta.dirname, '../..')
export const stationHome = 'home/olga/.local/share/moss'
export const hostRoot = 'host'

let copies = 0

export class TwoMachines implements Disposable {
  readonly #made = new Map<Scene, string>()
  readonly #folder = scratchFolder()

  /** A folder of its own in which everything stands as in the scene. */
  at(scene: Scene): string {
    const folder = join(this.#folder, `copy-${copies++}`)
    cpSync(this.#kept(scene), folder, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    return folder
  }

  #kept(scene: Scene): string {
    const known = this.#made.get(scene)
    if (known !== undefined) return known
    const folder = join(this.#folder, scene)
    const from = before[scene]
    if (from === undefined) writeEmpty(folder)
    else {
      const copied = spawnSync('cp', ['-a', this.#kept(from), folder])
      if (copied.status !== 0) throw new Error(`cannot copy ${from}`)
      steps[scene](programIn(folder))
    }
    this.#made.set(scene, folder)
    return folder
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function writeEmpty(folder: string): void {
  for (const place of ['media/usb', 'home/olga']) mkdirSync(join(folder, place), { recursive: true })
  writeSample(join(folder, 'home/olga/packages'), 'first')
  writeSample(join(folder, 'home/olga/newer'), 'second')
}

const station = ['--home', stationHome] as const
const host = ['--root', hostRoot] as const
const packages = (folder: string, of: string): readonly string[] =>
  ['harbour', 'tide', 'tide-tables', 'pilot-books'].map((name) => join(folder, 'home/olga', of, name))

const steps: Readonly<Record<Scene, (moss: Program) => void>> = {
  empty: () => {},
  key: (moss) => void moss.json('key', 'generate', 'release', '--no-passphrase', ...station),
  station: (moss) => {
    moss.json('channel', 'create', 'stable', ...station)
    moss.json('add', 'stable', ...packages(moss.folder, 'packages'), ...station)
    moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.first}`, ...station)
    spawnSync('cp', [`${stationHome}/root.moss-root`, 'media/usb'], { cwd: moss.folder })
  },
  stranger: (moss) => {
    moss.json('init', '--trust', 'media/usb/root.moss-root', '--name', 'pump-07', ...host)
    moss.json('subscribe', 'harbour', ...host)
    moss.json('state', 'export', 'media/usb', ...host)
  },
  begun: (moss) => void moss.json('fleet', 'enroll', stateOn(moss.folder), ...station),
  waiting: (moss) => void moss.json('sync', 'media/usb', ...station),
  applied: (moss) => {
    moss.json('sync', 'media/usb', '--policy', 'apply', ...host)
    moss.json('add', 'stable', ...packages(moss.folder, 'newer'), ...station)
    moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.second}`, ...station)
  },
  carried: (moss) => void moss.json('sync', 'media/usb', ...station),
  updated: (moss) => {
    moss.json('sync', 'media/usb', ...station)
    moss.json('sync', 'media/usb', '--policy', 'apply', ...host)
  },
  large: (moss) => {
    const charts = join(moss.folder, 'home/olga/charts/usr/share/charts')
    mkdirSync(charts, { recursive: true })
    for (const [seed, name] of ['north', 'east', 'south'].entries())
      writeFileSync(join(charts, name), knownBytes(4_000_000, seed + 1))
    moss.json('add', 'stable', 'home/olga/charts', '--name', 'charts', '--version', '1.0', ...station)
    moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.first + 1}`, ...station)
    moss.json('subscribe', 'charts', ...host)
    moss.json('state', 'export', 'media/usb', ...host)
    moss.json('sync', 'media/usb', ...station)
  },
  volumes: (moss) => {
    const [bundle = ''] = readdirSync(join(moss.folder, 'media/usb/moss/bundles'))
    moss.json('split', `media/usb/moss/bundles/${bundle}`, '--volume', '6M', '-o', 'media')
    for (const medium of ['first', 'second', 'third']) {
      mkdirSync(join(moss.folder, 'media', medium))
      const number = { first: '', second: '.002', third: '.003' }[medium]
      const name = bundle.replace(/\.moss$/, `${number}.moss`)
      renameSync(join(moss.folder, 'media', name), join(moss.folder, 'media', medium, name))
    }
  },
  debian: (moss) => {
    debianLike(join(moss.folder, hostRoot))
    for (const name of ['bash', 'coreutils']) {
      write(moss.folder, `home/olga/${name}/usr/bin/${name}`, `#!new ${name}\n`, 0o755)
      moss.json('add', 'stable', `home/olga/${name}`, '--name', name, '--version', '1.0', ...station)
    }
    moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.first + 1}`, ...station)
  },
  adopted: (moss) => {
    moss.json('init', '--adopt', '--trust', 'media/usb/root.moss-root', '--name', 'pump-07', ...host)
    moss.json('subscribe', 'bash', 'coreutils', ...host)
    moss.json('state', 'export', 'media/usb', ...host)
    moss.json('fleet', 'enroll', stateOn(moss.folder), ...station)
    moss.json('sync', 'media/usb', ...station)
    moss.json('sync', 'media/usb', '--policy', 'apply', ...host)
    moss.json('subscribe', 'tide', ...host)
    moss.json('state', 'export', 'media/usb', ...host)
    moss.json('sync', 'media/usb', ...station)
    moss.json('sync', 'media/usb', '--policy', 'apply', ...host)
  },
  archive: (moss) => {
    moss.json('channel', 'create', 'stable', ...station)
    mkdirSync(join(moss.folder, 'srv'))
    const archive = debianArchive(join(moss.folder, 'srv'))
    const all = ['gnome', 'gnome-shell', 'openssh-server', 'openssl'].map((name) =>
      archive.add(name, '1-1', name === 'gnome' ? { fields: 'Depends: gnome-shell\n' } : {}),
    )
    archive.sign(all, { codename: 'bookworm' })
    spawnSync('cp', [archive.keyring, 'home/olga/site.gpg'], { cwd: moss.folder })
  },
  packaged: (moss) => {
    const packager = ['--disable-warning=ExperimentalWarning', join(top, 'test/tools/package.ts')]
    must(moss.folder, process.execPath, ...packager, '--no-archive', '--into', 'made')
    symlinkSync(`made/moss-linux-${process.arch}`, join(moss.folder, 'package'))
    symlinkSync('../../made', join(moss.folder, 'home/olga/dist'))
    mkdirSync(join(moss.folder, hostRoot, 'usr/local/bin'), { recursive: true })
  },
  officers: (moss) => {
    for (const place of ['media/ann', 'media/bob', 'home/ann/.ssh'])
      mkdirSync(join(moss.folder, place), { recursive: true })
    const key = join(moss.folder, 'home/ann/.ssh/id_ed25519')
    must(moss.folder, 'ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key)
    const signers = ['--signer', 'release', '--signer', `${key}.pub`]
    moss.json('root', 'new', 'home/olga/next.moss-root', '--add', `root=${key}.pub`, ...signers, ...station)
  },
  sources: (moss) => {
    const files = must(top, 'git', 'ls-files', '-z')
      .split('\0')
      .filter((name) => name !== '')
    const into = join(moss.folder, 'home/olga/moss')
    mkdirSync(into)
    for (const name of files.filter((each) => existsSync(join(top, each))))
      cpSync(join(top, name), join(into, name))
    symlinkSync(join(top, 'node_modules'), join(into, 'node_modules'))
  },
}

function must(cwd: string, program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program}: ${stdout}${stderr}`)
  return stdout
}

function stateOn(folder: string): string {
  const { stdout } = spawnSync('find', ['media/usb', '-name', '*.moss-state'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return stdout.trim()
}
