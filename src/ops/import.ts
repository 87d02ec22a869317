// import: takes bundles in. Idempotent: what was taken in before is recognised by its id. The medium is only read, and each
// byte of it once. Volumes of a bundle come in any order, in one call or in several, from one medium or from many: each is
// judged, and what it holds is kept until the last one makes the bundle whole. Those beside the one that was named are found by their names.
import { isMossError, type MossError } from '../base/error.ts'
import { plural } from '../base/format.ts'
import { decodePrelude, preludeBytes } from '../container/prelude.ts'
import { type ByteSource, keepStart } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import type { ImportedBundle } from './changes.ts'
import { type HostSession, openHost } from './host.ts'
import { importFile, refusals } from './import-file.ts'
import { checkIsFile } from './named-file.ts'
import { openLargeIfSealed } from './sealing.ts'
import { StoredFile } from './stored-file.ts'
import type { ReportEvent } from './types.ts'
import { claimOf, pathsBeside, type VolumeClaim } from './volume-files.ts'

export async function importBundles(
  outside: Outside,
  request: { readonly root: string; readonly files: readonly string[] },
  report: ReportEvent,
): Promise<{ readonly bundles: readonly ImportedBundle[] }> {
  using host = await openHost(outside, { root: request.root, report })
  const { files } = request
  const work: Work = { host, report, bundles: [], wanted: new Map(), tried: new Set() }
  for (const file of files)
    try {
      if (!work.tried.has(file)) await importNamed(work, file)
    } catch (error) {
      if (files.length > 1) report({ phase: 'import', warning: refusedAmong(files, file) })
      throw error
    }
  const { bundles } = work
  const [wanted, ...others] = work.wanted.values()
  if (wanted === undefined) return { bundles }
  for (const { message } of others) report({ phase: 'import', warning: message })
  if (bundles.length > 0)
    report({ phase: 'import', warning: `${plural(bundles.length, 'other bundle')} taken in whole` })
  throw wanted
}

/** An error names a part of a file; where there are several, this names the file. */
const refusedAmong = (files: readonly string[], file: string): string => {
  const before = files.indexOf(file)
  return `${file} is refused; ${before === 0 ? 'none' : before} of ${files.length} files taken in before it`
}

interface Work {
  readonly host: HostSession
  readonly report: ReportEvent
  readonly bundles: ImportedBundle[]
  /** By bundle: what its volumes that came are waiting for. */
  readonly wanted: Map<string, MossError<'VOLUME_WANTED'>>
  /** Volumes that were read, whatever became of them. */
  readonly tried: Set<string>
}

/** With the volumes beside it, as far as they are wanted. A damaged one among these is told, and the others go on. */
async function importNamed(work: Work, file: string): Promise<void> {
  const { host, report, wanted, tried } = work
  const named = await importOrKeep(work, file, () => true)
  if (named === undefined) return
  for (const beside of pathsBeside(host.outside, file, named.volume)) {
    if (!wanted.has(named.id)) return
    if (tried.has(beside)) continue
    try {
      await importOrKeep(work, beside, (claim) => claim?.id === named.id)
    } catch (error) {
      if (!isMossError(error) || !refusals.includes(error.exit)) throw error
      report({ phase: 'import', warning: `${beside} is refused: ${error.message}` })
    }
  }
}

/** What a volume claims; undefined for what is none. */
async function importOrKeep(
  { host, report, bundles, wanted, tried }: Work,
  file: string,
  isOneOfThese: (claim: VolumeClaim | undefined) => boolean,
): Promise<VolumeClaim | undefined> {
  checkIsFile(host.outside, file)
  using stored = new StoredFile(host.outside, file, { into: `${host.incoming}/mended`, report })
  using opened = await openStored(host, stored)
  const claim = claimOf(keepStart(opened, preludeBytes).start, file)
  if (claim !== undefined) tried.add(file)
  const isDone = claim !== undefined && bundles.some(({ bundle }) => bundle === claim.id)
  if (isDone || !isOneOfThese(claim)) return claim
  try {
    const done = await importFile(host, { file, source: opened, stored }, report)
    bundles.push(done)
    wanted.delete(done.bundle)
  } catch (error) {
    if (!isMossError(error, 'VOLUME_WANTED')) throw error
    wanted.set(error.details.bundle, error)
  }
  return claim
}

/** What begins as no container does is mended first, where it can be: by its start it is told whether it is a volume, or sealed. */
async function openStored(
  { outside, incoming, places }: HostSession,
  stored: StoredFile,
): Promise<ByteSource> {
  const open = (): Promise<ByteSource> =>
    openLargeIfSealed(outside, stored, { keys: places.keys, into: `${incoming}/unsealed` })
  const opened = await stored.mending(open)
  return !beginsWell(opened) && (await stored.mend()) ? await open() : opened
}

function beginsWell(source: ByteSource): boolean {
  try {
    decodePrelude(keepStart(source, preludeBytes).start, source.name)
    return true
  } catch (error) {
    if (isMossError(error)) return false
    throw error
  }
}
