// --with-tool: moss itself onto a medium, for a machine that has none yet. Only a packaged program knows what belongs to it: its
// SHA256SUMS lists it, and the file TOOL names that. Nothing is ever run from there, and no machine that has a moss takes it from
// there: there it is a package of the channel.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import type { Outside } from '../host/outside.ts'
import { copyToMedium, type FileToCopy } from '../medium/copy-to-medium.ts'
import { mediumFolders } from '../medium/layout.ts'
import { assertMedium, toolPathOn, writeToMedium } from '../medium/medium.ts'
import { formatPublicKey } from '../trust/minisign.ts'
import { isSshSignature } from '../trust/sshsig.ts'
import { type AskPassphrase, openStation, signersFor, stationRoot } from './station.ts'
import type { ReportEvent } from './types.ts'

export interface ToolFile {
  /** Below the package's folder, and below the tool's on the medium. */
  readonly path: string
  readonly sizeBytes: number
  readonly digest: Digest
}

export interface ToolPlan {
  /** Such as `moss-linux-x64`. */
  readonly name: string
  readonly version: string
  readonly folder: string
  readonly medium: string
  readonly device: number
  readonly files: readonly ToolFile[]
  readonly bytes: number
  /** Of SHA256SUMS: who compares this has compared every file. */
  readonly digest: Digest
}

const sumsName = 'SHA256SUMS'
const statementName = 'TOOL'
const signatureName = `${statementName}.minisig`
const mostBytes = 64 * 1024

/** What is signed, and says first what it is: the name and version of a package, and the digest of its sums. */
const statementPattern =
  /^moss-tool 1\n([a-z0-9][a-z0-9._-]{0,63}) (\S{1,64})\n([0-9a-f]{64}) {2}SHA256SUMS\n$/
/** A line of sha256sum. */
const sumPattern = /^([0-9a-f]{64}) {2}(.{1,200})$/
/** Of a file inside the folder, on any filesystem. */
const isPlainPath = (path: string): boolean => path.split('/').every((part) => /^\w[\w@+.-]*$/.test(part))

/** Writes nothing. Throws TOOL_ABSENT, MEDIUM_ABSENT, HOST_NO_SPACE. */
export function planTool(outside: Outside, { medium }: { readonly medium: string }): ToolPlan {
  const { disk, programFolder: folder = '' } = outside
  const absent = (problem: string): never => {
    throw new MossError('TOOL_ABSENT', { folder, problem })
  }
  const read = (name: string): Uint8Array =>
    disk.lstat(`${folder}/${name}`)?.kind === 'file'
      ? disk.readFile(`${folder}/${name}`, mostBytes)
      : absent(`it is not packaged: there is no ${name} beside it`)
  assertMedium(disk, medium)
  const [, name = '', version = '', said] =
    statementPattern.exec(decodeUtf8(read(statementName)) ?? '') ??
    absent(`its ${statementName} says nothing`)
  const sums = read(sumsName)
  const digest = digestOf(sums)
  if (digest !== said) absent(`its ${sumsName} is not the one that ${statementName} names`)
  const lines = (decodeUtf8(sums) ?? '').split('\n').slice(0, -1)
  const files = [
    ...lines.map((line): ToolFile => {
      const [, sum = '', path = ''] = sumPattern.exec(line) ?? absent(`its ${sumsName} cannot be read`)
      if (!isPlainPath(path)) absent(`its ${sumsName} names ${path}`)
      const stat = disk.lstat(`${folder}/${path}`)
      if (stat?.kind !== 'file') return absent(`its file ${path} is missing`)
      return { path, sizeBytes: stat.sizeBytes, digest: sum as Digest }
    }),
    { path: sumsName, sizeBytes: sums.length, digest },
  ]
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const freeBytes = disk.freeBytes(medium)
  const isThere = disk.lstat(`${medium}/${mediumFolders.tools}/${name}`) !== undefined
  if (!isThere && freeBytes < bytes)
    throw new MossError('HOST_NO_SPACE', { path: medium, neededBytes: bytes, freeBytes })
  return {
    name,
    version,
    folder,
    medium,
    device: disk.lstat(medium)?.device ?? -1,
    files,
    bytes,
    digest,
  }
}

export interface LeftTool {
  readonly name: string
  /** Its folder on the medium. */
  readonly path: string
  readonly digest: Digest
  readonly bytes: number
  /** False where all of it lay there already. */
  readonly isNew: boolean
  /** minisign's line of the key that signed it; absent where this station has none that makes such signatures. */
  readonly signedBy?: string
}

/** Copies, flushes and reads back. Throws MEDIUM_ABSENT where it is another medium by now, HOST_NO_SPACE. */
export async function executeTool(
  outside: Outside,
  request: {
    readonly plan: ToolPlan
    readonly home: string
    readonly ask: AskPassphrase
  },
  report: ReportEvent,
): Promise<LeftTool> {
  const { plan } = request
  const { disk } = outside
  assertMedium(disk, plan.medium, plan.device)
  const to = (path: string): string => toolPathOn(disk, plan.medium, `${plan.name}/${path}`)
  let doneBytes = 0
  let isNew = false
  for (const file of plan.files) {
    const copy: FileToCopy = { ...file, from: `${plan.folder}/${file.path}`, to: to(file.path) }
    const wasWritten = copyToMedium(disk, copy, (count) => {
      doneBytes += count
      report({ phase: 'copy', doneBytes, totalBytes: plan.bytes, item: file.path })
    })
    isNew ||= wasWritten
  }
  const statement = encodeUtf8(`moss-tool 1\n${plan.name} ${plan.version}\n${plan.digest}  ${sumsName}\n`)
  writeToMedium(disk, to(statementName), statement)
  const signed = await sign(outside, request, statement)
  if (signed !== undefined) writeToMedium(disk, to(signatureName), encodeUtf8(signed.block))
  else if (disk.lstat(to(signatureName)) !== undefined) disk.remove(to(signatureName))
  return {
    name: plan.name,
    path: to(statementName).slice(0, -statementName.length - 1),
    digest: plan.digest,
    bytes: plan.bytes,
    isNew,
    ...(signed && { signedBy: signed.key }),
  }
}

/** By the first of the keys that sign bundles. Keys in agents make no signatures of minisign. */
async function sign(
  outside: Outside,
  { home, ask }: { readonly home: string; readonly ask: AskPassphrase },
  statement: Uint8Array,
): Promise<{ readonly block: string; readonly key: string } | undefined> {
  try {
    using station = openStation(outside, { home, how: 'read' })
    const signers = await signersFor(station, { role: 'exporter', root: stationRoot(station), ask })
    for (const signer of signers) {
      const block = signer.sign(statement)
      if (isSshSignature(block)) continue
      return { block, key: formatPublicKey(signer.publicKey).split('\n')[1] ?? '' }
    }
  } catch (error) {
    if (!isMossError(error, 'KEY_ABSENT')) throw error
  }
  return undefined
}
