// A file of an archive, brought here. Its digest is known and says what counts; so what an earlier call left of it is gone on
// from, a server that fails is asked again, and what proves wrong is not kept.
import { concatBytes } from '../base/bytes.ts'
import { startDigest } from '../base/digest.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { Disk, OpenFile } from '../host/disk.ts'
import type { Download } from '../host/http.ts'
import type { Outside } from '../host/outside.ts'
import type { Pace } from '../host/pace.ts'
import { windowsOf } from '../host/windows.ts'
import { isAddress } from './debian-sources.ts'

export interface ArchiveFile {
  /** Or its address. */
  readonly path: string
  readonly sha256: string
  readonly sizeBytes: number
}

export interface Fetching {
  readonly outside: Outside
  readonly pace: Pace
  /** Ends what is under way with NETWORK_FAILED. */
  readonly cancelled: AbortSignal
  /** So many bytes more are here; fewer, where it begins anew. */
  readonly arrived: (bytes: number) => void
  /** It failed, and is asked again. */
  readonly failed: (problem: string) => void
}

const mostTries = 5
const firstPauseMs = 250

/** The file `to` is then whole. False where the archive has no such file. Throws NETWORK_FAILED, ARCHIVE_REFUSED. */
export async function fetchFile(from: Fetching, wanted: ArchiveFile, to: string): Promise<boolean> {
  const { disk } = from.outside
  const isBegun = disk.lstat(to) !== undefined
  try {
    using file = disk.open(to, isBegun ? 'update' : 'create', 0o600)
    const first = await fill(from, wanted, file)
    // What was here may have been of another file.
    const outcome = first === 'other' && isBegun ? await fill(from, wanted, file) : first
    if (outcome === 'other') refuse(wanted.path, 'it is not what its index says')
    return outcome === 'whole'
  } catch (error) {
    if (isMossError(error, 'ARCHIVE_REFUSED')) disk.remove(to)
    throw error
  }
}

type Outcome = 'whole' | 'absent' | 'other'

const refuse = (path: string, problem: string): never => {
  throw new MossError('ARCHIVE_REFUSED', { path, problem })
}

/** What proves to be another file is emptied. */
async function fill(
  from: Fetching,
  { path, sha256, sizeBytes }: ArchiveFile,
  file: OpenFile,
): Promise<Outcome> {
  let [digest, at] = [startDigest(), 0]
  const take = (window: Uint8Array): void => {
    digest.add(window)
    at += window.length
    from.arrived(window.length)
  }
  const beginAnew = (): void => {
    file.truncate(0)
    from.arrived(-at)
    ;[digest, at] = [startDigest(), 0]
  }
  if (file.stat().sizeBytes > sizeBytes) file.truncate(0)
  for (const window of windowsOf(file)) take(window)
  const goOn = async (): Promise<boolean> => {
    if (at === sizeBytes) return true
    await using found = await openArchiveFile(from, path, at)
    if (found === undefined) return false
    const { totalBytes = sizeBytes } = found
    if (totalBytes !== sizeBytes) refuse(path, `it has ${totalBytes} bytes, and its index says ${sizeBytes}`)
    if (found.fromByte !== at) beginAnew()
    for await (const window of found.windows) {
      if (at + window.length > sizeBytes) refuse(path, 'it is longer than its index says')
      file.write(window, at)
      take(window)
      await from.pace(window.length)
    }
    if (at === sizeBytes) return true
    // A connection may end without a word of how much was to come.
    if (isAddress(path))
      throw new MossError('NETWORK_FAILED', { address: path, problem: 'it ended too soon' })
    return refuse(path, 'it is shorter than its index says')
  }
  if (!(await patiently(from, goOn, () => at))) return 'absent'
  if (digest.finish() === sha256) return 'whole'
  beginAnew()
  return 'other'
}

/** All of a small file whose digest nobody knows yet. Undefined where the archive has none. Throws NETWORK_FAILED. */
export function readArchiveFile(
  from: Fetching,
  path: string,
  limitBytes: number,
): Promise<Uint8Array | undefined> {
  return patiently(from, async () => {
    await using found = await openArchiveFile(from, path, 0)
    if (found === undefined) return undefined
    const windows: Uint8Array[] = []
    let sizeBytes = 0
    for await (const window of found.windows) {
      sizeBytes += window.length
      if (sizeBytes > limitBytes) refuse(path, `it has more than ${limitBytes} bytes`)
      windows.push(Uint8Array.from(window))
    }
    return concatBytes(windows)
  })
}

async function openArchiveFile(
  { outside, cancelled }: Fetching,
  path: string,
  fromByte: number,
): Promise<Download | undefined> {
  if (isAddress(path)) return await outside.download(path, fromByte, cancelled)
  return outside.disk.lstat(path) === undefined
    ? undefined
    : {
        fromByte: 0,
        windows: windowsIn(outside.disk, path),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }
}

function* windowsIn(disk: Disk, path: string): Generator<Uint8Array> {
  using file = disk.open(path, 'read')
  yield* windowsOf(file)
}

/** Asks a network that fails again, each time later; the tries begin anew whenever more has arrived. */
async function patiently<T>(
  { outside, cancelled, failed }: Fetching,
  attempt: () => Promise<T>,
  arrived: () => number = () => 0,
): Promise<T> {
  for (let [tries, before] = [1, 0]; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (arrived() > before) tries = 1
      before = Math.max(before, arrived())
      if (!isMossError(error, 'NETWORK_FAILED') || error.details.isFinal === true) throw error
      if (tries === mostTries || cancelled.aborted) throw error
      failed(error.message)
      await outside.pause(firstPauseMs * 2 ** tries)
    }
  }
}
