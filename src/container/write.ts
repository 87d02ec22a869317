// Writes a container to a disk, once, in order. It grows as NAME.part and takes its name only when it is whole and
// durable, so a file that bears the name is never half a container.
import { assertTrue, MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { OpenFile } from '../host/disk.ts'
import { createPart, placePart } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { windowsOf } from '../host/windows.ts'
import type { Signer } from '../trust/keys.ts'
import { encodeFront, type ContainerDraft } from './encode.ts'
import type { FinishedFrames } from './frames.ts'

/** A whole container without frames: a state, a channel snapshot, a root. */
export function encodeContainer(draft: ContainerDraft, signers: readonly Signer[]): Uint8Array {
  return encodeFront(draft, signers).bytes
}

/**
 * Writes the file `path`, which must not exist unless it is to be replaced (ALREADY_EXISTS), and its frames from their spool.
 * A `.part` that an interrupted run left there is written anew.
 */
export async function writeContainer(
  outside: Outside,
  path: string,
  draft: ContainerDraft & { readonly frames?: FinishedFrames; readonly replace?: boolean },
  signers: readonly Signer[],
  report: Report,
): Promise<ContainerId> {
  const { id, bytes } = encodeFront(draft, signers)
  const { frames, replace = false } = draft
  await writeEncoded(outside, path, { front: bytes, ...(frames && { frames }), replace }, report)
  return id
}

/** The same of a front that `encodeFront` made. */
export async function writeEncoded(
  outside: Outside,
  path: string,
  draft: { readonly front: Uint8Array; readonly frames?: FinishedFrames; readonly replace?: boolean },
  report: Report,
): Promise<void> {
  const { disk } = outside
  const { front, frames, replace = false } = draft
  if (!replace && disk.lstat(path) !== undefined) throw new MossError('ALREADY_EXISTS', { what: path })
  using part = createPart(disk, path)
  try {
    part.write(front, 0)
    if (frames !== undefined) await copyFrames(outside, { frames, file: part, at: front.length, report })
    placePart(disk, part, path, { replace })
  } catch (error) {
    if (disk.lstat(part.path) !== undefined) disk.remove(part.path)
    throw error
  }
}

async function copyFrames(
  outside: Outside,
  to: {
    readonly frames: FinishedFrames
    readonly file: OpenFile
    readonly at: number
    readonly report: Report
  },
): Promise<void> {
  const totalBytes = to.frames.storedBytes
  using spool = outside.disk.open(to.frames.path, 'read')
  let doneBytes = 0
  for (const window of windowsOf(spool)) {
    to.file.write(window, to.at + doneBytes)
    doneBytes += window.length
    to.report({ phase: 'write', doneBytes, totalBytes })
    await outside.turn()
  }
  assertTrue(doneBytes === totalBytes, 'the spool holds all frames')
}
