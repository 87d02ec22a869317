// The rule of health as a table: situation and verdict, and what becomes of the state.
import { expect, test } from 'vitest'
import type { StateNumber } from '../../../src/base/ids.ts'
import { decideHealth, type Situation, type Verdict } from '../../../src/state/health-rule.ts'

const applied: Situation = {
  moment: 'published',
  isConfirmed: false,
  isApplied: true,
  isCounting: false,
  isOfThisBoot: false,
  earlierBoots: 0,
  fallback: 4 as StateNumber,
}
const passed: Verdict = { kind: 'passed' }
const failed: Verdict = { kind: 'failed', why: 'check web: exit code 1' }
const unknown: Verdict = { kind: 'unknown', why: 'the machine is booting' }
const isCounting = { isCounting: true }
const booting = { moment: 'booting', ...isCounting } as const
const late = { moment: 'late', ...isCounting } as const
const up = { moment: 'up', ...isCounting } as const
const byPerson = { isApplied: false }
const alone = { fallback: undefined }

test.for<readonly [string, Partial<Situation>, Verdict, string]>([
  ['checks that pass confirm', {}, passed, 'confirmed'],
  ['checks that fail lead back', {}, failed, 'back to 4: check web: exit code 1'],
  ['checks that cannot be run decide nothing', {}, unknown, 'waiting: the machine is booting'],
  [
    'where boots are counted the end of one confirms',
    isCounting,
    passed,
    'waiting: the end of the next boot confirms it',
  ],
  ['but checks that fail lead back at once', isCounting, failed, 'back to 4: check web: exit code 1'],
  ['early in the first boot nothing is decided', booting, unknown, 'waiting: the machine is booting'],
  ['nor in the second', { ...booting, earlierBoots: 1 }, unknown, 'waiting: the machine is booting'],
  [
    'the third leads back',
    { ...booting, earlierBoots: 2 },
    unknown,
    'back to 4: 2 boots without confirmation',
  ],
  ['and any later one', { ...booting, earlierBoots: 9 }, unknown, 'back to 4: 2 boots without confirmation'],
  ['a machine that is up and well confirms', up, passed, 'confirmed'],
  ['also one that counts nothing', { moment: 'up' }, passed, 'confirmed'],
  ['a machine that is up and not well goes back', up, failed, 'back to 4: check web: exit code 1'],
  [
    'one that cannot be checked waits for its next boot',
    { ...up, earlierBoots: 2 },
    unknown,
    'waiting: the machine is booting',
  ],
  ['a rollback by a person stands', byPerson, failed, 'failing: check web: exit code 1'],
  [
    'however often it boots',
    { ...booting, ...byPerson, earlierBoots: 5 },
    unknown,
    'failing: 2 boots without confirmation',
  ],
  ['and is confirmed like any other', { ...up, ...byPerson }, passed, 'confirmed'],
  ['without a confirmed state there is no way back', alone, failed, 'failing: check web: exit code 1'],
  [
    'nor after two boots',
    { ...booting, ...alone, earlierBoots: 2 },
    unknown,
    'failing: 2 boots without confirmation',
  ],
  [
    'a boot that does not come to its end leads back when its time is over',
    { ...late, isOfThisBoot: true },
    unknown,
    'back to 4: the boot did not come to its end in time',
  ],
  [
    'what was applied since that boot began waits for the next',
    late,
    unknown,
    'waiting: the machine is booting',
  ],
  [
    'and what the boot confirmed stays',
    { ...late, isOfThisBoot: true, isConfirmed: true },
    unknown,
    'confirmed',
  ],
  ['what is confirmed stays so', { isConfirmed: true }, failed, 'confirmed'],
  ['at every boot', { ...booting, isConfirmed: true, earlierBoots: 7 }, unknown, 'confirmed'],
])('%s', ([, situation, verdict, expected]) => {
  const health = decideHealth({ ...applied, ...situation }, verdict)
  const to = health.kind === 'back' ? ` to ${health.to}` : ''
  expect(health.kind === 'confirmed' ? health.kind : `${health.kind}${to}: ${health.why}`).toBe(expected)
})
