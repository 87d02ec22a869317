// What hosts have sent: the states on mounted media and in folders or files that were named, the newest of each host, and
// whether this station answers it. Looked at as often as one likes: a file that has not changed is not read again.
import { compareText } from '../base/bytes.ts'
import { isMossError, unlessRefused } from '../base/error.ts'
import type { HostId, KeyId } from '../base/ids.ts'
import type { Outside } from '../host/outside.ts'
import { findStates } from '../medium/medium.ts'
import { spellingsOf } from '../trust/fingerprint.ts'
import { keyIsKnown, readingFleet, readSent } from './fleet.ts'
import { mediaNow } from './medium-scan.ts'
import { openStation, type Station } from './station.ts'

export interface CarriedState {
  readonly file: string
  readonly host: HostId
  readonly name: string
  readonly counter: number
  readonly fingerprint: string
  readonly words: string
  readonly isEnrolled: boolean
}

export interface Medium {
  readonly path: string
  /** A stick that is pulled leaves its folder, on another device. */
  readonly device: number
  readonly freeBytes: number
}

export interface CarriedStates {
  readonly media: readonly Medium[]
  /** The newest of each host and key, by name. */
  readonly states: readonly CarriedState[]
  readonly unreadable: readonly { readonly file: string; readonly message: string }[]
}

/** What a file says; whether its host is enrolled may change while it lies there. */
interface Told extends Omit<CarriedState, 'isEnrolled'> {
  readonly key: KeyId
}

type Read = Told | { readonly message: string }

const mostStates = 10_000

export function carriedStates(
  outside: Outside,
  home: string,
): (named: readonly string[]) => Promise<CarriedStates> {
  let known = new Map<string, Read>()
  return async (named) => {
    using station = openStation(outside, { home, how: 'read' })
    const folders = mediaNow(outside, named)
    const files = [
      ...named.filter((path) => !folders.includes(path)),
      ...folders.flatMap((path) => stateFiles(outside, path)),
    ]
    const told: Told[] = []
    const unreadable: { file: string; message: string }[] = []
    const seen = new Map<string, Read>()
    for (const file of new Set(files.slice(0, mostStates))) {
      const stat = unlessRefused(() => outside.disk.lstat(file))
      if (stat?.kind !== 'file') continue
      const mark = JSON.stringify([file, stat.sizeBytes, stat.mtimeMs, stat.inode, stat.device])
      const read = known.get(mark) ?? (await readTold(station, file))
      seen.set(mark, read)
      if ('message' in read) unreadable.push({ file, message: read.message })
      else told.push(read)
    }
    known = seen
    return {
      media: folders.map((path) => ({
        path,
        device: unlessRefused(() => outside.disk.lstat(path)?.device) ?? -1,
        freeBytes: unlessRefused(() => outside.disk.freeBytes(path)) ?? 0,
      })),
      states: newestOfEach(station, told),
      unreadable,
    }
  }
}

async function readTold(station: Station, file: string): Promise<Read> {
  try {
    const { state, key } = await readSent(station, file)
    const { host, name, counter } = state
    return { file, host, name, counter, key, ...spellingsOf(key) }
  } catch (error) {
    if (isMossError(error)) return { message: error.message }
    throw error
  }
}

function newestOfEach(station: Station, told: readonly Told[]): readonly CarriedState[] {
  const newest = new Map<KeyId, Told>()
  for (const each of told)
    if ((newest.get(each.key)?.counter ?? -1) < each.counter) newest.set(each.key, each)
  const states = [...newest.values()].sort((a, b) => compareText(a.name, b.name))
  const enrolled = readingFleet(station, (fleet) => states.map((each) => keyIsKnown(fleet, each)))
  return states.map(({ key: _key, ...state }, at) => ({ ...state, isEnrolled: enrolled?.[at] === true }))
}

/** A medium may be pulled at any moment: that is an absence, not an error. */
const stateFiles = ({ disk }: Outside, medium: string): readonly string[] =>
  unlessRefused(() => findStates(disk, medium).map(({ path }) => path)) ?? []
