// The audit: what a host was asked to believe, by whom it was signed, and what became of it. One line of JSON for each, and
// each line bears the digest of the one before, so that nothing can be taken out or changed without changing all
// that follows. The newest digest goes out with every signed state: whoever keeps those sees even that.
import { concatBytes, decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { CborValue } from '../base/cbor.ts'
import type { Digest, KeyId } from '../base/ids.ts'
import { integer, list, oneOf, record, text } from '../base/shape.ts'
import { mostSigners } from './threshold.ts'

export const auditKinds = ['root', 'bundle', 'apply', 'rollback', 'back'] as const

export interface AuditEvent {
  /** By the host's clock, which may be wrong. Whole seconds since 1970. */
  readonly at: number
  readonly kind: (typeof auditKinds)[number]
  readonly outcome: 'accepted' | 'refused'
  /** A container's id, a root's digest, or a state's number. */
  readonly subject: string
  readonly signers: readonly KeyId[]
  /** In words: what it was, or why it was refused. */
  readonly detail: string
}

export interface AuditEntry extends AuditEvent {
  /** From 1. */
  readonly number: number
}

const none = digestOf(new Uint8Array(0))
const longestDetail = 1000
/** Far more than any entry. What is longer is no entry, and is read in parts of this size. */
const longestLineBytes = 1024 * 1024
const lineFeed = 10

interface Line {
  /** Without its end. */
  readonly bytes: Uint8Array
  /** Where the one after it begins. */
  readonly end: number
}

/** A last line that a power cut left unfinished is none. */
function* linesOf(blocks: Iterable<Uint8Array>): Generator<Line> {
  let begun: Uint8Array = new Uint8Array(0)
  let before = 0
  for (const block of blocks) {
    const text = concatBytes([begun, block])
    let from = 0
    for (;;) {
      const line = text.subarray(from, from + longestLineBytes)
      const length = line.indexOf(lineFeed)
      if (length < 0 && line.length < longestLineBytes) break
      from += length < 0 ? line.length : length + 1
      yield { bytes: length < 0 ? line : line.subarray(0, length), end: before + from }
    }
    begun = text.subarray(from)
    before += from
  }
}

const digestOfLine = (bytes: Uint8Array): Digest => digestOf(concatBytes([bytes, Uint8Array.of(lineFeed)]))

/**
 * The line that follows `blocks`, which are the audit from its start to its end, and where it begins. Undefined where the
 * last of its kind says the same already: what was cut short and is done again happened once. Nothing is
 * judged: a broken audit goes on behind what is broken.
 */
export function nextAuditLine(
  blocks: Iterable<Uint8Array>,
  { at, kind, outcome, subject, signers, detail }: AuditEvent,
): { readonly bytes: Uint8Array; readonly at: number } | undefined {
  const ofKind = `"kind":"${kind}"`
  let number = 1
  let last: Line | undefined
  let lastOfKind: Line | undefined
  for (const line of linesOf(blocks)) {
    number++
    last = line
    if (decodeUtf8(line.bytes)?.includes(ofKind) === true) lastOfKind = line
  }
  const cut = detail.length > longestDetail ? `${detail.slice(0, longestDetail - 1)}…` : detail
  const said = lastOfKind === undefined ? undefined : parseLine(lastOfKind.bytes)
  if (said?.outcome === outcome && said.subject === subject && said.detail === cut) return undefined
  const before = last === undefined ? none : digestOfLine(last.bytes)
  const line = JSON.stringify({ number, at, kind, outcome, subject, signers, detail: cut, before })
  return { bytes: encodeUtf8(`${line}\n`), at: last?.end ?? 0 }
}

/** What a signed state says of it, judged or not. */
export function auditEnd(blocks: Iterable<Uint8Array>): {
  readonly entries: number
  readonly digest: Digest
} {
  let entries = 0
  let last: Line | undefined
  for (const line of linesOf(blocks)) {
    entries++
    last = line
  }
  return { entries, digest: last === undefined ? none : digestOfLine(last.bytes) }
}

const digestText = (value: CborValue | undefined, place: string): Digest => {
  const hex = text(64, 64)(value, place)
  if (/^[0-9a-f]{64}$/.test(hex)) return hex as Digest
  throw new MossError('SHAPE_INVALID', { part: place, problem: 'expected a digest' })
}

const lineShape = record({
  number: integer(1),
  at: integer(),
  kind: oneOf(...auditKinds),
  outcome: oneOf('accepted', 'refused'),
  subject: text(64),
  signers: list(digestText, mostSigners),
  detail: text(longestDetail),
  before: digestText,
})

/** Throws AUDIT_BROKEN naming the first line that does not follow the one before. */
export function parseAudit(blocks: Iterable<Uint8Array>): readonly AuditEntry[] {
  let before = none
  const entries: AuditEntry[] = []
  for (const { bytes } of linesOf(blocks)) {
    const number = entries.length + 1
    const refuse = (problem: string): never => {
      throw new MossError('AUDIT_BROKEN', { line: number, problem })
    }
    const { before: claimed, ...entry } = parseLine(bytes) ?? refuse('it is no entry')
    if (entry.number !== number) refuse(`it says that it is number ${entry.number}`)
    if (claimed !== before) refuse('it does not follow the line before, which was changed or taken out')
    before = digestOfLine(bytes)
    entries.push({ ...entry, signers: entry.signers as readonly string[] as readonly KeyId[] })
  }
  return entries
}

function parseLine(bytes: Uint8Array): ReturnType<typeof lineShape> | undefined {
  try {
    return lineShape(JSON.parse(decodeUtf8(bytes) ?? '') as CborValue, 'audit')
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MossError) return undefined
    throw error
  }
}
