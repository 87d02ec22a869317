// A station and a host as they are after so many trips of the stick, made by the built program from the sample, below one
// folder that stands for both machines' disks: media/usb, host/ (the root of pump-07), home/olga (of the station).
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, programIn } from './program.ts'
import { sampleDates, writeSample } from './sample.ts'
import { scratchFolder } from './scratch.ts'

/**
 * empty: packages alone; key: the station has a key; station: it has published serial 1, and its root is on the stick; stranger: the
 * host's first state is there, too; begun: the host is enrolled; waiting: its bundle is on the stick; applied: the host has serial 1,
 * the stick its answer, and the station has published serial 2; updated: the host has serial 2.
 */
export const scenes = [
  'empty',
  'key',
  'station',
  'stranger',
  'begun',
  'waiting',
  'applied',
  'updated',
] as const
export type Scene = (typeof scenes)[number]

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
    const before = scenes[scenes.indexOf(scene) - 1]
    if (before === undefined) writeEmpty(folder)
    else {
      const copied = spawnSync('cp', ['-a', this.#kept(before), folder])
      if (copied.status !== 0) throw new Error(`cannot copy ${before}`)
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
  updated: (moss) => {
    moss.json('sync', 'media/usb', ...station)
    moss.json('sync', 'media/usb', '--policy', 'apply', ...host)
  },
}

function stateOn(folder: string): string {
  const { stdout } = spawnSync('find', ['media/usb', '-name', '*.moss-state'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return stdout.trim()
}
