// verify: containers against what their signers signed.
import { MossError, isMossError } from '../base/error.ts'
import { verifyWhole } from '../container/read-frames.ts'
import { claimedFrames } from '../container/claimed-frames.ts'
import { checkVolumeEnd, framesHere, sizeOfFile } from '../container/frame-place.ts'
import { checkStored, type OpenedContainer, openVolume } from '../container/read.ts'
import { sayVolume } from '../container/volume.ts'
import { followRoots, readCarriedRoots } from '../container/root-chain.ts'
import {
  claimedRoot,
  verifyContainer,
  verifyNextRoot,
  verifySelfSignedRoot,
  type VerifiedContainer,
} from '../container/verify.ts'
import { readAuditContainer } from '../fleet/audit-container.ts'
import { readHostState } from '../fleet/state-file.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { isInitialised } from '../state/root-format.ts'
import { placesOf } from '../state/places.ts'
import type { Role, Root } from '../trust/root.ts'
import { readHostRoot } from './host-trust.ts'
import { checkIsFile } from './named-file.ts'
import { readTrustRoot, stationPlaces } from './station.ts'
import { isWholeParity, lookAtParity, sayParity } from './stored-file.ts'
import type { ReportEvent } from './types.ts'

export interface Verification {
  readonly checked: readonly string[]
  readonly findings: readonly string[]
}

/** Without a trusted root here, signatures are not judged, and it says so. */
export async function verifyContainers(
  outside: Outside,
  request: { readonly files: readonly string[]; readonly root: string; readonly home: string },
  report: ReportEvent,
): Promise<Verification> {
  const root = trustedRoot(outside, request)
  const checked: string[] = []
  const findings: string[] = []
  for (const [index, file] of request.files.entries()) {
    report({ phase: 'verify', item: file, doneItems: index, totalItems: request.files.length })
    try {
      checkIsFile(outside, file)
      const verdict = await verifyOne(outside, { file, root }, report)
      const parity = await lookAtParity(outside, file, report)
      checked.push(`${file}: ${verdict}${parity === undefined ? '' : `; ${sayParity(parity)}`}`)
      if (parity !== undefined && !isWholeParity(parity)) findings.push(`${file}: ${sayParity(parity)}`)
    } catch (error) {
      if (!isMossError(error)) throw error
      const parity = await lookAtParity(outside, file, report)
      if (parity !== undefined) report({ phase: 'verify', warning: `${file}: ${sayParity(parity)}` })
      if (request.files.length === 1) throw error
      const isNamed = error.message.includes(file)
      findings.push(`${isNamed ? '' : `${file}: `}${error.message} [${error.code}]`)
    }
  }
  return { checked, findings }
}

/** Of the host, or else of the station; undefined where neither is here. */
export function trustedRoot(
  outside: Outside,
  request: { readonly root: string; readonly home: string },
): Root | undefined {
  if (isInitialised(outside.disk, request.root)) return readHostRoot(outside.disk, placesOf(request.root))
  const station = stationPlaces(request.home).root
  return outside.disk.lstat(station) === undefined ? undefined : readTrustRoot(outside.disk, station).root
}

const roles: Readonly<Record<'bundle' | 'package' | 'channel' | 'grant', Role>> = {
  bundle: 'exporter',
  package: 'packager',
  channel: 'channel',
  grant: 'channel',
}

async function verifyOne(
  outside: Outside,
  { file, root }: { readonly file: string; readonly root: Root | undefined },
  report: ReportEvent,
): Promise<string> {
  using source = fileSource(outside.disk, file)
  const opened = openVolume(source)
  const { volume } = opened.prelude
  const verdict = await verifyOpened(outside, { file, opened, root }, report)
  return volume === undefined ? verdict : `${sayVolume(volume)}: ${verdict}`
}

async function verifyOpened(
  outside: Outside,
  asked: { readonly file: string; readonly opened: OpenedContainer; readonly root: Root | undefined },
  report: ReportEvent,
): Promise<string> {
  const { file, opened, root } = asked
  const { source } = opened
  if (opened.kind === 'root') {
    const { version } = claimedRoot(opened)
    if (root !== undefined && version === root.version + 1) {
      verifyNextRoot(opened, root)
      return `whole and genuine, the trust root that follows root ${root.version}, which is here`
    }
    verifySelfSignedRoot(opened)
    return 'whole, a trust root signed by its own keys; compare its fingerprint'
  }
  if (opened.kind === 'state') {
    const { state } = readHostState(source)
    return `whole, the state of ${state.name} (${state.host}) signed by its own key`
  }
  if (opened.kind === 'audit') {
    const { host, entries } = readAuditContainer(source)
    return `whole, the audit of host ${host} signed by its own key: ${entries.length} entries, each following the one before`
  }
  if (root === undefined) return checkUnjudged(opened, outside.disk.lstat(file)?.sizeBytes ?? 0)
  const newest = followRoots(root, opened.kind === 'bundle' ? readCarriedRoots(opened) : []).at(-1)?.root
  const container = verifyContainer(opened, { role: roles[opened.kind], root: newest ?? root })
  const unread = await verifyEverything(outside, container, (doneItems, totalItems) =>
    report({ phase: 'verify', item: file, doneItems, totalItems }),
  )
  const signedBy = `${opened.kind} signed by ${opened.head.signers.map((id) => id.slice(0, 16)).join(', ')}`
  return unread.length === 0
    ? `whole and genuine, ${signedBy}`
    : `every byte is the signed one, ${signedBy}; not looked into ${unread.join(', ')}, which are written against what the hosts have`
}

async function verifyEverything(
  outside: Outside,
  container: VerifiedContainer,
  onFrame: (done: number, total: number) => void,
): Promise<readonly string[]> {
  const { firstFrame, endFrame } = framesHere(container)
  if (container.kind !== 'channel' && container.kind !== 'grant')
    return await verifyWhole(container, outside.pool, {
      onFrame: (n) => onFrame(n + 1 - firstFrame, endFrame - firstFrame),
    })
  for (const entry of container.head.sections) checkStored(container, entry)
  return []
}

/** What a courier can check without keys: the parts that the head pins, and the size. */
function checkUnjudged(opened: OpenedContainer, presentBytes: number): string {
  for (const entry of opened.head.sections) checkStored(opened, entry)
  const frames = opened.prelude.volume === undefined ? undefined : claimedFrames(opened)
  const wantedBytes = frames === undefined ? opened.endOffset : sizeOfFile(frames, opened)
  const last = new Uint8Array(1)
  if (opened.source.read(last, wantedBytes - 1) < 1)
    throw new MossError('CONTAINER_TRUNCATED', { part: 'frames', presentBytes, wantedBytes })
  if (frames !== undefined) checkVolumeEnd(frames, opened)
  return 'not cut short, head and sections fit together; signatures and frames are not judged: no trusted root here'
}
