// A deflate stream found in a file, and who may have made it.
import { type Maker, makers } from '../deflate/rules.ts'

export interface PackedStream {
  readonly at: number
  readonly packedBytes: number
  readonly plain: Uint8Array
  /** What the header says of the level; 6 where it says nothing. */
  readonly level: number
  /** The header looks like that of gzip itself, or of zip. */
  readonly isOfGzip: boolean
}

/** Those that people ask for; many headers say nothing of the level. */
const usualLevels = [6, 9, 1]

/** Every maker, the likeliest first. */
export function likelyMakers({ level, isOfGzip }: PackedStream): readonly Maker[] {
  const families = isOfGzip ? [0, 1, 2] : [1, 0, 2]
  const levels = [level, ...usualLevels]
  const unlikeliness = (maker: Maker): number => {
    const place = levels.indexOf(maker % 16)
    return families.indexOf(Math.floor(maker / 16)) + families.length * (place < 0 ? levels.length : place)
  }
  return makers.toSorted((a, b) => unlikeliness(a) - unlikeliness(b))
}
