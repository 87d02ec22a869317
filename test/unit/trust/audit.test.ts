import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import {
  type AuditEntry,
  auditEnd,
  type AuditEvent,
  nextAuditLine,
  parseAudit,
} from '../../../src/trust/audit.ts'
import { outcomeOf, problemOf, sampleKey } from './sample-keys.ts'

const event = (change: Partial<AuditEvent> = {}): AuditEvent => ({
  at: 1_767_225_600,
  kind: 'bundle',
  outcome: 'accepted',
  subject: 'a'.repeat(64),
  signers: [sampleKey(1).publicKey.id],
  detail: 'channel stable, serial 1',
  ...change,
})

/** In blocks of `size`, as a file is read. */
const blocksOf = (text: string, size = 7): readonly Uint8Array[] => {
  const bytes = encodeUtf8(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  )
}
const parse = (text: string): readonly AuditEntry[] => parseAudit(blocksOf(text))
const endOf = (text: string) => auditEnd(blocksOf(text))
const withLine = (whole: string, next: AuditEvent): string => {
  const line = nextAuditLine(blocksOf(whole), next)
  if (line === undefined) return whole
  return Buffer.concat([encodeUtf8(whole).subarray(0, line.at), line.bytes]).toString()
}

const audit = [
  event({ kind: 'root', subject: 'b'.repeat(64), detail: 'trust root 1, epoch 1' }),
  event(),
  event({ kind: 'apply', subject: '1', detail: 'transaction 1: state 1 after 0', signers: [] }),
  event({ outcome: 'refused', subject: '', detail: '“x”\n[TRUST_ROLLBACK]\u202e', signers: [] }),
].reduce(withLine, '')

describe('audit', () => {
  test('each line follows the one before', () => {
    const entries = parse(audit)
    expect(entries.map(({ number, kind, outcome }) => `${number} ${kind} ${outcome}`)).toEqual([
      '1 root accepted',
      '2 bundle accepted',
      '3 apply accepted',
      '4 bundle refused',
    ])
    expect(entries[1]).toEqual({ number: 2, ...event() })
    expect(audit.split('\n')).toHaveLength(5)
    expect(parse('')).toEqual([])
  })

  test('what is said again happened once, what differs happened twice', () => {
    expect(
      withLine(
        audit,
        event({ at: 5, outcome: 'refused', subject: '', detail: '“x”\n[TRUST_ROLLBACK]\u202e' }),
      ),
    ).toBe(audit)
    expect(
      withLine(audit, event({ kind: 'root', subject: 'b'.repeat(64), detail: 'trust root 1, epoch 1' })),
    ).toBe(audit)
    expect(parse(withLine(audit, event()))).toHaveLength(5)
  })

  test('a line that was changed, taken out, added or moved is found, and which', () => {
    const lines = audit.split('\n').slice(0, -1)
    const text = (of: readonly (string | undefined)[]): string => of.map((line) => `${line}\n`).join('')
    expect(outcomeOf(() => parse(text(lines)))).toHaveLength(4)
    const broken: readonly (readonly [string, readonly (string | undefined)[], number])[] = [
      ['changed', lines.with(1, lines[1]?.replace('serial 1', 'serial 2') ?? ''), 3],
      ['taken out', lines.toSpliced(1, 1), 2],
      ['added', lines.toSpliced(2, 0, lines[1] ?? ''), 3],
      ['moved', [lines[0], lines[2], lines[1], lines[3]], 2],
      ['no entry', lines.with(2, '{}'), 3],
      ['no JSON', lines.with(0, 'x'), 1],
    ]
    for (const [what, of, line] of broken) {
      expect(
        outcomeOf(() => parse(text(of))),
        what,
      ).toBe('AUDIT_BROKEN')
      expect(
        problemOf(() => parse(text(of))),
        what,
      ).toContain(`line ${line} of the audit`)
    }
  })

  test('cutting lines off at the end shows only beside a signed state', () => {
    const short = audit.split('\n').slice(0, 3).join('\n') + '\n'
    expect(parse(short)).toHaveLength(3)
    expect(endOf(short).digest).not.toBe(endOf(audit).digest)
    expect(endOf(audit).entries).toBe(4)
  })

  test('it goes on behind what is broken, and behind a line that a power cut left unfinished', () => {
    const torn = audit.slice(0, -20)
    const after = withLine(torn, event({ detail: 'after' }))
    expect(
      parse(after)
        .map(({ detail }) => detail)
        .slice(-2),
    ).toEqual(['transaction 1: state 1 after 0', 'after'])
    const broken = audit.replace('serial 1', 'serial 2')
    const on = withLine(broken, event({ detail: 'after' }))
    expect(on.startsWith(broken)).toBe(true)
    expect(problemOf(() => parse(on))).toContain('line 3')
  })

  test('a detail is never so long that it cannot be read again', () => {
    const long = withLine('', event({ detail: 'x'.repeat(5000) }))
    expect(parse(long)[0]?.detail).toHaveLength(1000)
    expect(withLine(long, event({ detail: 'x'.repeat(5000) }))).toBe(long)
  })

  test('it is the same in blocks of any size', () => {
    for (const size of [1, 2, 64, 1000, 1_000_000]) {
      expect(parseAudit(blocksOf(audit, size))).toHaveLength(4)
      expect(auditEnd(blocksOf(audit, size))).toEqual(endOf(audit))
    }
  })

  test('a byte that is no text makes a line no entry, also the last one', () => {
    const bytes = Buffer.from(audit)
    bytes[bytes.lastIndexOf('TRUST_ROLLBACK')] = 0xff
    expect(problemOf(() => parseAudit([bytes]))).toContain('line 4')
  })

  test.each([
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 10])],
    ['three MiB without an end of line', Buffer.alloc(3 * 1024 * 1024 + 5)],
  ])('%s are no entry, and it goes on behind them', (_, garbage) => {
    const whole = Buffer.concat([encodeUtf8(audit), garbage])
    const line = nextAuditLine([whole], event({ detail: 'after' }))
    const after = Buffer.concat([whole.subarray(0, line?.at), line?.bytes ?? whole])
    expect(problemOf(() => parseAudit([after]))).toContain('line 5')
    expect(nextAuditLine([after], event({ detail: 'after' }))).toBeUndefined()
  })
})
