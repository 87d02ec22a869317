// Parity files in tests: bad stretches as a stick has them, and a file beside its parity, mended.
import type { ContainerId } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { mendFile } from '../../src/container/mend-file.ts'
import {
  findBadShards,
  judgeBadShards,
  openParity,
  type ParityFindings,
} from '../../src/container/read-parity.ts'
import { parityName, writeParity } from '../../src/container/write-parity.ts'
import { type ByteSource, fileSource } from '../../src/host/byte-source.ts'
import type { Outside } from '../../src/host/outside.ts'
import type { Random } from '../sim/random.ts'

export const stretchBytes = 64 * 1024

export interface Stretch {
  readonly at: number
  readonly sizeBytes: number
}

/** That begin anywhere, do not overlap, are 64 KiB or longer and make so many bytes together, or a little less. */
export function badStretches(
  random: Random,
  fileBytes: number,
  totalBytes: number,
  { isFirst }: { readonly isFirst: boolean },
): readonly Stretch[] {
  const stretches: Stretch[] = []
  const isFree = ({ at, sizeBytes }: Stretch): boolean =>
    stretches.every((other) => at + sizeBytes <= other.at || other.at + other.sizeBytes <= at)
  for (let left = totalBytes; left >= stretchBytes;) {
    const isLong = random.below(4) === 0
    const sizeBytes = isLong ? stretchBytes + random.below(left - stretchBytes + 1) : stretchBytes
    const at = isFirst && stretches.length === 0 ? 0 : random.below(fileBytes - sizeBytes + 1)
    const stretch = { at, sizeBytes }
    if (!isFree(stretch)) continue
    stretches.push(stretch)
    left -= sizeBytes
  }
  return stretches
}

/** Every byte of them is another one. */
export function spoil(bytes: Uint8Array, stretches: readonly Stretch[]): void {
  for (const { at, sizeBytes } of stretches)
    for (let i = at; i < at + sizeBytes; i++) bytes[i] = ~(bytes[i] ?? 0)
}

export const someId = '5c'.repeat(32) as ContainerId

export const makeParity = (outside: Outside, path: string, percent: number): Promise<number> =>
  writeParity(outside, path, { id: someId, percent, report: silent })

export interface Mended {
  readonly findings: ParityFindings
  readonly bytes: Uint8Array
}

/** What comes out of the file with its parity; undefined where that is of no use. */
export async function mend(
  outside: Outside,
  path: string,
  source: ByteSource = fileSource(outside.disk, path),
): Promise<Mended | undefined> {
  const name = parityName(path)
  using beside = fileSource(outside.disk, name)
  const parity = openParity(beside, outside.disk.lstat(name)?.sizeBytes ?? 0)
  if (parity === undefined) return undefined
  const how = { report: silent, turn: () => outside.turn() }
  const bad = await findBadShards(parity, source, how)
  const mended = await mendFile(outside, parity, { source, bad, into: `${path}.mended`, report: silent })
  using whole = mended.source
  const bytes = new Uint8Array(parity.shape.storedBytes)
  const count = whole.read(bytes, 0)
  return { findings: judgeBadShards(parity, bad), bytes: bytes.subarray(0, count) }
}
