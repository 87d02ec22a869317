// A file on a medium, and the parity beside it: when somebody finds the file damaged, or the medium does not give it, what parity
// can repair is repaired on this machine's disk and everything is read from there on. The medium is only read. Parity vouches
// for nothing: what comes of it is judged as the file would have been.
import { exits } from '../base/exits.ts'
import { isMossError } from '../base/error.ts'
import { formatBytes, formatCount, plural } from '../base/format.ts'
import { mendFile } from '../container/mend-file.ts'
import { preludeBytes } from '../container/prelude.ts'
import {
  findBadShards,
  judgeBadShards,
  openParity,
  type ParityFindings,
  readParityId,
} from '../container/read-parity.ts'
import { parityName } from '../container/write-parity.ts'
import { type ByteSource, fileSource, keepStart } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import type { ReportEvent } from './types.ts'

export class StoredFile implements ByteSource {
  readonly name: string
  readonly #outside: Outside
  readonly #into: string
  readonly #report: ReportEvent
  readonly #medium: ByteSource
  #begun: ByteSource | undefined
  #mended: ByteSource | undefined
  #isTried = false

  /** `into` is a new file on this machine's disk for what is repaired; it goes with this. */
  constructor(outside: Outside, path: string, { into, report }: { into: string; report: ReportEvent }) {
    this.name = path
    this.#outside = outside
    this.#into = into
    this.#report = report
    this.#medium = fileSource(outside.disk, path)
  }

  /** Whoever looks at its start first does not ask the medium twice. */
  read(into: Uint8Array, at: number): number {
    if (this.#mended !== undefined) return this.#mended.read(into, at)
    this.#begun ??= keepStart(this.#medium, preludeBytes).whole
    return this.#begun.read(into, at)
  }

  /** Whether `error` may be the medium's doing. */
  isDamage(error: unknown): boolean {
    if (isMossError(error, 'HOST_IO')) return error.details.path === this.name
    return isMossError(error) && (error.exit === exits.damaged || error.exit === exits.notGenuine)
  }

  /** Does the work, and once more if it finds damage that parity has something against. */
  async mending<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!this.isDamage(error) || !(await this.mend())) throw error
      return await work()
    }
  }

  /** Whether there is anything now that was not there before. */
  async mend(): Promise<boolean> {
    if (this.#isTried) return false
    this.#isTried = true
    const outside = this.#outside
    const report = this.#report
    const warn = (warning: string): void => report({ phase: 'mend', warning: `${this.name}: ${warning}` })
    using beside = openBeside(outside, this.name)
    if (beside === undefined) return false
    const parity = openParity(beside.source, beside.sizeBytes)
    if (parity === undefined) {
      warn('it is damaged, and the parity beside it cannot be read')
      return false
    }
    const source = this.#medium
    const bad = await findBadShards(parity, source, { report, turn: () => outside.turn() })
    const findings = judgeBadShards(parity, bad)
    const { source: mended, mendedShards } = await mendFile(outside, parity, {
      source,
      bad,
      into: this.#into,
      report,
    })
    this.#mended = mended
    if (findings.badStretches > 0) warn(mendedText(findings, mendedShards))
    return mendedShards > 0 || findings.badStretches === 0
  }

  [Symbol.dispose](): void {
    this.#mended?.[Symbol.dispose]()
    this.#medium[Symbol.dispose]()
  }
}

const mendedText = ({ badStretches, beyond }: ParityFindings, mendedShards: number): string => {
  const bad = plural(badStretches, 'stretch is bad', 'stretches are bad')
  if (beyond === 0 && mendedShards > 0)
    return `${bad} and repaired by the parity beside it; copy it to another medium`
  return `${bad}, more than the parity beside it can repair; ${mendedShards === 0 ? 'nothing' : 'a part'} was repaired`
}

function openBeside(
  { disk }: Outside,
  path: string,
): (Disposable & { readonly source: ByteSource; readonly sizeBytes: number }) | undefined {
  const name = parityName(path)
  try {
    const found = disk.lstat(name)
    if (found?.kind !== 'file') return undefined
    const source = fileSource(disk, name)
    return { source, sizeBytes: found.sizeBytes, [Symbol.dispose]: () => source[Symbol.dispose]() }
  } catch (error) {
    if (isMossError(error)) return undefined
    throw error
  }
}

/** What the parity beside a file says it is for; undefined where there is none that can be read. */
export function parityIdBeside(outside: Outside, path: string) {
  using beside = openBeside(outside, path)
  return beside && readParityId(beside.source, beside.sizeBytes)
}

/** Of the file and its parity, every shard; undefined where there is none. Nothing is repaired. */
export async function lookAtParity(
  outside: Outside,
  path: string,
  report: ReportEvent,
): Promise<ParityFindings | 'unreadable' | undefined> {
  if (outside.disk.lstat(path)?.kind !== 'file') return undefined
  using beside = openBeside(outside, path)
  if (beside === undefined) return undefined
  const parity = openParity(beside.source, beside.sizeBytes)
  if (parity === undefined) return 'unreadable'
  using source = fileSource(outside.disk, path)
  return judgeBadShards(parity, await findBadShards(parity, source, { report, turn: () => outside.turn() }))
}

export const isWholeParity = (found: ParityFindings | 'unreadable'): boolean =>
  found !== 'unreadable' && found.badShards === 0

/** `whole; bad stretches of 2.0 MB could be repaired`. */
export function sayParity(found: ParityFindings | 'unreadable'): string {
  if (found === 'unreadable') return 'parity: it cannot be read'
  const { badShards, shards, beyond, leftBytes } = found
  const left = `bad stretches of ${formatBytes(leftBytes)}`
  if (badShards === 0) return `parity: whole; ${left} could be repaired`
  const bad = `parity: ${formatCount(badShards)} of ${plural(shards, 'shard')} bad`
  return beyond === 0
    ? `${bad}, all of which can be repaired, and ${left} more`
    : `${bad}, and ${formatCount(beyond)} of them cannot be repaired`
}
