// Reads a .deb: its control file becomes the description, its scripts a report, its data a stream of entries.
// Nothing in it is run and nothing of it is trusted: whatever breaks the format is PACKAGE_UNREADABLE.
import { decodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { OpenFile } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { type Member, readMember, readMembers } from './deb/ar.ts'
import { describeControl } from './deb/control.ts'
import type { ForeignArchitecture } from './deb/relations.ts'
import { decompress } from './deb/decompress.ts'
import { readTar, TarError } from './deb/tar.ts'
import { reportScripts, scriptNames } from './scripts.ts'
import type { PackageSource, SourceEntry } from './source.ts'

export type { ForeignArchitecture } from './deb/relations.ts'

/** Of the control file, and of all control files that moss reads together. */
const longestControl = 1024 * 1024

const controlNames: readonly string[] = ['control', 'conffiles', 'triggers', ...scriptNames]

/** `path` is absolute. Reads the control files now, the data with each pass over `entries`. */
export async function readDeb(
  outside: Outside,
  path: string,
  foreignArchitecture?: ForeignArchitecture,
): Promise<PackageSource> {
  using file = outside.disk.open(path, 'read')
  const members = readMembers(file)
  const files = await readControl(file, members.control, outside)
  const control = files['control']
  if (control === undefined)
    throw new MossError('PACKAGE_UNREADABLE', {
      path,
      problem: `${members.control.name} has no control file`,
    })
  return {
    path,
    description: describeControl(control, path, foreignArchitecture),
    scripts: reportScripts(files),
    entries: () => readData(outside, path),
  }
}

async function* readData(outside: Outside, path: string): AsyncGenerator<SourceEntry> {
  using file = outside.disk.open(path, 'read')
  yield* readMemberTar(file, readMembers(file).data, outside)
}

async function readControl(
  file: OpenFile,
  member: Member,
  outside: Outside,
): Promise<Readonly<Record<string, string>>> {
  const files = Object.create(null) as Record<string, string>
  let totalBytes = 0
  for await (const entry of readMemberTar(file, member, outside)) {
    if (entry.kind !== 'file' || !controlNames.includes(entry.path)) continue
    totalBytes += entry.sizeBytes
    if (totalBytes > longestControl)
      throw new MossError('PACKAGE_UNREADABLE', { path: file.path, problem: `${member.name} is too large` })
    const bytes = Buffer.concat(await Array.fromAsync(entry.body()))
    // Old scripts have comments in other encodings; the control file itself may not.
    const text = decodeUtf8(bytes) ?? (entry.path === 'control' ? undefined : bytes.toString('latin1'))
    if (text === undefined)
      throw new MossError('PACKAGE_UNREADABLE', { path: file.path, problem: 'control is not UTF-8' })
    files[entry.path] = text
  }
  return files
}

async function* readMemberTar(file: OpenFile, member: Member, outside: Outside): AsyncGenerator<SourceEntry> {
  const stored = readMember(file, member, () => outside.turn())
  try {
    yield* readTar(decompress(stored, { name: member.name, path: file.path }))
  } catch (error) {
    if (!(error instanceof TarError)) throw error
    const problem = `${member.name}: ${error.message}`
    throw new MossError('PACKAGE_UNREADABLE', { path: file.path, problem }, error)
  }
}
