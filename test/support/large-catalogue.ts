// A serial of a station's channel whose catalogue has many packages that nobody made: what a whole distribution looks like
// to whoever searches it. The snapshot names them, so the host believes the catalogue; their content is nowhere.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../src/base/ids.ts'
import { type CatalogueEntry, encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { encodeSnapshotRecord } from '../../src/channel/snapshot.ts'
import { encodeContainer } from '../../src/container/write.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { stationChannel } from '../../src/ops/channels.ts'
import { openStation, signersFor, stationRoot } from '../../src/ops/station.ts'

const entryOf = (n: number): CatalogueEntry => {
  const name = `package-${`${n}`.padStart(5, '0')}`
  return {
    id: digestOf<PackageId>(encodeUtf8(name)),
    sizeBytes: 1024 * ((n % 5000) + 1),
    files: [],
    manifest: {
      name,
      version: `1.${n % 40}-${n % 7}`,
      scheme: 'deb',
      architecture: 'any',
      summary: `what package ${n} is there for, in a line`,
      provides: [],
      requires: n < 10 ? [] : [[{ kind: 'name', name: `package-${`${n % 10}`.padStart(5, '0')}` }]],
      conflicts: [],
      replaces: [],
    },
  }
}

/** Beside what the newest serial of channel `stable` has, under its key, which has no passphrase. */
export async function publishMany(home: string, count: number): Promise<void> {
  await using outside = linuxOutside()
  using station = openStation(outside, { home, how: 'write' })
  const root = stationRoot(station)
  const channel = stationChannel(station, 'stable')
  const latest = channel.snapshots.latest()?.snapshot ?? raise('nothing is published')
  const before = channel.snapshots.catalogue(latest) ?? raise('no catalogue')
  const many = Array.from({ length: count }, (_, n) => entryOf(n))
  const entries = [...Array.from({ length: before.size }, (_, at) => before.entry(at)), ...many]
  const catalogue = encodeCatalogue(entries)
  const packages = entries.map(({ id, manifest: { name, version, architecture } }) => ({
    id,
    name,
    version,
    architecture,
  }))
  const serial = latest.serial + 1
  const bytes = encodeContainer(
    {
      kind: 'channel',
      created: latest.created,
      about: { channel: 'stable', epoch: root.epoch, serial, expires: undefined },
      sections: [
        {
          name: 'record',
          bytes: encodeSnapshotRecord({ packages, catalogue: digestOf<ContentDigest>(catalogue) }),
        },
      ],
    },
    await signersFor(station, { role: 'channel', root, ask: () => Promise.resolve(undefined) }),
  )
  const folder = join(channel.folder, 'snapshots')
  writeFileSync(join(folder, `${serial}.moss-catalogue`), catalogue)
  writeFileSync(join(folder, `${serial}.moss-channel`), bytes)
}

const raise = (problem: string): never => {
  throw new Error(problem)
}
