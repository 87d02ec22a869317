// The files of a layout, as people ask for them, and what they weigh.
import type { Manifest } from './manifest.ts'

/** Paths of all but folders, in the layout's order. */
export const filesOf = ({ layout }: Pick<Manifest, 'layout'>): readonly string[] =>
  layout.filter((entry) => entry.kind !== 'folder').map((entry) => entry.path)

/** Of all its files together. */
export const bytesOf = ({ layout }: Pick<Manifest, 'layout'>): number =>
  layout.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.sizeBytes : 0), 0)
