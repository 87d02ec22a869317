// join: puts volumes together again, in whatever order they are named, for anybody: what comes out is byte for byte what was
// cut. Signatures are not judged; every frame is compared with the frame table.
import type { ContainerId } from '../base/ids.ts'
import { claimedFrames } from '../container/claimed-frames.ts'
import { checkVolumeEnd } from '../container/frame-place.ts'
import { assertSiblings, wholeOf } from '../container/volume-file.ts'
import { volumesWanted, wholeNameOf } from '../container/wanted-volumes.ts'
import { isWritten, writeVolume } from '../container/write-volume.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom } from '../host/room.ts'
import { parentFolder } from '../state/places.ts'
import type { ReportEvent } from './types.ts'
import { type NamedVolume, openNamedVolume, siblingsOf } from './volume-files.ts'

export interface Joined {
  readonly path: string
  readonly id: ContainerId
  readonly volumes: number
  readonly fileBytes: number
  /** False if it was there. */
  readonly isNew: boolean
}

/** `output` is a file or a folder. Throws VOLUME_WANTED, ALREADY_EXISTS. */
export async function joinVolumes(
  outside: Outside,
  request: { readonly files: readonly string[]; readonly output: string },
  report: ReportEvent,
): Promise<Joined> {
  const { files, output } = request
  using open = new DisposableStack()
  const paths = new Set([...files, ...files.flatMap((file) => siblingsOf(outside, file))])
  const volumes = new Map<number, NamedVolume>()
  for (const path of paths)
    naming(path, report, () => {
      const named = openNamedVolume(outside, path, open)
      for (const { opened } of volumes.values()) assertSiblings(opened, named.opened)
      if (!volumes.has(named.volume.number)) volumes.set(named.volume.number, named)
    })
  const inOrder = [...volumes.values()].sort((a, b) => a.volume.number - b.volume.number)
  const [first] = inOrder
  if (first === undefined) throw new RangeError('no volume')
  const others = inOrder.map(({ volume }) => volume)
  const wanted = volumesWanted(
    { id: first.opened.id, path: first.path, one: first.volume, others },
    { isKept: false },
  )
  if (wanted !== undefined) throw wanted
  const frames = claimedFrames(first.opened)
  for (const { path, opened } of inOrder) naming(path, report, () => checkVolumeEnd(frames, opened))
  const made = wholeOf(
    inOrder.map(({ opened }) => opened),
    frames,
  )
  const isFolder = outside.disk.lstat(output)?.kind === 'folder'
  const path = isFolder ? `${output}/${wholeNameOf(first.path, first.volume)}` : output
  const isNew = !isWritten(outside, path, made)
  if (isNew) {
    assertRoom(outside.disk, parentFolder(path), { sizeBytes: made.sizeBytes, inodes: 1 })
    await writeVolume(outside, path, { file: made, isReadBack: true, report })
  }
  return { path, id: first.opened.id, volumes: inOrder.length, fileBytes: made.sizeBytes, isNew }
}

/** An error names a part of a file; this names the file. */
function naming(path: string, report: ReportEvent, work: () => void): void {
  try {
    work()
  } catch (error) {
    report({ phase: 'join', warning: `${path} is refused` })
    throw error
  }
}
