// The files of a layout, as people ask for them.
import type { Manifest } from './manifest.ts'

/** Paths of all but folders, in the layout's order. */
export const filesOf = ({ layout }: Pick<Manifest, 'layout'>): readonly string[] =>
  layout.filter((entry) => entry.kind !== 'folder').map((entry) => entry.path)
