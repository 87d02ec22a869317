// How triggers went, as people, programs and the station hear it; and which services still run from before.
import { expect, test, vi } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import { executeApply, planApply } from '../../../src/ops/apply.ts'
import type { Applied } from '../../../src/ops/changes.ts'
import { type HostSession, openHost } from '../../../src/ops/host.ts'
import { tellApplied } from '../../../src/ops/publish.ts'
import { readReceipt } from '../../../src/ops/receipt.ts'
import { showState } from '../../../src/ops/states.ts'
import { placesOf } from '../../../src/state/places.ts'
import type { Published } from '../../../src/state/publish.ts'
import { simulatedOutside } from '../../sim/simulated-outside.ts'
import { composeBundle, draftPackage } from '../../support/compose-bundle.ts'
import { samplePackage } from '../../support/sample-root.ts'
import { freshHost, importVerb, placeFile, root } from '../../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const base = draftPackage(
  samplePackage('base', '1', {
    'usr/share/data': 'data',
    'usr/share/moss/triggers/index.toml': 'paths = ["usr/share/data"]\ncommand = ["index"]',
    'usr/share/moss/triggers/reload.toml':
      'paths = ["usr/share/data"]\ncommand = ["reload"]\nscope = "system"',
  }),
)

test('the result, the state and the receipt say how triggers went and what they said', async () => {
  const { outside, id } = await freshHost(['base'], ({ arguments: words }) =>
    words.includes('reload') ? { exitCode: 1, output: 'one\nnobody listens\n' } : { exitCode: 0, output: '' },
  )
  // What the trigger's overlay would leave.
  const bundle = await composeBundle({ serial: 1, hosts: [id], packages: [base], has: [] })
  placeFile(outside, '/bundle.moss', bundle.bytes)
  await importVerb('/bundle.moss')(outside)
  const withMade = {
    ...outside,
    run: async (command: Parameters<typeof outside.run>[0]) => {
      if (command.folder !== undefined) outside.disk.makeFolder(`${command.folder}/made`)
      return outside.run(command)
    },
  }
  const applied: Applied = await executeApply(withMade, await planApply(withMade, { root }), silent)
  expect(applied.triggers).toEqual([
    { name: 'index', outcome: 'done' },
    { name: 'reload', outcome: 'failed: nobody listens' },
  ])
  const told = [
    { name: 'index', scope: 'transaction', outcome: 'done', note: '', output: '' },
    {
      name: 'reload',
      scope: 'system',
      outcome: 'failed',
      note: 'nobody listens',
      output: 'one\nnobody listens\n',
    },
  ]
  expect((await showState(outside, { root, state: undefined, digest: false })).triggers).toEqual(told)
  using host = await openHost(outside, { root, report: silent })
  expect(readReceipt(host)?.state.triggers).toEqual(told)
})

test('services to restart are named where they run, and nowhere else', () => {
  const outside = simulatedOutside(1)
  const notes = (at: string): readonly string[] =>
    tellApplied({ outside, places: placesOf(at) } as unknown as HostSession, {
      plan: { kind: 'apply', files: 0, changes: [] } as never,
      published: {
        record: { triggers: [], number: 2 },
        triggers: [],
        deliveries: [],
        problems: [],
        pruned: [],
        restart: ['a.service', 'b@*.service'],
      } as unknown as Published,
      startedMs: 0,
    }).notes
  expect(notes('/')).toEqual([])
  for (const folder of ['/run', '/run/systemd', '/run/systemd/system']) outside.disk.makeFolder(folder)
  expect(notes('/')).toEqual([
    'restart what still runs from before: systemctl try-restart a.service b@*.service',
  ])
  expect(notes('/srv')).toEqual([])
})
