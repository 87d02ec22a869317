// doctor: looks at this machine without a lock and without reading contents, and says of each thing that is not as it
// should be what to do. It changes nothing; verify is who reads every byte.
import { isMossError } from '../base/error.ts'
import { formatBytes, formatCount, formatDate, plural } from '../base/format.ts'
import { allHosts } from '../fleet/tables.ts'
import type { Outside } from '../host/outside.ts'
import { formatRelation } from '../manifest/capability.ts'
import { bytesOf } from '../manifest/layout-files.ts'
import { provides } from '../manifest/match.ts'
import { readCounters } from '../state/counters-file.ts'
import { placesOf } from '../state/places.ts'
import { isInitialised } from '../state/root-format.ts'
import { firstSteps, type FirstStep } from './first-steps.ts'
import { listChannels, showChannel } from './channels.ts'
import { readingFleet } from './fleet.ts'
import { readInstalled, stateTree } from './installed.ts'
import { readModel } from './model-file.ts'
import { openStation, stationPlaces } from './station.ts'
import { hostStatus } from './status.ts'

export interface DoctorFinding {
  /** A word, such as `clock`. */
  readonly about: string
  readonly problem: string
  readonly remedy: string
}

export interface Diagnosis {
  readonly checked: readonly string[]
  readonly findings: readonly DoctorFinding[]
  /** Only where nothing of moss is here yet. */
  readonly next?: readonly FirstStep[]
}

/** What is wrong, and what to do. */
type Found = readonly [problem: string, remedy: string]
type Check = () => readonly Found[] | Promise<readonly Found[]>

/** Of a managed root and of a station's home, as far as there are any. */
export async function examine(
  outside: Outside,
  { root, home }: { readonly root: string; readonly home?: string },
): Promise<Diagnosis> {
  const isManaged = isInitialised(outside.disk, root)
  const isStation = home !== undefined && outside.disk.lstat(home) !== undefined
  const parts = [
    ...(isManaged ? [{ name: `root ${root}`, checks: hostChecks(outside, root) }] : []),
    ...(isStation ? [{ name: `station ${home}`, checks: stationChecks(outside, home) }] : []),
  ]
  const findings: DoctorFinding[] = []
  for (const { checks } of parts)
    for (const [about, check] of Object.entries(checks))
      for (const [problem, remedy] of await attempt(check)) findings.push({ about, problem, remedy })
  return {
    checked: parts.map(({ name, checks }) => `${name}: ${Object.keys(checks).join(', ')}`),
    findings,
    ...(parts.length === 0 && { next: firstSteps(outside, { root, home }) }),
  }
}

/** What cannot even be looked at is a finding too, with the hint of its error. */
async function attempt(check: Check): Promise<readonly Found[]> {
  try {
    return await check()
  } catch (error) {
    if (!isMossError(error)) throw error
    return [[error.message, error.hint ?? 'see to it, then look again']]
  }
}

const secondsADay = 86_400
const oldDays = 180
const carryState = 'take the state to the station (moss state export), and apply the bundle that comes back'

function hostChecks(outside: Outside, root: string): Readonly<Record<string, Check>> {
  const { disk } = outside
  const places = placesOf(root)
  const nowSeconds = Math.floor(outside.nowMs() / 1000)
  const status = () => hostStatus(outside, { root })
  return {
    owner: () => {
      const uid = disk.lstat(places.own)?.uid
      if (outside.userId === 0 || outside.userId === uid) return []
      return [
        [`it is of user ${uid}, and you are user ${outside.userId}`, 'change it as its owner; you may look'],
      ]
    },
    transaction: async () => {
      const { interrupted, undelivered } = await status()
      if (interrupted)
        return [['it was interrupted; the current state is whole, nothing is lost', 'moss recover']]
      if (undelivered !== true) return []
      return [['not all of /etc and /var could be written', 'moss recover tries again and says why']]
    },
    health: async () => {
      const wentBack = (await status()).health?.wentBack
      if (wentBack === undefined) return []
      const problem = `the machine went back from state ${wentBack.from} by itself: ${wentBack.why}`
      return [[problem, 'mend the cause, then moss apply --again; or moss state export for a newer bundle']]
    },
    bundle: async () => {
      const { waiting } = await status()
      if (waiting === undefined) return []
      return [
        [
          `serial ${waiting.serial} is taken in and waits`,
          'moss plan says what it would change, moss apply does it',
        ],
      ]
    },
    clock: () => {
      const { timeFloor } = readCounters(disk, places)
      if (nowSeconds >= timeFloor) return []
      const problem = `it says ${formatDate(nowSeconds)}, and what was signed on ${formatDate(timeFloor)} is here`
      return [[problem, 'set the clock: the age of what the channel says is told by it']]
    },
    space: () => spaceFound(outside, root),
    model: () => {
      const { model } = readModel(outside, places)
      const installed = installedAt(outside, root)
      const unserved = model.subscriptions.filter(
        (wish) => !installed.some(({ manifest }) => provides(manifest, wish)),
      )
      if (unserved.length === 0) return []
      return [[`it asks for what is not here: ${unserved.map(formatRelation).join(', ')}`, carryState]]
    },
    age: async () => {
      const { name, created = nowSeconds } = (await status()).channel
      const days = Math.floor((nowSeconds - created) / secondsADay)
      return days < oldDays
        ? []
        : [[`what is here of channel ${name} was signed ${days} days ago`, carryState]]
    },
  }
}

