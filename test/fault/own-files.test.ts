// Crashes, power cuts and failing calls at every step of a transaction that makes users, groups and what tmpfiles.d asks
// for, and of its rollback. Besides the invariants of the root: the files of accounts are each whole at every instant.
import { expect, test, vi } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../src/base/bytes.ts'
import { silent } from '../../src/base/progress.ts'
import { writeDurably } from '../../src/host/durable.ts'
import { readDeliveries } from '../../src/state/tables.ts'
import { simulatedOutside, type SimulatedOutside } from '../sim/simulated-outside.ts'
import { crashEverywhere, failEverywhere, type Outcome, type Scenario } from '../support/disturb.ts'
import { crashStep, failureStep } from '../support/fault-effort.ts'
import { differences, wholeRoot } from '../support/invariants.ts'
import {
  applySamples,
  freshRoot,
  openRoot,
  samplePackage,
  type SamplePackage,
} from '../support/sample-root.ts'

const root = '/root'
vi.setConfig({ testTimeout: 300_000 })

const app = (version: string): SamplePackage =>
  samplePackage('app', version, {
    'usr/lib/sysusers.d/app.conf': [
      'g shared 990',
      'u one -:shared',
      'u two - "Two" /var/lib/two',
      'u! three 700',
      'm one two',
      'm four shared',
    ].join('\n'),
    'usr/lib/tmpfiles.d/app.conf': [
      'd /var/lib/two 0750 two two',
      'f /var/lib/two/a 0600 two two - text',
      'd /var/lib/two/deep 0700 two two',
      'L /var/lib/two/deep/link - - - - ../a',
      `f /etc/app.conf 0640 root three - version ${version}`,
      'z /etc/app.d 0750 root three',
    ].join('\n'),
    'usr/share/factory/etc/app.d/x': `x ${version}`,
  })

const accounts = ['passwd', 'group', 'shadow', 'gshadow']

const accountTexts = ({ disk }: SimulatedOutside): readonly string[] =>
  accounts.map((name) => {
    const path = `${root}/etc/${name}`
    if (disk.lstat(path) === undefined) return 'absent'
    const { mode, uid, gid } = disk.lstat(path) ?? { mode: 0, uid: 0, gid: 0 }
    return `${mode.toString(8)} ${uid}:${gid}\n${decodeUtf8(disk.readFile(path, 65_536)) ?? 'not UTF-8'}`
  })

function endOf(outside: SimulatedOutside): readonly string[] {
  using opened = openRoot(outside, root)
  return [
    ...wholeRoot(outside.disk, root),
    ...readDeliveries(opened.database).map((row) => JSON.stringify(row)),
    `interrupted ${opened.states.isInterrupted()}`,
  ]
}

async function scenarioOf(
  before: SimulatedOutside,
  verb: (outside: SimulatedOutside) => Promise<void>,
): Promise<Scenario> {
  const undisturbed = before.copy()
  await verb(undisturbed)
  const end = endOf(undisturbed)
  const [old, now] = [accountTexts(before), accountTexts(undisturbed)]
  return {
    before,
    verb,
    recover: async (outside) => {
      using opened = openRoot(outside, root)
      await opened.states.recover(silent)
    },
    check: (outside) =>
      accountTexts(outside).flatMap((text, n) =>
        text === old[n] || text === now[n]
          ? []
          : [`etc/${accounts[n]} is neither the old one nor the new one: ${text}`],
      ),
    checkEnd: (outside) => differences(end, endOf(outside)).map((line) => `T4: ${line}`),
  }
}

async function machine(): Promise<SimulatedOutside> {
  const outside = simulatedOutside(1)
  using opened = freshRoot(outside, root)
  await applySamples(opened, [samplePackage('base', '1', { 'usr/bin/sh': 'sh' })], 1)
  writeDurably(outside.disk, `${root}/etc/shadow`, encodeUtf8('root:*:1::::::\n'), { mode: 0o640 })
  outside.disk.setOwner(`${root}/etc/shadow`, 0, 42)
  return outside.copy()
}

const applying =
  (version: string) =>
  async (outside: SimulatedOutside): Promise<void> => {
    using opened = openRoot(outside, root)
    await opened.states.recover(silent)
    const wanted = app(version)
    if (opened.states.current().packages[0]?.id !== wanted.id)
      await applySamples(opened, [wanted], Number(version))
  }

const say = (what: string, { points, violations }: Outcome): void =>
  console.log(`${what}: ${points} points, ${violations.length} violations ${violations[0] ?? ''}`.trim())

test('T4: a crash or power cut at any step leaves accounts whole, and again reaches the end', async () => {
  const outcome = await crashEverywhere(await scenarioOf(await machine(), applying('2')), { cuts: 3 })
  say('crashes of making users and files', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(150 / crashStep)
})

test('T4: every call may fail', async () => {
  const scenario = await scenarioOf(await machine(), applying('2'))
  const outcome = await failEverywhere(scenario, { problems: ['EIO', 'ENOSPC'] })
  say('failures of making users and files', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(700 / failureStep)
})

test('T4: a rollback undoes its own at whatever step it is cut, and users stay', async () => {
  const before = await machine()
  await applying('2')(before)
  const end = before.copy()
  const scenario = await scenarioOf(end, async (outside) => {
    using opened = openRoot(outside, root)
    await opened.states.publishKept(1, { withModel: false }, silent)
  })
  const outcome = await crashEverywhere(scenario, { cuts: 3 })
  say('crashes of undoing them', outcome)
  expect(outcome.violations).toEqual([])
  const undone = end.copy()
  await scenario.verb(undone)
  expect(undone.disk.lstat(`${root}/etc/app.conf`)).toBeUndefined()
  expect(undone.disk.lstat(`${root}/etc/app.d`)).toBeUndefined()
  expect(accountTexts(undone)).toEqual(accountTexts(end))
})
