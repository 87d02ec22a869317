// Makes a managed root: the links of a merged /usr, the folders and the two users that a system needs, `.moss`, and
// state 0 with an empty tree. The format file is written last, so a root is managed or it is not; an init that was interrupted is simply
// run again. Nothing that is already there is replaced: what is in the way is refused by name.
import { encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import type { Disk } from '../host/disk.ts'
import { moveTree, syncAll, writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import type { Counters } from '../trust/counters.ts'
import { openStore } from '../store/store.ts'
import { makeStateTables, writeRecordCopy } from './tables.ts'
import { finishFolders, writeOwnFile } from './build-tree.ts'
import { raiseCounters } from './counters-file.ts'
import { parentFolder, type Places, placesOf, recordPath, rootFormat } from './places.ts'
import { encodeRecord, type StateRecord } from './record.ts'
import { readRecord } from './parts.ts'
import { isInitialised } from './root-format.ts'
import { planTree } from './tree-plan.ts'
import { writeModel } from './deliver-state.ts'

export interface InitRequest {
  /** Seconds since 1970: the date of state 0. */
  readonly created: number
  /** Written to etc/moss/model.toml unless the machine has one. */
  readonly model: string
  readonly counters: Counters
  /** What goes into `.moss/keys`: trusted roots, the host's key. */
  readonly keys: readonly { readonly name: string; readonly bytes: Uint8Array; readonly mode: number }[]
}

/** Names at the top of a root that are links into a merged /usr. */
const links = ['bin', 'sbin', 'lib', 'lib64']

const folders: Readonly<Record<string, number>> = {
  dev: 0o755,
  etc: 0o755,
  home: 0o755,
  mnt: 0o755,
  opt: 0o755,
  proc: 0o555,
  root: 0o700,
  run: 0o755,
  srv: 0o755,
  sys: 0o555,
  tmp: 0o1777,
  var: 0o755,
}

const cacheLink = '../usr/lib/ld.so.cache'

/** The two users that every system has, as sysusers(8) takes them for granted. Programs refuse to run without. */
const accounts: Readonly<Record<string, string>> = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\nnogroup:x:65534:\n',
}

/** Durable when it returns. Throws ALREADY_EXISTS, HOST_UNSUPPORTED. */
export function initRoot(outside: Outside, root: string, request: InitRequest): StateRecord {
  const { disk } = outside
  const places = placesOf(root)
  if (isInitialised(disk, root)) throw new MossError('ALREADY_EXISTS', { what: places.own })
  checkFresh(disk, places)
  checkFilesystem(disk, places)
  const isNewRoot = ensureFolder(disk, places.root, 0o755)
  const isNewOwn = ensureFolder(disk, places.own, 0o700)
  takeOwn(outside, places)
  const lack = missingFeature(disk, places)
  if (lack !== undefined) {
    if (isNewOwn) disk.removeFolder(places.own)
    if (isNewRoot) disk.removeFolder(places.root)
    throw new MossError('HOST_UNSUPPORTED', { path: places.root, problem: lack })
  }
  using _lock = disk.lock(places.lock)
  if (isInitialised(disk, root)) throw new MossError('ALREADY_EXISTS', { what: places.own })
  for (const name of ['assets', 'states', 'staging', 'incoming', 'keys'])
    ensureFolder(disk, `${places.own}/${name}`, 0o700)
  makeTop(outside, places)
  for (const { name, bytes, mode } of request.keys)
    writeDurably(disk, `${places.keys}/${name}`, bytes, { mode, replace: true })
  raiseCounters(disk, places, request.counters)
  if (disk.lstat(places.model) === undefined) writeModel({ outside, places }, request.model)
  const record = placeStateZero(outside, places, request)
  makeTables(outside, places, record)
  syncAll(disk, places.root)
  writeDurably(disk, places.format, encodeUtf8(rootFormat), { mode: 0o644, replace: true })
  return record
}

/** So that a session that only reads finds them. */
function makeTables(outside: Outside, places: Places, record: StateRecord): void {
  const { disk, userId } = outside
  using database = outside.openDatabase(places.database, 'write')
  openStore({ disk, database, folder: places.own, userId })
  makeStateTables(database)
  database.transaction((transaction) => writeRecordCopy(transaction, record.number, encodeRecord(record)))
}

/** Refuses what moss would have to overwrite. */
function checkFresh(disk: Disk, { root, usr }: Places): void {
  const refuse = (path: string, problem: string): never => {
    throw new MossError('HOST_UNSUPPORTED', { path, problem })
  }
  const top = disk.lstat(root)
  if (top === undefined) {
    if (disk.lstat(parentFolder(root))?.kind !== 'folder') refuse(root, 'the folder above it does not exist')
    return
  }
  if (top.kind !== 'folder') refuse(root, `it is a ${top.kind}, not a folder`)
  const base = root === '/' ? '' : root
  for (const name of links) {
    const stat = disk.lstat(`${base}/${name}`)
    const isLink =
      stat?.kind === 'symlink' && [`usr/${name}`, `/usr/${name}`].includes(disk.readLink(`${base}/${name}`))
    if (stat !== undefined && !isLink) refuse(`${base}/${name}`, 'it is not a link into a merged /usr')
  }
  const stat = disk.lstat(usr)
  if (stat === undefined) return
  if (stat.kind !== 'folder') refuse(usr, `it is a ${stat.kind}, not a folder`)
  if (stat.device !== top.device) refuse(usr, 'it is a mount point, so a new tree cannot take its place')
  const isOurs = disk.lstat(`${usr}/${recordPath}`)?.kind === 'file'
  if (isOurs ? readRecord(disk, usr).number !== 0 : disk.list(usr).length > 0)
    refuse(usr, 'it already has files that moss did not put there')
}

/** An init that was cut short left it, or somebody who would read the host's key: so it is ours alone from here on. */
function takeOwn({ disk, userId }: Outside, { root, own }: Places): void {
  const stat = disk.lstat(own)
  if (stat?.uid !== userId)
    throw new MossError('HOST_UNSUPPORTED', { path: own, problem: 'it belongs to another user' })
  if (stat.device !== disk.lstat(root)?.device)
    throw new MossError('HOST_UNSUPPORTED', {
      path: own,
      problem: 'it is a mount point, so no tree in it can take the place of usr',
    })
  disk.setMode(own, 0o700)
}

/** By its name, before anything is made. */
function checkFilesystem(disk: Disk, { root }: Places): void {
  const problem = disk.unfitness(disk.lstat(root) === undefined ? parentFolder(root) : root)
  if (problem !== undefined) throw new MossError('HOST_UNSUPPORTED', { path: root, problem })
}

function missingFeature(disk: Disk, { own }: Places): string | undefined {
  const { exchange, attributes } = disk.features(own)
  if (!exchange) return 'this filesystem cannot exchange two folders in one step'
  return attributes
    ? undefined
    : 'this filesystem does not keep modes, symlinks or names that differ in case alone'
}

/** Folders and links of the root itself. Those that exist stay as they are. */
function makeTop(outside: Outside, { root }: Places): void {
  const { disk } = outside
  const base = root === '/' ? '' : root
  for (const [name, mode] of Object.entries(folders)) {
    const isReadOnlyForUs = outside.userId !== 0 && (mode & 0o200) === 0
    ensureFolder(disk, `${base}/${name}`, isReadOnlyForUs ? mode | 0o200 : mode)
  }
  for (const name of links)
    if (disk.lstat(`${base}/${name}`) === undefined) disk.makeSymlink(`usr/${name}`, `${base}/${name}`)
  const cache = `${base}/etc/ld.so.cache`
  if (disk.lstat(cache) === undefined) disk.makeSymlink(cacheLink, cache)
  for (const [name, text] of Object.entries(accounts))
    if (disk.lstat(`${base}/etc/${name}`) === undefined)
      writeDurably(disk, `${base}/etc/${name}`, encodeUtf8(text), { mode: 0o644 })
}

/** The mode is set apart: the process's mask has no say in it. True if it was not there. */
function ensureFolder(disk: Disk, path: string, mode: number): boolean {
  const stat = disk.lstat(path)
  if (stat !== undefined && stat.kind !== 'folder')
    throw new MossError('HOST_UNSUPPORTED', { path, problem: `it is a ${stat.kind}, not a folder` })
  if (stat !== undefined) return false
  disk.makeFolder(path, mode)
  disk.setMode(path, mode)
  return true
}

function placeStateZero(outside: Outside, places: Places, { created, model }: InitRequest): StateRecord {
  const { disk } = outside
  const folder = `${places.staging}/init`
  disk.removeTree(folder)
  if (disk.lstat(`${places.usr}/${recordPath}`) !== undefined) return readRecord(disk, places.usr)
  const record: StateRecord = {
    number: 0 as StateNumber,
    created,
    model,
    packages: [],
    triggers: [],
    made: [],
  }
  const plan = planTree([])
  disk.makeFolder(folder, 0o700)
  for (const { path } of plan.folders) disk.makeFolder(`${folder}/${path}`, 0o700)
  writeOwnFile(disk, `${folder}/usr/${recordPath}`, encodeRecord(record))
  finishFolders({ outside, folder }, plan, created)
  syncAll(disk, folder)
  if (disk.lstat(places.usr) !== undefined) disk.removeFolder(places.usr)
  moveTree(disk, `${folder}/usr`, places.usr)
  disk.removeTree(folder)
  return record
}
