// What the screens cost: the built program in a terminal of its own at 80×24, on a root whose channel offers 60,000 packages;
// and what a progress of ten seconds sends to the terminal. Times are of whatever machine this is: the bars leave room, and
// the figures are printed.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleScreens } from '../support/bundle-screens.ts'
import { publishMany } from '../support/large-catalogue.ts'
import { oracle } from '../support/oracle.ts'
import { builtMoss, type SampleTrip, sampleTrip } from '../support/sample-trip.ts'

const packages = 60_000
let folder = ''
let trip: SampleTrip

interface Terminal extends AsyncDisposable {
  /** Of the program itself. */
  readonly pid: () => number
  /** Milliseconds from now until what it wrote since holds this. */
  sees(text: string): Promise<number>
  press(keys: string): void
  readonly sentBytes: () => number
}

/** util-linux's script gives the program a terminal; what that writes comes through a pipe. */
function terminal(command: string): Terminal {
  const child = spawn('script', ['-qfc', `stty cols 80 rows 24; echo pid $$; exec ${command}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
  })
  let seen = ''
  let first = ''
  let sent = 0
  const news = new Set<() => void>()
  child.stdout.on('data', (bytes: Buffer) => {
    seen += bytes.toString()
    if (first.length < 1000) first += bytes.toString()
    sent += bytes.length
    for (const each of news) each()
  })
  return {
    pid: () => Number(/pid ([0-9]+)/.exec(first)?.[1]),
    sees: (text) => {
      const started = performance.now()
      return new Promise((resolve, reject) => {
        const look = (): void => {
          if (!seen.includes(text)) return
          news.delete(look)
          clearTimeout(late)
          seen = ''
          resolve(performance.now() - started)
        }
        const late = setTimeout(
          () => reject(new Error(`never saw ${text}, but ${seen.slice(-2000)}`)),
          20_000,
        )
        news.add(look)
        look()
      })
    },
    press: (keys) => void child.stdin.write(keys),
    sentBytes: () => sent,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        child.on('exit', () => resolve())
        child.stdin.write('q')
        setTimeout(() => child.kill('SIGKILL'), 2000).unref()
      }),
  }
}

const ticksOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}
const peakMiB = (pid: number): number =>
  Number(/VmHWM:\s+([0-9]+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const canRun = oracle('script')

describe.skipIf(!canRun)('with 60,000 packages', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'moss-cost-'))
    trip = sampleTrip(folder)
    trip.carry('first')
    await publishMany(join(folder, 'station'), packages)
    const bundle = join(folder, 'many.moss')
    trip.verb(
      'export',
      '--for',
      join(folder, 'first.moss-state'),
      '-o',
      bundle,
      '--home',
      join(folder, 'station'),
    )
    trip.verb('import', bundle, '--apply', '--root', trip.root)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('first paint, key to repaint, memory and rest', async () => {
    const command = `${builtMoss} tui --root ${trip.root}`
    const paints: number[] = []
    for (let round = 0; round < 3; round++) {
      await using first = terminal(command)
      paints.push(await first.sees('[Overview]'))
      await first.sees('pump-07')
    }
    await using on = terminal(command)
    await on.sees('pump-07')
    on.press('c')
    const listed = await on.sees('60,004')
    const times: number[] = []
    for (let round = 0; round < 60; round++) {
      // Down, and now and then a page.
      on.press(round % 10 === 9 ? '\u001b[6~' : 'j')
      times.push(await on.sees(' of 60,004'))
    }
    times.sort((a, b) => a - b)
    const [median = NaN, late = NaN] = [times[30], times[59]]
    const memory = peakMiB(on.pid())
    const before = ticksOf(on.pid())
    await new Promise((resolve) => setTimeout(resolve, 6000))
    const idle = ((ticksOf(on.pid()) - before) / 100 / 6) * 100
    console.log(
      `first paint ${Math.min(...paints).toFixed(0)} ms (${paints.map((ms) => ms.toFixed(0)).join(', ')}), the catalogue after ${listed.toFixed(0)} ms, a key ${median.toFixed(0)} ms (the slowest of 60: ${late.toFixed(0)}), ${memory.toFixed(0)} MiB, idle ${idle.toFixed(2)} %`,
    )
    expect(Math.min(...paints)).toBeLessThan(500)
    expect(median).toBeLessThan(50)
    expect(late).toBeLessThan(200)
    expect(memory).toBeLessThan(160)
    expect(idle).toBeLessThan(1)
  })
})

test.skipIf(!canRun)('a progress of ten seconds sends at most 20 KB to a terminal of 80×24', async () => {
  const out = join(mkdtempSync(join(tmpdir(), 'moss-busy-')), 'acting.mjs')
  await bundleScreens(join(import.meta.dirname, '../tools/acting-screens.ts'), out)
  await using on = terminal(`${process.execPath} ${out} busy`)
  await on.sees('pump-07')
  on.press('\r')
  await on.sees('verify only')
  on.press('v')
  await on.sees('MB/s')
  const before = on.sentBytes()
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  const busy = on.sentBytes() - before
  console.log(`${busy} bytes in ten seconds of progress`)
  expect(busy).toBeGreaterThan(500)
  expect(busy).toBeLessThan(20_000)
  on.press('qy')
  rmSync(join(out, '..'), { recursive: true })
})
