// The rooms under src/ and whom each may import, as data; and the scan that checks it. The table is the law:
// a room imports only what its row says, types too, and only the top-level files of another room.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'

const inner = [
  'base',
  'host',
  'manifest',
  'trust',
  'solve',
  'delta',
  'container',
  'store',
  'channel',
  'carry',
]
const below = [...inner, 'bundle', 'medium', 'fleet', 'ingest', 'state']

export const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  host: ['base'],
  manifest: ['base'],
  trust: ['base'],
  solve: ['base', 'manifest'],
  delta: ['base'],
  container: ['base', 'host', 'trust', 'delta'],
  store: ['base', 'host', 'delta'],
  channel: ['base', 'host', 'manifest', 'trust', 'container'],
  carry: ['base', 'manifest', 'delta', 'channel'],
  bundle: ['base', 'host', 'manifest', 'trust', 'delta', 'container', 'store', 'channel', 'carry'],
  medium: ['base', 'host'],
  fleet: ['base', 'host', 'manifest', 'trust', 'container'],
  ingest: ['base', 'host', 'manifest', 'container', 'store'],
  state: ['base', 'host', 'manifest', 'trust', 'store'],
  ops: below,
  cli: ['base', 'ops'],
  tui: ['base', 'ops'],
}

/** Modules and names that stand for the outside, and the rooms that may use them. */
const outsideModules = [
  'node:fs',
  'node:child_process',
  'node:os',
  'node:net',
  'node:sqlite',
  'node:ffi',
  'node:worker_threads',
]
const pureRooms = ['base', 'manifest', 'trust', 'solve', 'delta', 'carry']
const pureModules = ['node:crypto', 'node:zlib']

const fixedPlaces: readonly {
  readonly pattern: RegExp
  readonly rooms: readonly string[]
  readonly what: string
}[] = [
  { pattern: /\bprocess\.env\b/, rooms: ['host'], what: 'process.env' },
  { pattern: /\bDate\.now\b|\bnew Date\(\)/, rooms: ['host'], what: 'the clock' },
  { pattern: /\bMath\.random\b/, rooms: ['host'], what: 'Math.random' },
  { pattern: /\bconsole\./, rooms: ['cli'], what: 'console' },
  { pattern: /\bprocess\.(stdout|stderr)\b/, rooms: ['cli'], what: 'a standard stream' },
  { pattern: /\bparseArgs\b/, rooms: ['cli'], what: 'parseArgs' },
  { pattern: /\.rename\(/, rooms: ['host'], what: 'rename' },
  { pattern: /\bexport \* from\b/, rooms: [], what: 'a barrel' },
]
const bannedNames = /util|helper|manager|common|misc/i

export interface SourceFile {
  /** Relative to src/, such as `trust/keys.ts`. */
  readonly path: string
  readonly text: string
}

export function readSources(src: string): readonly SourceFile[] {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(src, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Every `from '…'`, bare `import '…'` and `import('…')`. Our own scan: no compiler is asked. */
export function importsOf(text: string): readonly { readonly target: string; readonly isDynamic: boolean }[] {
  const found: { target: string; isDynamic: boolean }[] = []
  const code = text.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '')
  for (const match of code.matchAll(/(?:\bfrom|^import)\s+['"]([^'"]+)['"]/gm))
    found.push({ target: match[1] ?? '', isDynamic: false })
  for (const match of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g))
    found.push({ target: match[1] ?? '', isDynamic: true })
  return found
}

/** What breaks the law, a sentence each. */
export function checkRooms(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => checkFile(file))
}

function checkFile({ path, text }: SourceFile): readonly string[] {
  const findings: string[] = []
  const room = path.includes('/') ? (path.split('/')[0] ?? '') : ''
  const allowed = rooms[room]
  if (bannedNames.test(path)) findings.push(`${path}: a name that says nothing`)
  if (/(^|\/)index\.tsx?$/.test(path)) findings.push(`${path}: a barrel`)
  if (room === '') {
    if (!['main.ts', 'worker.ts'].includes(path))
      findings.push(`${path}: only main.ts and worker.ts stand outside the rooms`)
    return findings
  }
  if (allowed === undefined) return [...findings, `${path}: not a room`]
  for (const { target, isDynamic } of importsOf(text))
    findings.push(...checkImport({ path, room, allowed, target, isDynamic }))
  const code = text.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '')
  for (const place of fixedPlaces)
    if (place.pattern.test(code) && !place.rooms.includes(room)) findings.push(`${path}: uses ${place.what}`)
  return findings
}

function checkImport(found: {
  readonly path: string
  readonly room: string
  readonly allowed: readonly string[]
  readonly target: string
  readonly isDynamic: boolean
}): readonly string[] {
  const { path, room, allowed, target, isDynamic } = found
  if (target.startsWith('node:')) {
    const isOutside = outsideModules.some((name) => target === name || target.startsWith(`${name}/`))
    if (isOutside && room !== 'host') return [`${path}: imports ${target} outside host/`]
    if (pureRooms.includes(room) && !pureModules.includes(target))
      return [`${path}: a pure room imports ${target}`]
    return []
  }
  if (/^(ink|react)(\/|$)/.test(target))
    return room === 'tui' ? [] : [`${path}: imports ${target} outside tui/`]
  if (!target.startsWith('.')) return []
  if (!/\.tsx?$/.test(target)) return [`${path}: imports ${target} without .ts`]
  const place = normalize(join(dirname(path), target))
    .split(sep)
    .join('/')
  const parts = place.split('/')
  const other = parts[0] ?? ''
  if (other === room) return []
  if (parts.length !== 2) return [`${path}: reaches into ${place}`]
  if (room === 'cli' && other === 'tui') return isDynamic ? [] : [`${path}: imports ${place} statically`]
  return allowed.includes(other) ? [] : [`${path}: room ${room} may not import ${other}`]
}
