// No solution, or pieces missing.
import { display } from '../display.ts'
import { exits } from '../exits.ts'
import { type Entry, entry, list } from './entry.ts'

/** How to see what there is, by what was looked for. */
function whereToLook(what: string): string | undefined {
  if (what.startsWith('installed package')) return 'moss list shows what is installed'
  if (what.startsWith('serial of channel'))
    return 'older serials are here until moss gc takes them, which keeps the newest few; nothing was changed'
  if (what.startsWith('published snapshot')) return 'sign one with moss channel publish'
  if (what.startsWith('package to publish')) return 'put packages in first with moss add'
  if (what === 'channel') return 'moss channel list shows the channels here; moss channel create makes one'
  if (what === 'enrolled host')
    return 'moss fleet list shows the hosts that are answered; nothing was changed'
  if (what.startsWith('package of channel'))
    return 'moss channel show lists what a channel offers; nothing was changed'
  if (what.startsWith('installed or offered')) return 'moss search WORD looks in what the channel offers'
  if (what.startsWith('component')) return 'see --component and --architecture; nothing was changed'
  if (what.startsWith('archive')) return 'see --from and --suite; nothing was changed'
  if (what.startsWith('package in the archive'))
    return 'the archive may have changed meanwhile: run the same command again; what came is kept'
  if (what === 'key') return 'moss key list shows the keys here'
  if (what.endsWith('state')) return 'moss state list shows the kept states; nothing was changed'
  return what.includes('file') || what.includes('plan') || what.includes('root')
    ? 'check the path, and that the medium is mounted; nothing was changed'
    : undefined
}

export const missingCodes = {
  TOOL_ABSENT: entry<{ folder: string; problem: string }>(
    exits.unsolvable,
    (d) => `what runs from ${display(d.folder)} cannot be put on a medium: ${display(d.problem)}`,
    () =>
      'npm run package makes a package of it below dist/: run the same command with the program in there; nothing was written',
  ),
  ARCHIVE_LACKING: entry<{ suites: string; explanation: string }>(
    exits.unsolvable,
    (d) => `not all can be taken from ${display(d.suites)}: ${d.explanation}`,
    () => 'ask for something else, or name one more --suite or --component; nothing was changed',
  ),
  SOLVE_NO_SOLUTION: entry<{ explanation: string }>(
    exits.unsolvable,
    (d) => d.explanation,
    () => 'change the subscriptions or holds, or add what is missing to the channel',
  ),
  LAYOUT_CONFLICT: entry<{ path: string; packages: readonly string[]; problem: string }>(
    exits.unsolvable,
    (d) => `${list(d.packages)} cannot be installed together: ${display(d.path)} ${display(d.problem)}`,
    () => 'leave one of them out',
  ),
  /** `after`: the serial that it counts on; `applied`: the one that is here, 0 for none. */
  BUNDLE_BASE_MISSING: entry<{
    names: readonly string[]
    channel?: string
    after?: number
    applied?: number
  }>(
    exits.unsolvable,
    (d) => `the bundle builds on content this host does not have: ${list(d.names)}`,
    ({ channel = '', after = 0, applied = 0 }) =>
      applied >= after
        ? 'nothing was changed, and nothing is lost: export this host’s state again (moss state export); the bundle that the station makes from it brings this whole'
        : `nothing is lost: it counts on serial ${after} of channel ${display(channel)}, and this host has ${applied === 0 ? 'none' : applied}: first take in what was made for it between, or carry its state there (moss state export)`,
  ),
  CONTENT_MISSING: entry<{ what: string }>(
    exits.unsolvable,
    (d) => `${display(d.what)} is not in the store`,
    () => 'import a bundle that carries it (moss import FILE)',
  ),
  NOT_FOUND: entry<{ what: string; name: string }>(
    exits.unsolvable,
    (d) => `no ${d.what} ${display(d.name)}`,
    (d) => whereToLook(d.what),
  ),
  CATALOGUE_MISSING: entry<{ channel: string }>(
    exits.unsolvable,
    (d) => `no bundle has brought the catalogue of channel ${display(d.channel)}`,
    () => 'take a bundle of this channel in with moss import FILE; moss list shows what is installed',
  ),
  NOTHING_WAITING: entry<{ root: string }>(
    exits.done,
    (d) => `nothing waits to be applied in ${display(d.root)}`,
    () => 'take a bundle in with moss import FILE',
  ),
} as const satisfies Record<string, Entry<never>>
