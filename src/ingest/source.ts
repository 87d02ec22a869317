// What every reader of foreign packages gives: a description, and one pass over its entries. Paths are those of
// the foreign package; placement.ts alone decides where they go. Bodies arrive in pieces and are
// never whole in memory; each must be read to its end, or left alone, before the next entry is asked for.
import type { Relation } from '../manifest/capability.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { ScriptReport } from './scripts.ts'

/** A manifest without what only the entries tell. `provides` grows by what is found in the entries. */
export type Description = Omit<Manifest, 'layout' | 'privileged'>

export interface Owned {
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

interface Named {
  /** Relative, without a leading slash or `./`; every component is checked. */
  readonly path: string
  /** Whole seconds since 1970. */
  readonly modified: number
}

export type SourceEntry = Named &
  (
    | (Owned & { readonly kind: 'folder' })
    | (Owned & {
        readonly kind: 'file'
        readonly sizeBytes: number
        readonly xattrs?: Readonly<Record<string, Uint8Array>>
        /** Once only; gives exactly `sizeBytes` bytes or throws. */
        readonly body: () => AsyncIterable<Uint8Array>
      })
    | { readonly kind: 'symlink'; readonly target: string }
    /** The same file as an earlier entry. */
    | { readonly kind: 'link'; readonly earlier: string }
    /** A device, a fifo or a socket: named so that the refusal can say so. */
    | { readonly kind: 'special'; readonly what: string }
  )

export interface PackageSource {
  /** The file or folder it was read from. */
  readonly path: string
  readonly description: Description
  /** What the foreign package's scripts do, none of which moss runs. */
  readonly scripts: ScriptReport
  /** Of a package built here: what its programs need is required too, but for these. Absent for others. */
  readonly assumes?: readonly Relation[]
  /** Opens the source again: each call is one pass from the first entry to the last. */
  entries(): AsyncIterable<SourceEntry>
}

/** What is wrong with a path as a foreign package names it, or undefined. */
export function checkEntryPath(path: string): string | undefined {
  if (path === '') return 'has no name'
  for (const component of path.split('/'))
    if (component === '' || component === '.' || component === '..' || component.includes('\0'))
      return 'is not a plain path'
  return undefined
}
