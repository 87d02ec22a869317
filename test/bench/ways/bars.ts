// What moss must hold against its peers, as data, and the judge of a report by it. A bar whose figure is absent is
// missed: a check that saw nothing has failed. Those of `small` are what was measured when they were last set, with a
// margin of a twentieth for bytes and of a third for seconds, which drift with what else the machine does: they only
// catch what gets worse, and are lowered when moss gets better.
import type { Effort } from './moss.ts'
import { type Ratios, ratiosOf, type Report, type SetReport } from './report.ts'

/** At most so much of the peer. */
export type Bars = Readonly<Record<Effort, Required<Ratios>>>

const make = { fast: 0.04, default: 0.08, small: 0.25 } as const
const apply = 0.6

const barsOf = (bytes: Readonly<Record<Effort, number>>): Bars => ({
  fast: { bytes: bytes.fast, make: make.fast, apply },
  default: { bytes: bytes.default, make: make.default, apply },
  small: { bytes: bytes.small, make: make.small, apply },
})

const ordinary = barsOf({ fast: 1.05, default: 0.88, small: 0.75 })

export const bars: Readonly<Record<string, Bars>> = {
  'deb-set': ordinary,
  'deb-chromium': ordinary,
  'kernel-src': ordinary,
  'npm-more-typescript-5.7.3': ordinary,
  'npm-more-typescript-5.9.2': ordinary,
  'npm-more-next-16.4.4': ordinary,
  'npm-set': barsOf({ fast: 1.1, default: 0.98, small: 0.88 }),
  'kernel-img': barsOf({ fast: 1.15, default: 1.05, small: 0.95 }),
  'kernel-img-1': barsOf({ fast: 1.15, default: 1.05, small: 0.95 }),
  small: {
    fast: { bytes: 0.47, make: 0.1, apply: 1.3 },
    default: { bytes: 0.36, make: 0.15, apply: 1.55 },
    small: { bytes: 0.3, make: 0.22, apply: 1.5 },
  },
}

export interface Verdict {
  readonly isHeld: boolean
  /** `small, fast: bytes 1.012 of 1.050, held` */
  readonly text: string
}

const measures = ['bytes', 'make', 'apply'] as const

/** Of the efforts that were measured; of all when none was. */
export function judge(report: Report): readonly Verdict[] {
  return report.sets.flatMap((set) => {
    const wanted = bars[set.set]
    return wanted === undefined ? [] : judgeSet(set, wanted)
  })
}

function judgeSet({ set, rows }: SetReport, wanted: Bars): readonly Verdict[] {
  const all = Object.keys(wanted) as Effort[]
  const measured = all.filter((effort) => rows.some(({ way }) => way === `moss ${effort}`))
  return (measured.length === 0 ? all : measured).flatMap((effort) => {
    const row = rows.find(({ way }) => way === `moss ${effort}`)
    const ratios = row === undefined ? {} : ratiosOf(row, rows)
    return measures.map((measure) => {
      const [found, bar] = [ratios[measure], wanted[effort][measure]]
      const isHeld = found !== undefined && found <= bar
      const told = found === undefined ? 'not measured' : found.toFixed(3)
      const text = `${set}, ${effort}: ${measure} ${told} of ${bar.toFixed(3)}, ${isHeld ? 'held' : 'MISSED'}`
      return { isHeld, text }
    })
  })
}
