// Finds what is wrong with the store: assets that are missing or changed, files that nobody recorded. It reads
// every body, digests them in the pool, and changes nothing.
import { isMossError } from '../base/error.ts'
import type { AssetId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { problemOf } from '../host/problem.ts'
import type { AssetDescription } from './asset.ts'
import { attributeProblem, dateProblem } from './attributes.ts'
import { digestInTurns, wholeBodyBytes } from './body.ts'
import { bodyDigestsJob } from './jobs.ts'
import { assetPath, type StoreParts } from './parts.ts'
import { findStrays } from './strays.ts'
import { countAssets, eachAsset } from './tables.ts'

export type StoreFinding =
  | { readonly kind: 'missing'; readonly asset: AssetId; readonly path: string }
  | {
      readonly kind: 'wrong-content'
      readonly asset: AssetId
      readonly path: string
      readonly problem: string
    }
  | {
      readonly kind: 'wrong-attributes'
      readonly asset: AssetId
      readonly path: string
      readonly problem: string
    }
  /** It may be whole: what kept it from being read may pass. */
  | { readonly kind: 'unreadable'; readonly asset: AssetId; readonly path: string; readonly problem: string }
  /** Without a row: garbage of a crash, or put there by someone. */
  | { readonly kind: 'stray'; readonly path: string }

interface Body {
  readonly asset: AssetId
  readonly path: string
  readonly description: AssetDescription
}

/** Bodies read together for one message to a worker. */
class Batch {
  readonly bodies: Body[] = []
  readonly bytes: Uint8Array[] = []
  sizeBytes = 0

  add(body: Body, bytes: Uint8Array): void {
    this.bodies.push(body)
    this.bytes.push(bytes)
    this.sizeBytes += bytes.length
  }
}

const batchBytes = 1024 * 1024
const batchBodies = 1024

/** Those whose bytes are surely not what their names say. */
export const damagedAssets = (findings: readonly StoreFinding[]): readonly AssetId[] =>
  findings.flatMap((finding) =>
    finding.kind === 'missing' || finding.kind === 'wrong-content' ? [finding.asset] : [],
  )

export interface StoreCheck {
  /** The assets to look at; without it strays are looked for too. */
  readonly only?: ReadonlySet<AssetId>
  /** Attributes, sizes and dates; no body is read. */
  readonly isQuick?: boolean
}

export async function checkStore(
  parts: StoreParts,
  report: Report,
  { only, isQuick = false }: StoreCheck = {},
): Promise<readonly StoreFinding[]> {
  const findings: StoreFinding[] = []
  const totals = countAssets(parts.database)
  const underWay: Promise<readonly StoreFinding[]>[] = []
  let batch = new Batch()
  let doneItems = 0
  let doneBytes = 0
  const settleOldest = async (): Promise<void> => {
    findings.push(...((await underWay.shift()) ?? []))
    report({
      phase: 'check store',
      doneItems,
      totalItems: totals.assets,
      doneBytes,
      totalBytes: totals.bytes,
    })
  }
  const send = async (): Promise<void> => {
    while (underWay.length >= 2 * parts.pool.width) await settleOldest()
    const sent = digestBatch(parts, batch)
    sent.catch(() => {})
    underWay.push(sent)
    batch = new Batch()
  }
  for (const { id, description } of eachAsset(parts.database)) {
    if (only?.has(id) === false) continue
    const body = { asset: id, path: assetPath(parts.folder, id), description }
    const { found, isReadable } = checkAttributes(parts, body, isQuick)
    findings.push(...found)
    if (isReadable && description.sizeBytes > wholeBodyBytes) findings.push(...(await checkLong(parts, body)))
    else if (isReadable) findings.push(...readInto(parts, batch, body))
    doneItems += 1
    doneBytes += description.sizeBytes
    if (batch.sizeBytes >= batchBytes || batch.bodies.length >= batchBodies) await send()
    if (doneItems % 256 === 0) await parts.turn()
  }
  await send()
  while (underWay.length > 0) await settleOldest()
  if (only === undefined) for (const path of findStrays(parts)) findings.push({ kind: 'stray', path })
  return findings
}

interface Look {
  readonly found: readonly StoreFinding[]
  readonly isReadable: boolean
}

function checkAttributes(parts: StoreParts, body: Body, isQuick: boolean): Look {
  try {
    return lookAt(parts, body, isQuick)
  } catch (error) {
    return { found: [unreadable(body, error)], isReadable: false }
  }
}

function lookAt({ disk, userId }: StoreParts, body: Body, isQuick: boolean): Look {
  const { asset, path, description } = body
  const stat = disk.lstat(path)
  if (stat === undefined) return { found: [{ kind: 'missing', asset, path }], isReadable: false }
  if (stat.kind !== 'file')
    return {
      found: [{ kind: 'wrong-content', asset, path, problem: `is a ${stat.kind}` }],
      isReadable: false,
    }
  if (stat.sizeBytes !== description.sizeBytes) {
    const problem = `has ${stat.sizeBytes} bytes, not ${description.sizeBytes}`
    return { found: [{ kind: 'wrong-content', asset, path, problem }], isReadable: false }
  }
  const problem =
    attributeProblem(disk, path, { description, userId, stat }) ?? (isQuick ? dateProblem(stat) : undefined)
  const found: StoreFinding[] =
    problem === undefined ? [] : [{ kind: 'wrong-attributes', asset, path, problem }]
  return { found, isReadable: !isQuick }
}

/** Reads a body into the batch; one that cannot be read is a finding, not the end of the check. */
function readInto({ disk }: StoreParts, batch: Batch, body: Body): readonly StoreFinding[] {
  try {
    batch.add(body, disk.readFile(body.path, wholeBodyBytes))
    return []
  } catch (error) {
    return [unreadable(body, error)]
  }
}

async function checkLong(parts: StoreParts, body: Body): Promise<readonly StoreFinding[]> {
  try {
    const digest = await digestInTurns(body.path, parts)
    return digest === body.description.content ? [] : [wrongContent(body)]
  } catch (error) {
    return [unreadable(body, error)]
  }
}

async function digestBatch({ pool }: StoreParts, batch: Batch): Promise<readonly StoreFinding[]> {
  const bytes = new Uint8Array(batch.sizeBytes)
  let at = 0
  for (const body of batch.bytes) {
    bytes.set(body, at)
    at += body.length
  }
  const sizes = batch.bytes.map((body) => body.length)
  const digests = await pool.run(bodyDigestsJob, { bytes, sizes }, [bytes.buffer])
  return batch.bodies.flatMap((body, index) => {
    const digest = digests[index]
    if (digest === undefined) throw new Error('broken promise: every body gives a digest')
    return digest === body.description.content ? [] : [wrongContent(body)]
  })
}

const wrongContent = ({ asset, path }: Body): StoreFinding => ({
  kind: 'wrong-content',
  asset,
  path,
  problem: 'content differs',
})

/** What the device itself says it has lost is lost. */
function unreadable({ asset, path }: Body, error: unknown): StoreFinding {
  if (!isMossError(error)) throw error
  const kind = problemOf(error) === 'EIO' ? 'wrong-content' : 'unreadable'
  return { kind, asset, path, problem: error.message }
}
