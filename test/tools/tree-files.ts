// A folder as a list of files, and what is made of that: its sums, and an archive that is the same whenever it is made.
import { hash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface TreeFile {
  /** Below the folder. */
  readonly path: string
  readonly isProgram: boolean
}

/** Sorted by path. */
export const treeFiles = (folder: string): readonly TreeFile[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: path.slice(folder.length + 1),
      isProgram: (statSync(path).mode & 0o100) !== 0,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))

export const sumsName = 'SHA256SUMS'

/** They are made of it. */
const notSummed = [sumsName, 'TOOL']

/** As sha256sum writes and checks it. */
export const sumsOf = (folder: string): string =>
  treeFiles(folder)
    .filter(({ path }) => !notSummed.includes(path))
    .map(({ path }) => `${hash('sha256', readFileSync(join(folder, path)), 'hex')}  ${path}\n`)
    .join('')

/** What a station signs: what the folder is, and the digest of its sums. It says first what it is, as all that is signed. */
export const statementOf = (folder: string, version: string): string => {
  const sums = hash('sha256', readFileSync(join(folder, sumsName)), 'hex')
  return `moss-tool 1\n${folder.slice(folder.lastIndexOf('/') + 1)} ${version}\n${sums}  ${sumsName}\n`
}

/** 2026-01-01, for whoever asks an archive when. */
const fixedSeconds = Date.UTC(2026, 0, 1) / 1000
const recordBytes = 512

function tarHeader(name: string, sizeBytes: number, isProgram: boolean): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`too long a name for an archive: ${name}`)
  const header = Buffer.alloc(recordBytes)
  const octal = (value: number, at: number, digits: number): void => {
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  }
  header.write(name, 0, 'utf8')
  octal(isProgram ? 0o755 : 0o644, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(sizeBytes, 124, 11)
  octal(fixedSeconds, 136, 11)
  header.write('        ', 148, 'latin1')
  header.write('0ustar', 156, 'latin1')
  header.write('00', 263, 'latin1')
  header.write('root', 265, 'latin1')
  header.write('root', 297, 'latin1')
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  )
  return header
}

/** The folder under its own name: root's, dated alike, in the order of the paths. */
export function tarOf(folder: string): Buffer {
  const name = folder.slice(folder.lastIndexOf('/') + 1)
  const parts = treeFiles(folder).flatMap(({ path, isProgram }) => {
    const bytes = readFileSync(join(folder, path))
    const gap = Buffer.alloc((recordBytes - (bytes.length % recordBytes)) % recordBytes)
    return [tarHeader(`${name}/${path}`, bytes.length, isProgram), bytes, gap]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * recordBytes)])
}
