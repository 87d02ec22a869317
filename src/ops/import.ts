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
  const { bundles } = work
  let refused: readonly Refused[] = []
  let left = files
  do {
    const before = bundles.length
    refused = [...refused.filter(({ file }) => !left.includes(file)), ...(await importEach(work, left))]
    // One that was made for what another leaves may come before it in a list.
    left =
      bundles.length > before
        ? refused.flatMap(({ file, error }) => (isMossError(error, 'BUNDLE_BASE_MISSING') ? [file] : []))
        : []
    // Nothing of it was kept: its volumes are read anew.
    work.tried.clear()
  } while (left.length > 0)
  const [first] = refused
  if (first !== undefined) {
    for (const { file, error } of files.length > 1 ? refused : [])
      report({ phase: 'import', warning: `${file} is not taken in: ${error.message}` })
    if (bundles.length > 0)
      report({ phase: 'import', warning: `${plural(bundles.length, 'other bundle')} taken in whole` })
    throw first.error
  }
  const [wanted, ...others] = work.wanted.values()
  if (wanted === undefined) return { bundles }
  for (const { message } of others) report({ phase: 'import', warning: message })
  if (bundles.length > 0)
    report({ phase: 'import', warning: `${plural(bundles.length, 'other bundle')} taken in whole` })
  throw wanted
}

interface Refused {
  readonly file: string
  readonly error: MossError
}

/** What is wrong with a file, or where none is, keeps no other out. */
async function importEach(work: Work, files: readonly string[]): Promise<readonly Refused[]> {
  const refused: Refused[] = []
  for (const file of files)
    try {
      if (!work.tried.has(file)) await importNamed(work, file)
    } catch (error) {
      if (!isRefusal(error) && !isMissing(error)) throw error
      refused.push({ file, error })
    }
  return refused
}

const isRefusal = (error: unknown): error is MossError => isMossError(error) && refusals.includes(error.exit)

/** There is no such file, as `checkIsFile` says it, or what the bundle builds on. */
const isMissing = (error: unknown): error is MossError =>
  isMossError(error, 'MEDIUM_ABSENT') ||
  isMossError(error, 'CLI_USAGE') ||
  isMossError(error, 'BUNDLE_BASE_MISSING')

interface Work {
  readonly host: HostSession
  readonly report: ReportEvent
  readonly bundles: ImportedBundle[]
  /** By bundle: what its volumes that came are waiting for. */
  readonly wanted: Map<string, MossError<'VOLUME_WANTED'>>
  /** Volumes that were read, whatever became of them. */
  readonly tried: Set<string>
}

/**
 * With the volumes beside it, as far as they are wanted. A damaged one among these is told, and the others go on; so they do
 * where it is the named one that is.
 */
async function importNamed(work: Work, file: string): Promise<void> {
  const { host, report, wanted, tried } = work
  let named: VolumeClaim | undefined
  let refused: MossError | undefined
  try {
    await importOrKeep(work, file, (claim) => {
      named = claim
      return true
    })
  } catch (error) {
    if (!isRefusal(error)) throw error
    refused = error
  }
  const { id, volume } = named ?? {}
  for (const beside of volume === undefined ? [] : pathsBeside(host.outside, file, volume)) {
    if (refused === undefined && !wanted.has(id ?? '')) return
    if (tried.has(beside)) continue
    try {
      await importOrKeep(work, beside, (claim) => claim?.id === id)
    } catch (error) {
      if (!isRefusal(error)) throw error
      report({ phase: 'import', warning: `${beside} is refused: ${error.message}` })
    }
  }
  if (refused !== undefined) throw refused
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
