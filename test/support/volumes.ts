// Containers in memory, cut into volumes.
import { concatBytes } from '../../src/base/bytes.ts'
import { claimedFrames } from '../../src/container/claimed-frames.ts'
import { planCut } from '../../src/container/plan-cut.ts'
import { openContainer } from '../../src/container/read.ts'
import { volumeOf } from '../../src/container/volume-file.ts'
import { bytesSource } from '../../src/host/byte-source.ts'

/** In their order; none where one is enough. */
export function cutIntoVolumes(whole: Uint8Array, limitBytes: number): readonly Uint8Array[] {
  const container = openContainer(bytesSource('whole.moss', whole))
  const frames = claimedFrames(container)
  const sizes = Array.from({ length: frames.count }, (_, n) => frames.entry(n).storedBytes)
  return planCut({ frontBytes: container.framesOffset, frames: sizes, limitBytes }).map((volume) => {
    const file = volumeOf(container, { frames, volume })
    const bytes = concatBytes([...file.pieces()])
    if (bytes.length !== file.sizeBytes) throw new Error('a volume of another size than it says')
    return bytes
  })
}
