// The checks of a model, run on this machine: / is its own root folder, and nothing of it is managed.
import { afterAll, expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { runChecks } from '../../../src/ops/checks.ts'
import { placesOf } from '../../../src/state/places.ts'

const outside = linuxOutside()
afterAll(() => outside[Symbol.asyncDispose]())

const model = (...commands: readonly string[]): string =>
  `channel = "stable"\n${commands
    .map(
      (command, index) =>
        `[[check]]\nname = "c${index}"\ncommand = ["sh", "-c", ${JSON.stringify(command)}]\ntimeoutMs = 400\n`,
    )
    .join('')}`

async function run(recorded: string, root = '/') {
  const phases: string[] = []
  const verdict = await runChecks(outside, {
    places: placesOf(root),
    recorded,
    report: ({ phase, item }) => phases.push(`${phase} ${item}`),
  })
  return { verdict, phases }
}

test('all is well when every check exits with 0, and when there is none', async () => {
  expect(await run(model('true', 'echo noise'))).toEqual({
    verdict: { kind: 'passed' },
    phases: ['check c0', 'check c1'],
  })
  expect((await run(model())).verdict).toEqual({ kind: 'passed' })
})

test('the first that fails says why, and ends it', async () => {
  expect(await run(model('true', 'echo looking; echo no pump >&2; exit 4', 'true'))).toEqual({
    verdict: { kind: 'failed', why: 'check c1: exit code 4, no pump' },
    phases: ['check c0', 'check c1'],
  })
})

test('what takes too long, is killed, is absent or talks without end has failed', async () => {
  expect((await run(model('sleep 30'))).verdict).toEqual({
    kind: 'failed',
    why: 'check c0: not done after 400 ms, or killed',
  })
  expect((await run(model('kill -9 $$'))).verdict).toMatchObject({ kind: 'failed' })
  expect((await run('channel = "a"\n[[check]]\nname = "x"\ncommand = ["/nowhere"]')).verdict).toMatchObject({
    kind: 'failed',
    why: expect.stringMatching(/^check x: exit code 127, .*nowhere/),
  })
  const long = (await run(model('yes 𝄞𝄞𝄞 | head -c 40000 | tr -d "\\n"; exit 1'))).verdict
  expect(long.kind === 'failed' && long.why.isWellFormed() && long.why.length).toBeLessThan(600)
})

test('a model that nobody understands decides nothing', async () => {
  expect((await run('chanel = 3')).verdict.kind).toBe('unknown')
})

test.skipIf(outside.userId === 0)('a check of another root needs root', async () => {
  expect((await run(model('true'), '/tmp')).verdict.kind).toBe('unknown')
})
if (outside.userId === 0) console.warn('skipped: root may run checks of another root')
