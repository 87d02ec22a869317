// How the machine's own files depart from their defaults, as text: a line each, with what is here and what would be.
import { display } from '../base/display.ts'
import { formatBytes, plural, shortId } from '../base/format.ts'
import type { Departure, EtcDiff } from '../ops/types.ts'
import { formatTable } from './format.ts'

export function formatEtc({ state, departures, problems }: EtcDiff): string {
  const told = departures.filter(({ what }) => what !== 'own')
  const own = departures.filter(({ what }) => what === 'own')
  const text = [
    `state ${state}: ${told.length === 0 ? 'its defaults of /etc and /var stand as they are' : `${plural(told.length, 'default')} of /etc and /var ${told.length === 1 ? 'stands' : 'stand'} otherwise`}`,
  ]
  if (told.length > 0) text.push(formatTable(told.flatMap(rowsOf)))
  if (own.length > 0)
    text.push(`the machine’s own in /etc: ${plural(own.length, 'path')}`, formatTable(own.map(ownRow)))
  return [...text, ...problems.map((problem) => `! ${display(problem)}`)].join('\n')
}

const marks = {
  changed: ['~', 'changed here'],
  newer: ['~', 'changed here, and the default is newer'],
  missing: ['-', 'missing here'],
  kind: ['!', 'of another kind here'],
  hidden: ['!', 'out of reach: behind a link, or no file at all'],
  own: ['+', 'of no package'],
} as const

/** What it is, then both sides where there are two. */
function rowsOf(departure: Departure): readonly (readonly string[])[] {
  const [mark, words] = marks[departure.what]
  const { path, here, byDefault } = departure
  const sides =
    here === undefined || byDefault === undefined
      ? []
      : [
          ['', '  here', describe(here)],
          ['', '  default', describe(byDefault)],
        ]
  return [[`  ${mark}`, path, words], ...sides]
}

function describe({ kind, mode, owner, digest, sizeBytes }: NonNullable<Departure['here']>): string {
  const parts = [
    kind === 'symlink' ? 'link' : kind === 'other' ? 'neither file, folder nor link' : kind,
    mode?.toString(8).padStart(4, '0'),
    owner,
    sizeBytes === undefined ? undefined : formatBytes(sizeBytes),
    digest === undefined ? undefined : shortId(digest),
  ]
  return parts.filter((part) => part !== undefined).join(' ')
}

const ownRow = ({ path, entries }: Departure): readonly string[] =>
  entries === undefined ? ['  +', path] : ['  +', `${path}/`, plural(entries, 'entry', 'entries')]
