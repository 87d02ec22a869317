// Damaged or malformed: containers, chunks, manifests, packages.
import { display } from '../display.ts'
import { exits } from '../exits.ts'
import { formatBytes } from '../format.ts'
import { type Entry, entry } from './entry.ts'

/** `100 kB of 798 kB`; to the byte where they would read alike. */
function partOf(presentBytes: number, wantedBytes: number): string {
  const [present, wanted] = [formatBytes(presentBytes), formatBytes(wantedBytes)]
  return present === wanted ? `${presentBytes} of ${wantedBytes} bytes` : `${present} of ${wanted}`
}

export const damageCodes = {
  CBOR_INVALID: entry<{ part: string; problem: string; offset: number }>(
    exits.damaged,
    (d) => `${display(d.part)} is malformed at byte ${d.offset}: ${d.problem}`,
    () => 'copy the file again from where it was made; nothing was taken in',
  ),
  SHAPE_INVALID: entry<{ part: string; problem: string }>(
    exits.damaged,
    (d) => `${display(d.part)} is malformed: ${display(d.problem)}`,
    () => 'copy the file again; if it stays so, it was made by a faulty or hostile program',
  ),
  CONTAINER_NOT_ONE: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `${display(d.path)} is not a file that fits here: ${display(d.problem)}`,
    (d) =>
      /empty|altered/.test(d.problem)
        ? 'copy the file again from where it was made'
        : /sealed/.test(d.problem)
          ? 'moss import and the verbs for states open it where it is meant to be read; elsewhere age -d -i IDENTITY does'
          : /volume/.test(d.problem)
            ? 'moss import takes volumes as they are, and moss join puts them together; a whole needs neither'
            : 'bundles and packages end in .moss, states in .moss-state, snapshots in .moss-channel, trust roots in .moss-root',
  ),
  CONTAINER_TOO_NEW: entry<{ path: string; version: number }>(
    exits.damaged,
    (d) => `${display(d.path)} is written in format version ${d.version}, which this moss does not know`,
    () => 'update moss on this machine first; if it is the newest, copy the file again',
  ),
  CONTAINER_TRUNCATED: entry<{ part: string; presentBytes: number; wantedBytes: number }>(
    exits.damaged,
    (d) => `container is cut short in ${d.part}: ${partOf(d.presentBytes, d.wantedBytes)} present`,
    (d) =>
      d.part.startsWith('frame ')
        ? 'copy the file again and run the same command: the frames already taken in are kept'
        : 'copy the file again and run the same command; nothing was taken in',
  ),
  CONTAINER_DAMAGED: entry<{ part: string; problem: string }>(
    exits.damaged,
    (d) => `container is damaged in ${d.part}: ${display(d.problem)}`,
    () => 'copy the file again; what was already taken in whole is kept',
  ),
  CONTAINER_CODEC_UNKNOWN: entry<{ part: string; codec: number }>(
    exits.damaged,
    (d) => `${d.part} is packed with codec ${d.codec}, which this moss does not know`,
    () => 'update moss on this machine first, or ask for a bundle made for it',
  ),
  CHUNK_DIGEST_MISMATCH: entry<{ part: string }>(
    exits.damaged,
    (d) => `the bytes of ${d.part} are not the ones their digest names`,
    () => 'the file was made wrongly: ask for a new one; nothing was taken in',
  ),
  STORE_DAMAGED: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `the store is damaged at ${display(d.path)}: ${display(d.problem)}`,
    () =>
      'run moss repair, then moss state export: the next bundle brings what is damaged whole; a kept state may be whole too (moss rollback)',
  ),
  MANIFEST_INVALID: entry<{ package: string; problem: string }>(
    exits.damaged,
    (d) => `the manifest of ${display(d.package)} is not valid: ${display(d.problem)}`,
    () => 'the package must be made again',
  ),
  PACKAGE_UNREADABLE: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `${display(d.path)} cannot be read as a package: ${display(d.problem)}`,
    () => 'nothing was added; fetch or build the package again',
  ),
  RECIPE_SOURCE_REFUSED: entry<{ path: string; problem: string }>(
    exits.damaged,
    (d) => `the source ${display(d.path)} is refused: ${display(d.problem)}`,
    (d) =>
      /sha256/.test(d.problem)
        ? 'no package was made: fetch the file again; if it is meant to have changed, write its new digest into the recipe'
        : 'no package was made: the archive has to be packed again',
  ),
  PACKAGE_PATH_REFUSED: entry<{ package: string; path: string; problem: string }>(
    exits.notAllowed,
    (d) => `${display(d.package)} has ${display(d.path)}, which ${display(d.problem)}`,
    () => 'packages own /usr, and defaults for /etc and /var; use --place FROM=TO to put it elsewhere',
  ),
} as const satisfies Record<string, Entry<never>>
