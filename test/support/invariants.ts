// The invariants of a root as checkers that give violations in words, each beginning with its number. They look at the
// disk alone, through the Disk interface: at any instant, after any fault, simulated or real.
import { compareText } from '../../src/base/bytes.ts'
import { MossError } from '../../src/base/error.ts'
import type { ContentDigest } from '../../src/base/ids.ts'
import type { Disk } from '../../src/host/disk.ts'
import { readCounters } from '../../src/state/counters-file.ts'
import { placesOf, keptTree } from '../../src/state/places.ts'
import { keptNumbers, readRecord } from '../../src/state/parts.ts'
import { walkTree } from '../../src/state/tree-digest.ts'
import { digestOfFile } from '../../src/host/whole-files.ts'
import type { Counters } from '../../src/trust/counters.ts'
import { SimulatedDisk } from '../sim/simulated-disk.ts'

export const digestAt = (disk: Disk, path: string): ContentDigest =>
  disk instanceof SimulatedDisk ? disk.digestOf(path) : digestOfFile(disk, path)

/** One line per entry below `folder`: what is where, byte for byte, mode for mode. */
export function describeTree(
  disk: Disk,
  folder: string,
  leaveOut: (path: string) => boolean = () => false,
): readonly string[] {
  const lines: string[] = []
  for (const path of walkTree(disk, folder)) {
    if (leaveOut(path)) continue
    const stat = disk.lstat(`${folder}${path}`)
    if (stat === undefined) lines.push(`${path} vanished`)
    else if (stat.kind === 'symlink') lines.push(`${path} -> ${disk.readLink(`${folder}${path}`)}`)
    else {
      const content = stat.kind === 'file' ? digestAt(disk, `${folder}${path}`).slice(0, 16) : ''
      lines.push(`${path} ${stat.kind} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${content}`.trim())
    }
  }
  return lines
}

/** State number → its tree, as an undisturbed run made it. */
export type KnownTrees = ReadonlyMap<number, string>

export const treeText = (disk: Disk, folder: string): string => describeTree(disk, folder).join('\n')

/** Every tree of a root: add those of an undisturbed run before and after the verb. */
export function knownTrees(disk: Disk, root: string): KnownTrees {
  const places = placesOf(root)
  const folders = [places.usr, ...keptNumbers(disk, places).map((number) => keptTree(places, number))]
  const where = { outside: { disk }, places }
  return new Map(folders.map((folder) => [readRecord(where, folder).number, treeText(disk, folder)]))
}

export interface RootExpectation {
  readonly known: KnownTrees
  /** What was reached before the verb. */
  readonly floor: Counters
  /** Of everything outside of what moss may change. */
  readonly surroundings: string
  /** After recovery each kept state lies under its own number. */
  readonly isSettled: boolean
}

export function checkRoot(disk: Disk, root: string, expected: RootExpectation): readonly string[] {
  const places = placesOf(root)
  const torn = checkTree({ outside: { disk }, places }, places.usr, expected.known)
  if (torn.length > 0) return torn.map((problem) => `T1: ${problem}`)
  return [
    ...checkKept(disk, root, expected).map((problem) => `T2: ${problem}`),
    ...checkCounters(disk, root, expected.floor).map((problem) => `T5: ${problem}`),
    ...(surroundingsOf(disk, root) === expected.surroundings
      ? []
      : ['T6: something else in the root changed']),
  ]
}

/** Exactly one whole state: the one that its record says. */
function checkTree(
  where: Parameters<typeof readRecord>[0],
  folder: string,
  known: KnownTrees,
): readonly string[] {
  const { disk } = where.outside
  try {
    const { number } = readRecord(where, folder)
    const wanted = known.get(number)
    if (wanted === undefined) return [`${folder} is state ${number}, which nobody made`]
    return treeText(disk, folder) === wanted ? [] : [`${folder} is not the whole of state ${number}`]
  } catch (error) {
    if (error instanceof MossError) return [`${folder} cannot be read: ${error.message}`]
    throw error
  }
}

function checkKept(disk: Disk, root: string, { known, isSettled }: RootExpectation): readonly string[] {
  const places = placesOf(root)
  const where = { outside: { disk }, places }
  return keptNumbers(disk, places).flatMap((number) => {
    const tree = keptTree(places, number)
    const problems = checkTree(where, tree, known)
    if (problems.length > 0 || !isSettled || readRecord(where, tree).number === number) return problems
    return [`${tree} is not state ${number}`]
  })
}

function checkCounters(disk: Disk, root: string, floor: Counters): readonly string[] {
  const now = readCounters(disk, placesOf(root))
  const problems: string[] = []
  if (now.epoch < floor.epoch) problems.push(`the epoch fell to ${now.epoch}`)
  if (now.timeFloor < floor.timeFloor) problems.push(`the time floor fell to ${now.timeFloor}`)
  for (const [channel, { serial }] of Object.entries(floor.serials))
    if ((now.serials[channel]?.serial ?? 0) < serial) problems.push(`the serial of ${channel} fell`)
  // They rise before the exchange, or the channel could lead the host back to before what it runs.
  const { channel } = readRecord({ outside: { disk }, places: placesOf(root) }, placesOf(root).usr)
  if (channel !== undefined && (now.serials[channel.name]?.serial ?? 0) < channel.serial)
    problems.push(`the counters are behind the current state’s serial ${channel.serial}`)
  return problems
}

/** What no verb may touch: all of the root but `.moss`, `usr`, and where deliveries go. */
export function surroundingsOf(disk: Disk, root: string): string {
  return describeTree(disk, root, (path) => /^\/(\.moss|usr|etc|var)(\/|$)/.test(path)).join('\n')
}

/** Everything that must be the same after an undisturbed and a disturbed run, but the audit: that grows by refusals. */
export function wholeRoot(disk: Disk, root: string): readonly string[] {
  const own = (path: string): boolean => /^\/\.moss\/(moss\.db.*|floor\.[01]|lock|seals.*|audit)$/.test(path)
  return [...describeTree(disk, root, own), JSON.stringify(readCounters(disk, placesOf(root)))]
}

/** The first lines that differ, for messages. */
export function differences(before: readonly string[], after: readonly string[]): readonly string[] {
  const [a, b] = [new Set(before), new Set(after)]
  return [
    ...before.filter((line) => !b.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !a.has(line)).map((line) => `+ ${line}`),
  ]
    .toSorted((x, y) => compareText(x.slice(2), y.slice(2)))
    .slice(0, 10)
}
