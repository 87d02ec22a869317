// state export: the receipt, brought up to date, written out for the station. What was exported is remembered,
// because the next bundle is made from it.
import { isMossError, MossError } from '../base/error.ts'
import { silent } from '../base/progress.ts'
import { readHostState } from '../fleet/state-file.ts'
import { bytesSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { statePathOn, writeToMedium } from '../medium/medium.ts'
import { spellingsOf } from '../trust/fingerprint.ts'
import { type HostSession, openHost } from './host.ts'
import { readModel } from './model-file.ts'
import { checkRecipient, ensureRecipient, sealFor } from './sealing.ts'
import { recordBytes, rememberExported, renewReceipt } from './receipt.ts'

/** To a file, or below a medium's folder under its usual name; sealed for one recipient if one is named. Throws ALREADY_EXISTS for another file's name, MODEL_INVALID. */
export async function exportState(
  outside: Outside,
  request: { readonly root: string; readonly to: string; readonly sealTo?: string | undefined },
) {
  using host = await openHost(outside, { root: request.root, report: silent })
  const { disk } = outside
  const { sealTo } = request
  if (sealTo !== undefined) await checkRecipient(sealTo, 'state export')
  readModel(outside, host.places)
  await ensureRecipient(outside, host.places.keys)
  const receipt = renewReceipt(host)
  const { state, bytes } = receipt
  const target = disk.lstat(request.to)
  if (target !== undefined && target.kind !== 'folder' && !isOwnState(host, request.to))
    throw new MossError('ALREADY_EXISTS', { what: request.to })
  const usual = target?.kind === 'folder' ? statePathOn(disk, request.to, state) : request.to
  const path = target?.kind === 'folder' && sealTo !== undefined ? `${usual}.age` : usual
  const written = sealTo === undefined ? bytes : await sealFor(bytes, sealTo)
  writeToMedium(disk, path, written)
  rememberExported(host, receipt)
  return {
    path,
    host: state.host,
    name: state.name,
    counter: state.counter,
    key: spellingsOf(host.identity.key.publicKey.id),
    sizeBytes: written.length,
  }
}

/** For sync, after all else: where the medium takes nothing, that is told and undoes nothing. */
export async function leaveOnMedium(
  outside: Outside,
  {
    root,
    medium,
    sealTo,
  }: { readonly root: string; readonly medium: string; readonly sealTo: string | undefined },
): Promise<Awaited<ReturnType<typeof exportState>> | { readonly problem: MossError }> {
  try {
    return await exportState(outside, { root, to: medium, sealTo })
  } catch (error) {
    if (isMossError(error)) return { problem: error }
    throw error
  }
}

/** An older state of this very host may be written over. */
function isOwnState(host: HostSession, path: string): boolean {
  try {
    const bytes = host.outside.disk.readFile(path, recordBytes)
    return readHostState(bytesSource(path, bytes)).state.host === host.identity.id
  } catch {
    return false
  }
}
