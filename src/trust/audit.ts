// The audit: what a host was asked to believe, by whom it was signed, and what became of it. One line of JSON for each, and
// each line bears the digest of the one before, so that nothing can be taken out or changed without changing all
// that follows. The newest digest goes out with every signed state: whoever keeps those sees even that.
import { encodeUtf8 } from '../base/bytes.ts'
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

const digestOfLine = (line: string): Digest => digestOf(encodeUtf8(`${line}\n`))

/**
 * `whole` with one line more, unless the last of its kind says the same already: what was cut short and is done again
 * happened once. Nothing is judged: a broken audit goes on behind what is broken.
 */
export function withAuditLine(whole: string, event: AuditEvent): string {
  const lines = linesOf(whole)
  const last = lines.at(-1)
  const { at, kind, outcome, subject, signers, detail } = event
  const cut = detail.length > longestDetail ? `${detail.slice(0, longestDetail - 1)}…` : detail
  const said = lastOfKind(lines, kind)
  if (said?.outcome === outcome && said.subject === subject && said.detail === cut) return whole
  const before = last === undefined ? none : digestOfLine(last)
  const line = JSON.stringify({
    number: lines.length + 1,
    at,
    kind,
    outcome,
    subject,
    signers,
    detail: cut,
    before,
  })
  return `${[...lines, line].join('\n')}\n`
}

function lastOfKind(lines: readonly string[], kind: AuditEvent['kind']): ReturnType<typeof parseLine> {
  for (const line of lines.toReversed()) {
    const said = parseLine(line)
    if (said?.kind === kind) return said
  }
  return undefined
}

/** What a signed state says of it, judged or not. */
export function auditEnd(whole: string): { readonly entries: number; readonly digest: Digest } {
  const lines = linesOf(whole)
  const last = lines.at(-1)
  return { entries: lines.length, digest: last === undefined ? none : digestOfLine(last) }
}

/** A last line that a power cut left unfinished is none. */
const linesOf = (whole: string): readonly string[] => whole.split('\n').slice(0, -1)

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
export function parseAudit(whole: string): readonly AuditEntry[] {
  let before = none
  return linesOf(whole).map((line, index) => {
    const refuse = (problem: string): never => {
      throw new MossError('AUDIT_BROKEN', { line: index + 1, problem })
    }
    const { before: claimed, ...entry } = parseLine(line) ?? refuse('it is no entry')
    if (entry.number !== index + 1) refuse(`it says that it is number ${entry.number}`)
    if (claimed !== before) refuse('it does not follow the line before, which was changed or taken out')
    before = digestOfLine(line)
    return { ...entry, signers: entry.signers as readonly string[] as readonly KeyId[] }
  })
}

function parseLine(line: string): ReturnType<typeof lineShape> | undefined {
  try {
    return lineShape(JSON.parse(line) as CborValue, 'audit')
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MossError) return undefined
    throw error
  }
}
