// What unlocking a minisign key costs. A key file asks for work and memory in libsodium's two numbers; this turns
// them into scrypt's, exactly as libsodium does, so that the cost is known and bounded before it is paid.
// Source: libsodium, crypto_pwhash_scryptsalsa208sha256, pickparams().

export interface ScryptCost {
  readonly logN: number
  readonly r: number
  readonly p: number
  /** Bytes that scrypt fills in all, at least the memory it needs: the measure of both memory and time. */
  readonly costBytes: number
}

/** What moss writes: libsodium's "interactive" numbers, 16 MiB. */
export const ourCost = { opsLimit: 524_288, memLimit: 16_777_216 } as const

/** What moss pays without being asked to: four times as much as it writes. */
export const defaultAllowedBytes = 64 * 1024 * 1024

/** Enough for every key that minisign itself writes: its default is 1 GiB. */
export const minisignAllowedBytes = 1024 * 1024 * 1024

const r = 8

export function scryptCost({ opsLimit, memLimit }: { opsLimit: bigint; memLimit: bigint }): ScryptCost {
  const work = opsLimit < 32_768n ? 32_768n : opsLimit
  if (work < memLimit / 32n) return costOf(logOf(work / BigInt(r * 4)), 1n)
  const logN = logOf(memLimit / BigInt(r * 128))
  const perBlock = work / 4n / 2n ** BigInt(logN)
  return costOf(logN, (perBlock > 0x3fffffffn ? 0x3fffffffn : perBlock) / BigInt(r))
}

/** The least N ≥ 1 with 2^N > most / 2. */
function logOf(most: bigint): number {
  let log = 1
  while (log < 63 && 2n ** BigInt(log) <= most / 2n) log++
  return log
}

const costOf = (logN: number, p: bigint): ScryptCost => ({
  logN,
  r,
  p: Number(p),
  costBytes: 128 * r * 2 ** logN * Math.max(1, Number(p)),
})
