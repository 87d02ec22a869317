// What is told of a package that was made here, whichever verb made it.
import type { PackageId } from '../base/ids.ts'
import type { MadePackage } from '../ingest/make-package.ts'

export interface ToldPackage {
  readonly id: PackageId
  readonly name: string
  readonly version: string
  readonly file: string
  /** False where this very package was there already. */
  readonly isNew: boolean
  /** It was there, but not as it was signed, and is so again. */
  readonly isMended: boolean
  readonly files: number
  /** Plain, and as the container has it. */
  readonly sizeBytes: number
  readonly storedBytes: number
  readonly notes: readonly string[]
}

export const tellMade = ({ id, path, manifest, report, isNew, isMended }: MadePackage): ToldPackage => ({
  id,
  name: manifest.name,
  version: manifest.version,
  file: path,
  isNew,
  isMended,
  files: report.files,
  sizeBytes: report.plainBytes,
  storedBytes: report.storedBytes,
  notes: report.notes,
})
