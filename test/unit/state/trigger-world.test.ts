// What is asked of the machine for a trigger, and how its answers are read.
import { expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import type { Command, CommandResult } from '../../../src/host/outside.ts'
import { type Trigger, triggerDefaults } from '../../../src/manifest/trigger.ts'
import { runOnRoot, runOverTree } from '../../../src/state/triggers/world.ts'

const trigger: Trigger = {
  ...triggerDefaults,
  name: 'sample',
  paths: [],
  command: ['sample', 'a b', '$c'],
  seconds: 7,
}
const asked = { trigger, created: 1_700_000_000 }

function pretending(result: CommandResult, userId = 0) {
  const commands: Command[] = []
  const run = async (command: Command): Promise<CommandResult> => {
    commands.push(command)
    return result
  }
  return { commands, outside: { ...linuxOutside(), userId, run } }
}

test('on this very system the command runs as it stands, with no shell and no namespaces', async () => {
  const { commands, outside } = pretending({ exitCode: 0, output: 'said' })
  expect(await runOnRoot(outside, '/', asked)).toEqual({ kind: 'done', output: 'said' })
  expect(commands).toMatchObject([
    {
      program: 'sample',
      arguments: ['a b', '$c'],
      environment: { SOURCE_DATE_EPOCH: '1700000000', LC_ALL: 'C' },
      timeoutMs: 7000,
    },
  ])
  expect(commands[0]).not.toHaveProperty('isolated')
})

test('elsewhere the script has the command as arguments, in namespaces', async () => {
  const { commands, outside } = pretending({ exitCode: 0, output: '' })
  await runOnRoot(outside, '/srv/root', asked)
  await runOverTree(outside, '/srv/root/.moss/staging/1', asked)
  expect(commands.map(({ arguments: words }) => words.slice(3))).toEqual([
    ['/srv/root', 'sample', 'a b', '$c'],
    ['sample', 'a b', '$c'],
  ])
  expect(commands.every(({ isolated }) => isolated)).toBe(true)
  expect(commands[1]?.folder).toBe('/srv/root/.moss/staging/1')
})

test('an exit code is the trigger’s own; only a script can say that nothing could be run', async () => {
  const ends = async (result: CommandResult, userId?: number) => {
    const { outside } = pretending(result, userId)
    return [await runOnRoot(outside, '/', asked), await runOnRoot(outside, '/srv', asked)]
  }
  const failed = (note: string, output = '') => ({ kind: 'failed', note, output })
  const impossible = (note: string) => ({ kind: 'impossible', note })
  expect(await ends({ exitCode: 90, output: 'no mount' })).toEqual([
    failed('no mount', 'no mount'),
    impossible('no mount'),
  ])
  expect(await ends({ exitCode: 3, output: '' })).toEqual([failed('exit code 3'), failed('exit code 3')])
  const late = failed('it was stopped: it may take 7 s')
  expect(await ends({ exitCode: undefined, output: '' })).toEqual([late, late])
  const absent = impossible('no unshare')
  expect(await ends({ exitCode: undefined, output: '', unsupported: 'no unshare' })).toEqual([absent, absent])
  expect(await ends({ exitCode: 0, output: '' }, 1000)).toEqual([
    impossible('it needs root'),
    impossible('it needs root'),
  ])
})
