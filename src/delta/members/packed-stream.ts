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

/** Every maker, the likeliest first. */
export function likelyMakers({ level, isOfGzip }: PackedStream): readonly Maker[] {
  const unlikeliness = (maker: Maker): number => {
    const family = Math.floor(maker / 16)
    const levelIsOther = maker % 16 === level ? 0 : 4
    return levelIsOther + (family === 0 ? Number(!isOfGzip) * 1.5 : family - Number(!isOfGzip))
  }
  return makers.toSorted((a, b) => unlikeliness(a) - unlikeliness(b))
}
