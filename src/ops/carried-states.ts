// What hosts have sent: the states on mounted media and in folders or files that were named, the newest of each host, and
// whether this station answers it. Looked at as often as one likes: a file that has not changed is not read again.
import { isMossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import type { Outside } from '../host/outside.ts'
import { findStates } from '../medium/medium.ts'
import { spellingsOf } from '../trust/fingerprint.ts'
import { keyIsKnown, readingFleet, readSent, type SentState } from './fleet.ts'
import { mediaNow } from './medium-scan.ts'
import { openStation } from './station.ts'

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

type Read = SentState | { readonly message: string }

const mostStates = 10_000

export function carriedStates(
  outside: Outside,
  home: string,
): (named: readonly string[]) => Promise<CarriedStates> {
  const known = new Map<string, Read>()
  return async (named) => {
    using station = openStation(outside, { home, how: 'read' })
    const folders = mediaNow(outside, named)
    const files = [
      ...named.filter((path) => !folders.includes(path)),
      ...folders.flatMap((path) => stateFiles(outside, path)),
    ]
    const sent: SentState[] = []
    const unreadable: { file: string; message: string }[] = []
    for (const file of new Set(files.slice(0, mostStates))) {
      const stat = unlessPulled(() => outside.disk.lstat(file))
      if (stat?.kind !== 'file') continue
      const mark = JSON.stringify([file, stat.sizeBytes, stat.mtimeMs, stat.inode, stat.device])
      const read = known.get(mark) ?? (await unlessRefused(() => readSent(station, file)))
      known.set(mark, read)
      if ('message' in read) unreadable.push({ file, message: read.message })
      else sent.push(read)
    }
    const media = folders.map((path) => ({
      path,
      device: unlessPulled(() => outside.disk.lstat(path)?.device) ?? -1,
      freeBytes: unlessPulled(() => outside.disk.freeBytes(path)) ?? 0,
    }))
    const enrolled = readingFleet(station, (fleet) => sent.map((each) => keyIsKnown(fleet, each)))
    return {
      media,
      states: newestOfEach(sent.map((each, at) => describe(each, enrolled?.[at] === true))),
      unreadable,
    }
  }
}

const describe = ({ from, state, key }: SentState, isEnrolled: boolean): CarriedState => ({
  file: from,
  host: state.host,
  name: state.name,
  counter: state.counter,
  ...spellingsOf(key),
  isEnrolled,
})

function newestOfEach(states: readonly CarriedState[]): readonly CarriedState[] {
  const newest = new Map<string, CarriedState>()
  for (const state of states)
    if ((newest.get(state.fingerprint)?.counter ?? -1) < state.counter) newest.set(state.fingerprint, state)
  return [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
}

const stateFiles = ({ disk }: Outside, medium: string): readonly string[] =>
  unlessPulled(() => findStates(disk, medium).map(({ path }) => path)) ?? []

/** A medium may be pulled at any moment: that is an absence, not an error. */
function unlessPulled<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isMossError(error)) return undefined
    throw error
  }
}

async function unlessRefused(read: () => Promise<SentState>): Promise<Read> {
  try {
    return await read()
  } catch (error) {
    if (isMossError(error)) return { message: error.message }
    throw error
  }
}
