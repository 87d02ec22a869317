// The part of a plan that apply and rollback share: what the machine is, and what another package set means to whoever
// decides on it.
import { encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { compareSets, type SetMember } from '../manifest/compare-sets.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { Outside } from '../host/outside.ts'
import type { Places } from '../state/places.ts'
import type { StateRecord } from '../state/record.ts'
import type { ApplyPlan } from './changes.ts'
import type { HostSession } from './host.ts'
import { readInstalled } from './installed.ts'
import { readModel } from './model-file.ts'

export const modelDigest = (text: string): string => digestOf(encodeUtf8(text))

/** The plan to stay. */
export function planToStay({ outside, places, states }: HostSession, kind: ApplyPlan['kind']): ApplyPlan {
  const { number, packages } = states.current()
  const freeInodes = outside.disk.freeInodes(places.own)
  return {
    kind,
    root: places.root,
    from: number,
    to: number,
    isNothing: true,
    signedBy: [],
    changes: [],
    packages: packages.length,
    files: 0,
    sizeBytes: 0,
    privileged: [],
    advisories: [],
    warnings: [],
    freeBytes: outside.disk.freeBytes(places.own),
    neededBytes: 0,
    ...(freeInodes === undefined ? {} : { freeInodes }),
    neededInodes: 0,
    withModel: false,
    model: modelDigest(readModel(outside, places).text),
  }
}

type Member = SetMember & { readonly manifest: Manifest }

/** A set whose manifests are read only where something hangs on them. */
export interface SetBefore {
  readonly members: readonly SetMember[]
  /** Of the packages of these names. */
  readonly read: (names: ReadonlySet<string>) => readonly Member[]
}

/** Of a state: its record has the names. */
export function setOf(
  outside: Outside,
  state: { readonly places: Places; readonly tree: string; readonly record: StateRecord },
): SetBefore {
  const { packages } = state.record
  return {
    members: packages.map(({ id, name, version }) => ({ id, manifest: { name, version } })),
    read: (names) =>
      readInstalled(outside, {
        ...state,
        record: { ...state.record, packages: packages.filter(({ name }) => names.has(name)) },
      }),
  }
}

export function describeChange(
  before: SetBefore,
  after: readonly Member[],
): Pick<ApplyPlan, 'changes' | 'packages' | 'files' | 'sizeBytes' | 'privileged'> {
  const files = after.flatMap(({ manifest }) => manifest.layout).filter((entry) => entry.kind === 'file')
  return {
    changes: compareSets(before.members, after),
    packages: after.length,
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    privileged: newlyPrivileged(before, after),
  }
}

/** Sorted. What the package of that name had just so before is old news. */
function newlyPrivileged(before: SetBefore, after: readonly Member[]): readonly string[] {
  const owners = after.filter(({ manifest }) => manifest.privileged.length > 0)
  const known = privilegedFiles(before.read(new Set(owners.map(({ manifest }) => manifest.name))))
  return [...privilegedFiles(owners)]
    .filter(([path, what]) => known.get(path) !== what)
    .map(([path]) => path)
    .sort()
}

/** Path to what would make it another file. */
const privilegedFiles = (packages: readonly Member[]): ReadonlyMap<string, string> =>
  new Map(
    packages.flatMap(({ manifest }) =>
      manifest.layout
        .filter((entry) => entry.kind === 'file')
        .filter((file) => manifest.privileged.includes(file.path))
        .map((file) => [file.path, `${file.content} ${file.mode}`] as const),
    ),
  )
