import { describe, expect, test } from 'vitest'
import { auditEnd, type AuditEvent, parseAudit, withAuditLine } from '../../../src/trust/audit.ts'
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

const audit = [
  event({ kind: 'root', subject: 'b'.repeat(64), detail: 'trust root 1, epoch 1' }),
  event(),
  event({ kind: 'apply', subject: '1', detail: 'transaction 1: state 1 after 0', signers: [] }),
  event({ outcome: 'refused', subject: '', detail: '“x”\n[TRUST_ROLLBACK]\u202e', signers: [] }),
].reduce(withAuditLine, '')

describe('audit', () => {
  test('each line follows the one before', () => {
    const entries = parseAudit(audit)
    expect(entries.map(({ number, kind, outcome }) => `${number} ${kind} ${outcome}`)).toEqual([
      '1 root accepted',
      '2 bundle accepted',
      '3 apply accepted',
      '4 bundle refused',
    ])
    expect(entries[1]).toEqual({ number: 2, ...event() })
    expect(audit.split('\n')).toHaveLength(5)
    expect(parseAudit('')).toEqual([])
  })

  test('what is said again happened once, what differs happened twice', () => {
    expect(
      withAuditLine(
        audit,
        event({ at: 5, outcome: 'refused', subject: '', detail: '“x”\n[TRUST_ROLLBACK]\u202e' }),
      ),
    ).toBe(audit)
    expect(
      withAuditLine(audit, event({ kind: 'root', subject: 'b'.repeat(64), detail: 'trust root 1, epoch 1' })),
    ).toBe(audit)
    expect(parseAudit(withAuditLine(audit, event()))).toHaveLength(5)
  })

  test('a line that was changed, taken out, added or moved is found, and which', () => {
    const lines = audit.split('\n').slice(0, -1)
    const text = (of: readonly (string | undefined)[]): string => of.map((line) => `${line}\n`).join('')
    expect(outcomeOf(() => parseAudit(text(lines)))).toHaveLength(4)
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
        outcomeOf(() => parseAudit(text(of))),
        what,
      ).toBe('AUDIT_BROKEN')
      expect(
        problemOf(() => parseAudit(text(of))),
        what,
      ).toContain(`line ${line} of the audit`)
    }
  })

  test('cutting lines off at the end shows only beside a signed state', () => {
    const short = audit.split('\n').slice(0, 3).join('\n') + '\n'
    expect(parseAudit(short)).toHaveLength(3)
    expect(auditEnd(short).digest).not.toBe(auditEnd(audit).digest)
    expect(auditEnd(audit).entries).toBe(4)
  })

  test('it goes on behind what is broken, and behind a line that a power cut left unfinished', () => {
    const torn = audit.slice(0, -20)
    const after = withAuditLine(torn, event({ detail: 'after' }))
    expect(
      parseAudit(after)
        .map(({ detail }) => detail)
        .slice(-2),
    ).toEqual(['transaction 1: state 1 after 0', 'after'])
    const broken = audit.replace('serial 1', 'serial 2')
    const on = withAuditLine(broken, event({ detail: 'after' }))
    expect(on.startsWith(broken)).toBe(true)
    expect(problemOf(() => parseAudit(on))).toContain('line 3')
  })

  test('a detail is never so long that it cannot be read again', () => {
    const long = withAuditLine('', event({ detail: 'x'.repeat(5000) }))
    expect(parseAudit(long)[0]?.detail).toHaveLength(1000)
    expect(withAuditLine(long, event({ detail: 'x'.repeat(5000) }))).toBe(long)
  })
})
