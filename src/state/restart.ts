// Services that still run from the state before: systemd's units that a changed package owns. Pure.
import { compareText } from '../base/bytes.ts'
import type { ChangedPackages } from './changed-packages.ts'

const unitPath = /^usr\/lib\/systemd\/system\/([^/]+\.service)$/

/** Sorted; a template stands for all its instances, as systemctl(1) takes it. */
export function servicesToRestart({
  before,
  after,
}: Pick<ChangedPackages, 'before' | 'after'>): readonly string[] {
  const known = new Set(before.map(({ name }) => name))
  const units = after
    .filter(({ name }) => known.has(name))
    .flatMap(({ layout }) => layout.filter(({ kind }) => kind === 'file'))
    .flatMap(({ path }) => unitPath.exec(path)?.[1] ?? [])
  return [...new Set(units)].toSorted(compareText).map((unit) => unit.replace('@.', '@*.'))
}
