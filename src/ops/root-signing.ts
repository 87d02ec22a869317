// root sign, root assemble: keys never meet. What goes round is one file, or copies of it; each comes back with a signature
// more, and what the copies have is put together.
import { isMossError, MossError } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import type { OpenedContainer } from '../container/read.ts'
import { missingSigners, withBlocks } from '../container/root-file.ts'
import { claimedRoot } from '../container/verify.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { assertPossibleDate } from '../trust/counters.ts'
import { fingerprintOf } from '../trust/fingerprint.ts'
import { rootDigest } from '../trust/root.ts'
import { verifySignature } from '../trust/signatures.ts'
import { currentRoot, type DescribedRoot, describeRoot, openRootFile } from './describe-root.ts'
import {
  type AskPassphrase,
  keyFiles,
  maySign,
  openStation,
  readText,
  signerFor,
  type Station,
} from './station.ts'

export interface SignRootPlan {
  readonly home: string
  readonly file: string
  /** Names of the keys here that sign. */
  readonly keys: readonly string[]
  readonly root: DescribedRoot
}

/** Throws KEY_ABSENT where nobody whose signature is missing has a key here, TRUST_FUTURE. */
export async function planSignRoot(
  outside: Outside,
  { home, file }: { readonly home: string; readonly file: string },
): Promise<SignRootPlan> {
  using station = openStation(outside, { home, how: 'read' })
  const opened = openRootFile(outside.disk, file)
  const keys = ownMissing(station, opened).map(({ name }) => name)
  if (keys.length === 0) throw new MossError('KEY_ABSENT', { role: 'a signer of this root' })
  assertMaySign(outside, opened)
  return { home, file, keys, root: describeRoot(opened, { file, before: currentRoot(station) }) }
}

/** Whoever signs has a clock of their own, and finds out one that was wrong where the root was drafted. */
const assertMaySign = (outside: Outside, opened: OpenedContainer): void =>
  assertPossibleDate(claimedRoot(opened), Math.floor(outside.nowMs() / 1000))

function ownMissing(station: Station, opened: OpenedContainer) {
  const missing = new Set(missingSigners(opened))
  return keyFiles(station).filter((key) => maySign(key) && missing.has(key.publicKey.id))
}

/** Adds the signatures of this home's keys to the file. Throws PLAN_STALE, KEY_PASSPHRASE. */
export async function executeSignRoot(
  outside: Outside,
  plan: SignRootPlan,
  ask: AskPassphrase,
): Promise<DescribedRoot> {
  using station = openStation(outside, { home: plan.home, how: 'write' })
  const { disk } = outside
  const opened = openRootFile(disk, plan.file)
  if (fingerprintOf(rootDigest(claimedRoot(opened))) !== plan.root.fingerprint)
    throw new MossError('PLAN_STALE', { what: plan.file })
  const blocks = [...opened.blocks]
  for (const key of ownMissing(station, opened)) {
    const signer = await signerFor(station, key, ask)
    blocks[opened.head.signers.indexOf(key.publicKey.id)] = signer.sign(opened.headBytes)
  }
  writeDurably(disk, plan.file, withBlocks(opened, blocks), { mode: 0o644, replace: true })
  return describeRoot(openRootFile(disk, plan.file), { file: plan.file, before: currentRoot(station) })
}

/** What is to be signed elsewhere, by ssh-keygen or minisign: the head, as a file. Throws TRUST_FUTURE. */
export async function writeRootHead(
  outside: Outside,
  { file, to }: { readonly file: string; readonly to: string },
): Promise<{ readonly file: string; readonly head: string }> {
  const opened = openRootFile(outside.disk, file)
  assertMaySign(outside, opened)
  writeDurably(outside.disk, to, opened.headBytes, { mode: 0o644 })
  return { file, head: to }
}

/** Adds a signature that was made elsewhere. Throws TRUST_SIGNATURE_INVALID, TRUST_UNKNOWN_KEY. */
export async function attachSignature(
  outside: Outside,
  request: { readonly home: string; readonly file: string; readonly signature: string },
): Promise<DescribedRoot> {
  using station = openStation(outside, { home: request.home, how: 'read' })
  const { disk } = outside
  const opened = openRootFile(disk, request.file)
  const before = currentRoot(station)
  const block = readText(disk, request.signature)
  const keys = [...claimedRoot(opened).keys, ...(before?.keys ?? [])]
  const claim = { part: request.signature, message: opened.headBytes, block }
  const signer = keys.find((key) => opened.head.signers.includes(key.id) && isBy({ ...claim, key }))
  if (signer === undefined)
    throw new MossError('TRUST_SIGNATURE_INVALID', {
      part: request.signature,
      problem: `it is by none of those who shall sign ${request.file}, or over something else`,
    })
  const blocks = opened.blocks.with(opened.head.signers.indexOf(signer.id), block)
  writeDurably(disk, request.file, withBlocks(opened, blocks), { mode: 0o644, replace: true })
  return describeRoot(openRootFile(disk, request.file), { file: request.file, before })
}

function isBy(claim: Parameters<typeof verifySignature>[0]): boolean {
  try {
    verifySignature(claim)
    return true
  } catch (error) {
    if (isMossError(error, 'TRUST_SIGNATURE_INVALID')) return false
    throw error
  }
}

/** Puts the signatures of several copies of one root together. Throws TRUST_SIGNATURE_INVALID naming the copy. */
export async function assembleRoot(
  outside: Outside,
  request: { readonly home: string; readonly files: readonly string[]; readonly output: string },
): Promise<DescribedRoot> {
  using station = openStation(outside, { home: request.home, how: 'read' })
  const { disk } = outside
  const copies = request.files.map((file) => ({ file, opened: openRootFile(disk, file) }))
  const [first] = copies
  if (first === undefined)
    throw new MossError('CLI_USAGE', { problem: 'name the copies', see: 'root assemble' })
  const before = currentRoot(station)
  const root = claimedRoot(first.opened)
  const keys = new Map([...(before?.keys ?? []), ...root.keys].map((key) => [key.id, key]))
  const blocks = first.opened.head.signers.map(() => '')
  for (const { file, opened } of copies) {
    if (opened.id !== first.opened.id)
      throw new MossError('CLI_USAGE', {
        problem: `${file} is another root than ${first.file}`,
        see: 'root assemble',
      })
    for (const [index, block] of opened.blocks.entries()) {
      const key = keys.get(opened.head.signers[index] as KeyId)
      if (block === '' || blocks[index] !== '') continue
      // A key of a root that this station never had is for those to judge who have it.
      if (key !== undefined)
        checkBlock(file, () => verifySignature({ part: file, message: opened.headBytes, block, key }))
      blocks[index] = block
    }
  }
  writeDurably(disk, request.output, withBlocks(first.opened, blocks), { mode: 0o644, replace: true })
  return describeRoot(openRootFile(disk, request.output), { file: request.output, before })
}

function checkBlock(file: string, verify: () => void): void {
  try {
    verify()
  } catch (error) {
    if (!isMossError(error, 'TRUST_SIGNATURE_INVALID')) throw error
    throw new MossError('TRUST_SIGNATURE_INVALID', { part: file, problem: error.details.problem })
  }
}
