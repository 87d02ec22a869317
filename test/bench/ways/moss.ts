// moss, as a user would run it: the built program, whole processes. Both versions of every package are published and
// a host has A (not counted); its exported state is answered by `moss export`, and the host takes the bundle in and
// applies it. Each effort begins with the same station and host, so nothing that was encoded before is found again.
// What the host has then is compared with tree B, file for file, mode for mode, through moss's own placement.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import { placeTarget } from '../../../src/ingest/placement.ts'
import { readRecord } from '../../../src/state/parts.ts'
import { placesOf } from '../../../src/state/places.ts'
import type { Corpus } from './corpus.ts'
import { nameOf, placeIn, unpackSide } from './moss-packages.ts'
import { type Cost, leastOf, quote, run } from './timed.ts'
import { differences, entriesBelow } from './trees.ts'
import { assertSame, type Row, type Timed } from './way.ts'

export const efforts = ['fast', 'default', 'small'] as const
export type Effort = (typeof efforts)[number]

export interface MossOptions {
  /** The launcher of the built program. */
  readonly program: string
  readonly efforts: readonly Effort[]
  readonly work: string
  readonly timed: Timed
  readonly say: (text: string) => void
}

export function measureMoss(corpus: Corpus, options: MossOptions): readonly Row[] {
  const { program, work, say } = options
  const moss = quote(program)
  say('publishing A, and a host that has it')
  const before = corpus.pairs.map((pair) => pair.before)
  const after = corpus.pairs.map((pair) => pair.after)
  run(
    `mkdir a b
    ${moss} key generate --no-passphrase --home home
    ${moss} channel create bench --home home`,
    work,
  )
  const publish = (folders: readonly string[]): void => {
    run(
      `${moss} add bench ${folders.map(quote).join(' ')} --home home
      ${moss} channel publish bench --home home`,
      work,
    )
  }
  publish(unpackSide(before, join(work, 'a')))
  run(
    `${moss} init --root host --trust home/root.moss-root --channel bench --name bench
    ${moss} subscribe ${before.map(nameOf).join(' ')} --root host
    ${moss} state export first.moss-state --root host
    ${moss} fleet enroll -y first.moss-state --home home
    ${moss} export --for first.moss-state -o first.moss --home home
    ${moss} import first.moss --root host
    ${moss} apply -y --root host`,
    work,
  )
  say('publishing B')
  publish(unpackSide(after, join(work, 'b')))
  const gone = before.map(nameOf).filter((name) => !after.map(nameOf).includes(name))
  const fresh = after.map(nameOf).filter((name) => !before.map(nameOf).includes(name))
  if (fresh.length > 0) run(`${moss} subscribe ${fresh.join(' ')} --root host`, work)
  if (gone.length > 0) run(`${moss} unsubscribe ${gone.join(' ')} --root host`, work)
  run(`${moss} state export now.moss-state --root host`, work)
  const version = run(`${moss} --version`, work)
    .trim()
    .replace(/^moss /, '')
  return options.efforts.map((effort) => {
    say(`moss ${effort}`)
    return { way: `moss ${effort}`, version, ...measureEffort(corpus, effort, options) }
  })
}

function measureEffort(
  corpus: Corpus,
  effort: Effort,
  { program, work, timed }: MossOptions,
): Omit<Row, 'way' | 'version'> {
  const moss = quote(program)
  const [station, bundle] = [`station-${effort}`, `${effort}.moss`]
  run(`cp -a home ${station}; sync`, work)
  const flag = effort === 'default' ? '' : `--effort ${effort}`
  const make = timed(
    `${moss} export --for now.moss-state -o ${bundle} ${flag} --home ${station} --json > told.json`,
  )
  const bytes = statSync(join(work, bundle)).size
  const target = (round: number | 'apart'): string => {
    const name = `target-${effort}-${round}`
    run(`cp -a host ${name}; sync`, work)
    return name
  }
  const rounds: Cost[] = []
  const apply = leastOf((round) => {
    const root = target(round)
    const cost = timed(`${moss} import --apply -y ${bundle} --root ${root}`)
    if (round === 0) assertIsB(corpus, join(work, root))
    rounds.push(cost)
    return cost
  })
  const where = noteOf(readFileSync(join(work, 'told.json'), 'utf8'))
  const note = `${where}; import --apply ${seconds(rounds, ', ')} s`
  if (effort !== 'default') return { bytes, make, apply, note }
  const root = target('apart')
  const apart = [`import ${bundle}`, 'apply -y'].map((verb) => timed(`${moss} ${verb} --root ${root}`))
  return { bytes, make, apply, note: `${note}; import, then apply ${seconds(apart, ' + ')} s` }
}

const seconds = (costs: readonly Cost[], between: string): string =>
  costs.map(({ cpu }) => cpu.toFixed(2)).join(between)

/** Everything of B is there and nothing else but what triggers made and what moss itself keeps below usr/lib/moss. */
function assertIsB(corpus: Corpus, host: string): void {
  const place = placeIn(corpus)
  const target = (link: Parameters<typeof placeTarget>[0]): string => placeTarget(link, {})
  const problems = differences(corpus.b, host, { placed: place, target, modes: true, others: true })
  const meant = new Set(entriesBelow(corpus.b).map(({ path, entry }) => place(path, entry.isDirectory())))
  const made = new Set(
    readRecord({ outside: { disk: linuxDisk() }, places: placesOf(host) }, join(host, 'usr')).made.map(
      ({ path }) => path,
    ),
  )
  const more = entriesBelow(join(host, 'usr'))
    .filter(({ path, entry }) => !entry.isDirectory() && !path.startsWith('lib/moss/'))
    .map(({ path }) => `usr/${path}`)
    .filter((path) => !meant.has(path) && !made.has(path))
  assertSame('moss', [...problems, ...more.map((path) => `${path}: is not in B`)])
}

/** Where the bytes went, as the export tells it. */
function noteOf(json: string): string {
  const told = JSON.parse(json) as Readonly<Record<string, unknown>>
  const parts = Object.entries(told).flatMap(([name, value]) =>
    name.endsWith('Bytes') && typeof value === 'number' ? [`${name.slice(0, -5)} ${value}`] : [],
  )
  return parts.join(', ')
}
