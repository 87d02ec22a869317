// Every file that moss keeps in a root, one at a time gone, cut in half, or with one bit turned. A root that runs must stay
// one that can be opened, updated and led back; what a verb cannot do without the file it refuses before it changes the
// system, naming a file. Keys, the trust root and the format alone are not made again.
import { beforeAll, expect, test, vi } from 'vitest'
import { isMossError } from '../../src/base/error.ts'
import { silent } from '../../src/base/progress.ts'
import { executeGc, planGc } from '../../src/ops/gc.ts'
import { executeRepair, planRepair } from '../../src/ops/repair.ts'
import { executeRollback, planRollback } from '../../src/ops/rollback.ts'
import { exportState } from '../../src/ops/state-export.ts'
import { readRecord } from '../../src/state/parts.ts'
import { placesOf } from '../../src/state/places.ts'
import { walkTree } from '../../src/state/tree-digest.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { byEffort, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'
import { makeMachines } from '../support/loop-scenarios.ts'
import { applyVerb, importVerb, recoverVerb, root, stick } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)
vi.mock('../../src/container/zstd.ts', async (original) =>
  (await import('../support/remembered-zstd.ts')).remember(original),
)
vi.mock('../../src/trust/keys.ts', async (original) =>
  (await import('../support/remembered-keys.ts')).remember(original),
)
vi.setConfig({ testTimeout: faultTimeoutMs })

/** An apply is due. */
let machine: SimulatedOutside

beforeAll(async () => {
  machine = (await makeMachines()).taken
})

type Verb = (outside: SimulatedOutside) => Promise<unknown>

const verbs: Readonly<Record<string, Verb>> = {
  import: importVerb(`${stick}/bundle.moss`),
  apply: applyVerb,
  rollback: async (outside) => {
    const plan = await planRollback(outside, { root, state: '2', withModel: false })
    if (!plan.isNothing) await executeRollback(outside, plan, silent)
  },
  gc: async (outside) => executeGc(outside, await planGc(outside, { root })),
  'state export': (outside) => exportState(outside, { root, to: stick }),
  repair: async (outside) => executeRepair(outside, await planRepair(outside, { root }, silent), silent),
}

const isKept = (path: string): boolean => !/\.moss\/(keys\/|format$|moss\.db$)/.test(path)

function ownFiles(): readonly string[] {
  return [`${root}/.moss`, `${root}/usr/lib/moss`].flatMap((folder) =>
    [...walkTree(machine.disk, folder)]
      .map((path) => `${folder}${path}`)
      .filter((path) => machine.disk.lstat(path)?.kind === 'file'),
  )
}

const ways: Readonly<Record<string, (outside: SimulatedOutside, path: string) => void>> = {
  gone: ({ disk }, path) => disk.remove(path),
  'cut in half': ({ disk }, path) => {
    using file = disk.open(path, 'update')
    file.truncate(file.stat().sizeBytes >> 1)
  },
  'with a bit turned': ({ disk }, path) => {
    const bytes = disk.readFile(path, 1 << 24)
    if (bytes.length === 0) return
    using file = disk.open(path, 'update')
    const at = bytes.length >> 1
    file.write(Uint8Array.of((bytes[at] as number) ^ 4), at)
  },
}

const currentOf = (outside: SimulatedOutside): number =>
  readRecord({ outside, places: placesOf(root) }, placesOf(root).usr).number

/** Violations. */
async function tryVerb(name: string, verb: Verb, spoiled: SimulatedOutside): Promise<readonly string[]> {
  const outside = spoiled.copy()
  const problems: string[] = []
  const refusal = await refusalOf(() => verb(outside))
  if (refusal !== undefined && !isMossError(refusal)) return [`${name}: no MossError, but ${refusal.stack}`]
  const unopened = await refusalOf(() => recoverVerb(outside))
  if (unopened !== undefined) return [`${name}, then recover: ${unopened.message}`]
  if (refusal === undefined) return []
  if (currentOf(outside) !== currentOf(machine)) problems.push('past the commit point')
  if (!refusal.message.includes(`${root}/`)) problems.push('no file is named')
  if (refusal.hint === undefined) problems.push('no hint')
  return problems.map((problem) => `${name}: ${problem}: ${refusal.message}`)
}

async function refusalOf(run: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error('what was thrown is no error', { cause: error })
  }
}

test.each(Object.keys(ways))(
  'a root of which one file is %s can be opened, updated and led back',
  async (way) => {
    const files = ownFiles().filter(isKept)
    const violations: string[] = []
    let tried = 0
    for (const number of sampleOf(files.length, byEffort({ sample: 9, slow: 2, all: 1 }))) {
      const path = files[number - 1] as string
      const spoiled = machine.copy()
      ways[way]?.(spoiled, path)
      for (const [name, verb] of Object.entries({ recover: recoverVerb, ...verbs })) {
        tried++
        violations.push(...(await tryVerb(name, verb, spoiled)).map((one) => `${path} ${way}: ${one}`))
      }
    }
    console.log(`${tried} verbs with a file ${way}, ${violations.length} violations`)
    expect(violations).toEqual([])
    expect(tried).toBeGreaterThan(byEffort({ sample: 40, slow: 200, all: 400 }))
  },
)
