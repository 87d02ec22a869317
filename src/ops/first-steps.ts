// For whoever has moss and nothing of it yet: what is found on either side, and the next command there.
import { isMossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { checkAdoptable } from '../state/adoptable.ts'
import { placesOf } from '../state/places.ts'
import { readSystem } from './system-name.ts'

export interface FirstStep {
  readonly side: 'host' | 'station'
  readonly found: string
  /** In the order in which they are run, each with what it does. Without `--root` and `--home`. */
  readonly commands: readonly { readonly command: string; readonly does: string }[]
}

export const firstSteps = (
  outside: Outside,
  { root, home }: { readonly root: string; readonly home: string | undefined },
): readonly FirstStep[] => [
  hostStep(outside, root),
  ...(home === undefined
    ? []
    : [
        {
          side: 'station' as const,
          found: `${home} is no station: a connected machine that makes bundles would be one`,
          commands: [
            { command: 'moss key generate NAME', does: 'makes its keys, and the trust root for its hosts' },
            { command: 'moss channel create CHANNEL', does: 'makes a channel for packages' },
          ],
        },
      ]),
]

function hostStep(outside: Outside, root: string): FirstStep {
  const places = placesOf(root)
  const fresh = {
    command: 'moss init --trust ROOTFILE',
    does: 'makes a root; ROOTFILE is root.moss-root of the station',
  }
  const { disk } = outside
  const isThere = disk.lstat(places.usr)?.kind === 'folder' && disk.list(places.usr).length > 0
  if (!isThere)
    return { side: 'host', found: `${root} is not managed, and has no system yet`, commands: [fresh] }
  const system = readSystem(outside, places)
  const found = `${places.usr} is not managed, and holds ${system === '' ? 'a system' : system}`
  const obstacle = obstacleTo(outside, root)
  if (obstacle !== undefined)
    return { side: 'host', found: `${found}, which cannot be adopted: ${obstacle}`, commands: [] }
  return {
    side: 'host',
    found,
    commands: [
      {
        command: 'moss init --adopt --dry-run',
        does: 'says what it would keep of that as state 0; changes nothing',
      },
      {
        command: 'moss init --adopt --trust ROOTFILE',
        does: 'does it; ROOTFILE is root.moss-root of the station',
      },
    ],
  }
}

function obstacleTo(outside: Outside, root: string): string | undefined {
  try {
    checkAdoptable({ outside }, root)
    return undefined
  } catch (error) {
    if (!isMossError(error)) throw error
    return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`
  }
}
