// The built program writes a bundle of several frames to a stick, and takes it in: killed before its changing calls, and with
// what it had written cut at random bytes. Said again it ends as if nobody had disturbed it: the same bytes on the stick, the
// same contents in the store, and nothing else left. The ordinary suite takes a sample of the points.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/base/digest.ts'
import { type CallShim, compileShim, runShimmed } from '../support/call-shim.ts'
import { noise } from '../support/containers.ts'
import { byEffort, faultRandom, faultSeed, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'
import { oracle } from '../support/oracle.ts'
import { type SampleTrip, sampleTrip } from '../support/sample-trip.ts'
import { scratchFolder } from '../support/scratch.ts'

vi.setConfig({ testTimeout: faultTimeoutMs, hookTimeout: 120_000 })

const folder = scratchFolder()
let shim: CallShim
let trip: SampleTrip
let state: string
let bundle: string

interface Scenario {
  readonly name: string
  /** What is copied for each point, and changed. */
  readonly from: string
  readonly args: (copy: string) => readonly string[]
  /** What there is at the end, in words that can be compared. */
  readonly found: (copy: string) => readonly string[]
}

const filesIn = (place: string): readonly string[] =>
  readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

const digests = (place: string): readonly string[] =>
  filesIn(place).map((path) => `${path.slice(place.length)} ${digestOf(readFileSync(path))}`)

function scenarios(): { readonly exporting: Scenario; readonly importing: Scenario } {
  return {
    exporting: {
      name: 'export',
      from: join(folder, 'station-side'),
      args: (copy) => ['export', '--for', state, '-o', join(copy, 'stick'), '--home', join(copy, 'station')],
      found: (copy) => digests(join(copy, 'stick')),
    },
    importing: {
      name: 'import',
      from: trip.root,
      args: (copy) => ['import', bundle, '--root', copy],
      found: (copy) => [
        ...filesIn(join(copy, '.moss/assets')).map((path) => path.slice(copy.length)),
        JSON.stringify(execMoss('verify', '--root', copy)['findings']),
        `incoming: ${filesIn(join(copy, '.moss/incoming'))
          .map((path) => basename(path))
          .join()}`,
      ],
    },
  }
}

const execMoss = (...args: readonly string[]): Record<string, unknown> => trip.verb(...args)

function copyFor({ from }: Scenario): string {
  const copy = join(folder, 'copy')
  rmSync(copy, { recursive: true, force: true })
  execFileSync('cp', ['-a', from, copy])
  return copy
}

/** Killed at a call, and perhaps with something done to what it left. */
async function disturbed(
  scenario: Scenario,
  at: number | undefined,
  harm: (copy: string) => void = () => {},
): Promise<{ readonly calls: readonly string[]; readonly found: readonly string[]; readonly again: string }> {
  const copy = copyFor(scenario)
  const ran = await runShimmed(shim, { root: copy, ...(at !== undefined && { at }) }, scenario.args(copy))
  if (at === undefined) {
    expect(ran.exit, ran.output).toBe(0)
    return { calls: ran.calls, found: scenario.found(copy), again: '' }
  }
  if (ran.exit !== undefined) return { calls: ran.calls, found: [`it ended with ${ran.exit}`], again: '' }
  harm(copy)
  const { exit, output } = await runShimmed(shim, { root: copy }, scenario.args(copy))
  return { calls: ran.calls, found: exit === 0 ? scenario.found(copy) : [`again: ${exit}`], again: output }
}

/** The call before which all of it was written, and the longest file there then, which is not in place yet. */
function longest(copy: string): string {
  const files = filesIn(copy).filter((path) => path.endsWith('.part') || path.includes('/incoming/'))
  const [first = ''] = files.toSorted((a, b) => statSync(b).size - statSync(a).size)
  return first
}

describe.skipIf(!oracle('cc'))('a bundle of several frames', () => {
  beforeAll(() => {
    shim = compileShim(folder)
    trip = sampleTrip(join(folder, 'trip'))
    trip.publish('first')
    const body = join(folder, 'charts/usr/share')
    mkdirSync(body, { recursive: true })
    writeFileSync(join(body, 'charts'), noise(9_000_000, 5))
    const atStation = ['--home', trip.home] as const
    trip.verb('add', 'stable', join(folder, 'charts'), '--name', 'charts', '--version', '1', ...atStation)
    trip.verb('channel', 'publish', 'stable', ...atStation)
    trip.verb('subscribe', 'charts', '--root', trip.root)
    state = join(folder, 'pump.moss-state')
    trip.verb('state', 'export', state, '--root', trip.root)
    trip.verb('fleet', 'enroll', state, ...atStation)
    const side = join(folder, 'station-side')
    mkdirSync(join(side, 'stick'), { recursive: true })
    execFileSync('cp', ['-a', trip.home, join(side, 'station')])
    bundle = join(folder, 'charts.moss')
    const made = trip.verb<{ plan: { chunks: number } }>('export', '--for', state, '-o', bundle, ...atStation)
    expect(made.plan.chunks).toBeGreaterThan(50)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(['exporting', 'importing'] as const)('%s: killed before a changing call', async (which) => {
    const scenario = scenarios()[which]
    const whole = await disturbed(scenario, undefined)
    // All of an export; of an import what becomes of the file (kill.test.ts has the rest).
    const places = whole.calls.flatMap((call, index) =>
      which === 'exporting' || call.includes('incoming') ? [index + 1] : [],
    )
    // Each frame is a writing of its own.
    const written = whole.calls.filter((call) => /^p?write/.test(call) && /\.part|incoming|spool/.test(call))
    expect(written.length, whole.calls.join('\n')).toBeGreaterThan(3)
    const points = sampleOf(places.length, byEffort({ sample: 7, slow: 1, all: 1 })).flatMap(
      (point) => places[point - 1] ?? [],
    )
    const violations: string[] = []
    for (const at of points) {
      const { found, calls, again } = await disturbed(scenario, at)
      if (JSON.stringify(found) !== JSON.stringify(whole.found))
        violations.push(`kill ${at} at ${calls.at(-1)}: ${found.join('\n')}\n${again}`)
    }
    console.log(`${scenario.name}: ${points.length} of ${places.length} kills (seed ${faultSeed})`)
    expect(violations).toEqual([])
  })

  test.each(['exporting', 'importing'] as const)('%s: cut at random bytes', async (which) => {
    const scenario = scenarios()[which]
    const whole = await disturbed(scenario, undefined)
    const isLong = (call: string): boolean => /^p?write/.test(call) && /\.part|incoming/.test(call)
    const last = whole.calls.findLastIndex(isLong) + 2
    const random = faultRandom()
    const violations: string[] = []
    const cuts = byEffort({ sample: 5, slow: 200, all: 200 })
    for (let cut = 0; cut < cuts; cut++) {
      let to = -1
      const { found, again } = await disturbed(scenario, last, (copy) => {
        const file = longest(copy)
        to = random.below(statSync(file).size)
        truncateSync(file, to)
      })
      if (JSON.stringify(found) !== JSON.stringify(whole.found))
        violations.push(`cut at byte ${to}: ${found.join('\n')}\n${again}`)
    }
    console.log(`${scenario.name}: cut at ${cuts} random bytes (seed ${faultSeed})`)
    expect(violations).toEqual([])
  })
})
