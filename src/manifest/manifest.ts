// What a package says about itself. A package's id is the digest of this record's canonical CBOR.
// Chunk lists are not part of it: the same package may be cut differently later and stays the same package.
import type { ContentDigest } from '../base/ids.ts'
import type { Capability, Relation } from './capability.ts'
import type { VersionScheme } from './version.ts'

/** What a manifest says in texts, as they stand in a description. */
export const manifestTexts = [
  'name',
  'version',
  'scheme',
  'architecture',
  'summary',
  'description',
  'licence',
  'origin',
] as const

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly scheme: VersionScheme
  /** `any`, or the class that its programs are for, such as `amd64`. */
  readonly architecture: string
  readonly summary: string
  readonly description: string
  readonly licence: string
  /** What it was made from, such as a `.deb`'s source package; empty if nothing. */
  readonly origin: string
  readonly provides: readonly Capability[]
  /** Each must be satisfied by one of its alternatives, the first being preferred. */
  readonly requires: readonly (readonly Relation[])[]
  /** As `requires`, but nothing fails without: a model may say that they are followed. Absent when there are none. */
  readonly recommends?: readonly (readonly Relation[])[]
  readonly conflicts: readonly Relation[]
  readonly replaces: readonly Relation[]
  /** Sorted by path, bytewise per component; every folder stands before what is in it. */
  readonly layout: readonly LayoutEntry[]
  /** Paths of `layout` that carry setuid, setgid or file capabilities: only these may. Sorted. */
  readonly privileged: readonly string[]
}

/** What it says of others. */
export type ManifestRelations = Pick<
  Manifest,
  'provides' | 'requires' | 'recommends' | 'conflicts' | 'replaces'
>

/** What solving and explaining look at. */
export type ListedManifest = Pick<Manifest, 'name' | 'version' | 'scheme' | 'architecture'> &
  ManifestRelations

/** Paths are relative, start with `usr/`, and are joined by slashes in memory; on disk they are component lists. */
export type LayoutEntry = LayoutFolder | LayoutFile | LayoutSymlink

export interface LayoutFolder {
  readonly kind: 'folder'
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export interface LayoutFile {
  readonly kind: 'file'
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly content: ContentDigest
  /** Absent when there are none. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
}

export interface LayoutSymlink {
  readonly kind: 'symlink'
  readonly path: string
  readonly target: string
}
