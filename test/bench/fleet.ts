// Planning for a whole fleet: 10,000 hosts in 400 distinct states (20 models at 20 serials of a channel of 300 packages), all
// of them in one bundle; processor time, wall time and memory of `moss plan --for`, and of `moss fleet list`. Needs
// `npm run build` and GNU time. `node --disable-warning=ExperimentalWarning test/bench/fleet.ts [HOSTS]`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '../../src/base/digest.ts'
import type { ContainerId, ContentDigest, StateNumber } from '../../src/base/ids.ts'
import { openChannel } from '../../src/channel/station-channel.ts'
import { hostIdOf, type HostState } from '../../src/fleet/host-state.ts'
import { encodeHostState } from '../../src/fleet/state-file.ts'
import { putInGroup, putState } from '../../src/fleet/tables.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { openFleet } from '../../src/ops/fleet.ts'
import { openStation, stationRoot } from '../../src/ops/station.ts'
import { formatModel } from '../../src/solve/model.ts'
import { keyFromSeed, signerOf } from '../../src/trust/keys.ts'
import { quote, timed } from './ways/timed.ts'

const [count = '10000'] = process.argv.slice(2)
const hostCount = Number(count)
const [packageCount, serials, models] = [300, 20, 20]
const moss = join(import.meta.dirname, '../../dist/moss')
const folder = mkdtempSync(join(tmpdir(), 'moss-fleet-'))
const home = join(folder, 'station')

function verb(...args: readonly string[]): void {
  const ran = spawnSync(moss, [...args, '--home', home, '-q', '-y'], { encoding: 'utf8', cwd: folder })
  if (ran.status !== 0) throw new Error(`moss ${args.slice(0, 3).join(' ')}: ${ran.stderr}`)
}

const nameOf = (n: number): string => `package-${n}`
const isChanged = (n: number, serial: number): boolean => serial === 1 || (n * 7 + serial) % 19 === 0

/** A serial changes some 16 of the packages, each a file of 20 kB in which a little changes. */
function publish(serial: number): void {
  const changed = Array.from({ length: packageCount }, (_, n) => n).filter((n) => isChanged(n, serial))
  for (const n of changed) {
    const name = nameOf(n)
    mkdirSync(join(folder, name, 'usr/share'), { recursive: true })
    const lines = Array.from(
      { length: 900 },
      (_, line) => `${(line * 7919 + n * 104_729) % 1_000_003} of ${name}`,
    )
    lines[(serial * 37) % 900] = `serial ${serial}`
    writeFileSync(join(folder, name, 'usr/share', name), lines.join('\n'))
    const about = `name = "${name}"\nversion = "${serial}"\nscheme = "moss"\n`
    writeFileSync(join(folder, name, 'moss-package.toml'), about)
  }
  verb('add', 'stable', ...changed.map(nameOf))
  verb('channel', 'publish', 'stable')
}

/** A model asks for two thirds of the packages. */
const asksFor = (model: number): readonly string[] =>
  Array.from({ length: packageCount }, (_, n) => n)
    .filter((n) => (n * 31 + model * 17) % 3 !== 0)
    .map(nameOf)

try {
  verb('key', 'generate', 'release', '--no-passphrase')
  verb('channel', 'create', 'stable')
  for (let serial = 1; serial <= serials; serial++) publish(serial)

  await using outside = linuxOutside()
  {
    using station = openStation(outside, { home, how: 'write' })
    const root = stationRoot(station)
    const channel = openChannel(outside, { folder: join(home, 'channels/stable'), name: 'stable', root })
    const snapshots = Array.from({ length: serials }, (_, at) => channel.snapshots.read(at + 1))
    const stateOf = (n: number): Omit<HostState, 'host' | 'name'> => {
      const model = n % models
      const snapshot = snapshots[Math.floor(n / models) % serials] as (typeof snapshots)[number]
      const wanted = new Set(asksFor(model))
      const newest = new Map(snapshot.snapshot.packages.map(({ name, id }) => [name, id]))
      return {
        counter: 2,
        created: snapshot.snapshot.created,
        rootVersion: 1,
        timeFloor: snapshot.snapshot.created,
        channel: { name: 'stable', epoch: 1, serial: snapshot.snapshot.serial, snapshot: snapshot.id },
        model: formatModel({
          channel: 'stable',
          architecture: 'amd64',
          subscriptions: [...wanted].map((name) => ({ kind: 'name', name })),
          holds: [],
        }),
        current: 1 as StateNumber,
        states: [
          {
            number: 1 as StateNumber,
            packages: [...newest]
              .filter(([name]) => wanted.has(name))
              .map(([, id]) => id)
              .sort(),
          },
        ],
        lacking: [] as ContentDigest[],
      }
    }
    const states = Array.from({ length: models * serials }, (_, n) => stateOf(n))
    using database = openFleet(station)
    database.transaction((fleet) => {
      for (let n = 0; n < hostCount; n++) {
        const seed = new Uint8Array(32)
        new DataView(seed.buffer).setUint32(0, n + 1)
        const secret = keyFromSeed(seed, seed.subarray(0, 8))
        const host = hostIdOf(secret.publicKey.id)
        const state = { ...(states[n % states.length] as (typeof states)[number]), host, name: `pump-${n}` }
        const bytes = encodeHostState(state, signerOf(secret))
        const id = digestOf<ContainerId>(bytes)
        putState(fleet, { id, state, key: secret.publicKey.id, bytes, follows: 'stable', seen: 0 })
        putInGroup(fleet, 'all', host)
      }
    })
  }
  const call = (words: string): string => `${quote(moss)} ${words} --home ${quote(home)} > /dev/null`
  for (const words of ['plan --for all', 'fleet list']) {
    const { cpu, wall, peakBytes } = timed(call(words), folder)
    console.log(
      `moss ${words}: ${hostCount} hosts in ${Math.min(hostCount, models * serials)} states: ${wall.toFixed(1)} s, ${cpu.toFixed(1)} CPU s, ${Math.round(peakBytes / 2 ** 20)} MiB`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