const installedAt = (outside: Outside, root: string) =>
  readInstalled(outside, stateTree(outside, { places: placesOf(root), state: undefined }))

/** Whether an update of a tenth of what is here would fit, and the tree of another state. */
function spaceFound(outside: Outside, root: string): readonly Found[] {
  const { own } = placesOf(root)
  const installed = installedAt(outside, root)
  const sizeBytes = installed.reduce((sum, { manifest }) => sum + bytesOf(manifest), 0)
  const files = installed.reduce((sum, { manifest }) => sum + manifest.layout.length, 0)
  const [freeBytes, freeInodes = files] = [outside.disk.freeBytes(own), outside.disk.freeInodes(own)]
  const remedy = 'moss gc and moss state prune say what they give back'
  return [
    ...(freeBytes < sizeBytes / 10
      ? [[`${formatBytes(freeBytes)} are free beside a state of ${formatBytes(sizeBytes)}`, remedy] as const]
      : []),
    ...(freeInodes < files
      ? [[`${plural(freeInodes, 'inode')} are free, and a state has ${formatCount(files)}`, remedy] as const]
      : []),
  ]
}

function stationChecks(outside: Outside, home: string): Readonly<Record<string, Check>> {
  const { disk } = outside
  const places = stationPlaces(home)
  return {
    keys: () => {
      if (disk.lstat(places.root) === undefined)
        return [
          [
            'there is no trust root, so nothing that is signed here is believed',
            'moss key generate NAME makes one',
          ],
        ]
      return openKeys(outside, places.keys).map((path) => [`others may read ${path}`, `chmod 600 ${path}`])
    },
    channels: async () => {
      const names = (await listChannels(outside, { home })).map(({ channel }) => channel)
      const shown = await Promise.all(names.map((channel) => showChannel(outside, { home, channel })))
      return shown.flatMap(({ channel, packages }) => {
        const fresh = packages.filter(({ isPublished }) => !isPublished).length
        if (fresh === 0) return []
        const problem = `${plural(fresh, 'package')} of channel ${channel} ${fresh === 1 ? 'is' : 'are'} added and not published`
        return [[problem, `moss channel publish ${channel}`] as const]
      })
    },
    // What cannot be read is told by its error.
    fleet: () => {
      using station = openStation(outside, { home, how: 'read' })
      readingFleet(station, allHosts)
      return []
    },
    mirror: () => {
      const folder = `${places.mirror}/packages`
      const begun = disk.lstat(folder) === undefined ? 0 : disk.list(folder).length
      if (begun === 0) return []
      return [
        [
          `${plural(begun, 'package')} of a mirror that broke off ${begun === 1 ? 'is' : 'are'} kept`,
          'the same moss mirror again goes on from there',
        ],
      ]
    },
  }
}

/** Secret keys that more than their owner may read. */
const openKeys = ({ disk }: Outside, folder: string): readonly string[] =>
  (disk.lstat(folder) === undefined ? [] : disk.list(folder))
    .filter(({ name, kind }) => kind === 'file' && name.endsWith('.key'))
    .map(({ name }) => `${folder}/${name}`)
    .filter((path) => ((disk.lstat(path)?.mode ?? 0) & 0o077) !== 0)
