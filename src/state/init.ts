// Makes a managed root: the links of a merged /usr, the folders and the two users that a system needs, `.moss`, and
// state 0 with an empty tree. The format file is written last, so a root is managed or it is not; an init that was interrupted is simply
// run again. Nothing that is already there is replaced: what is in the way is refused by name. A tree that stands there can be
// taken over as state 0 instead: then nothing in it is written, moved or given another date.
import { encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import { type Disk, probePrefix } from '../host/disk.ts'
import { moveIntoPlace, moveTree, syncAll, writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import type { Counters } from '../trust/counters.ts'
import { openStore } from '../store/store.ts'
import type { Transaction } from '../host/database.ts'
import { checkAdoptable, topLinks } from './adoptable.ts'
import type { TreeList } from './adopted-list.ts'
import { cacheLink } from './library-cache.ts'
import { addHistory, makeStateTables, readHistory, writeMarks, writeRecordCopy } from './tables.ts'
import { finishFolders, writeOwnFile } from './build-tree.ts'
import { raiseCounters } from './counters-file.ts'
import { adoptedNumber } from './parts.ts'
import {
  adoptedList,
  adoptedRecord,
  parentFolder,
  type Places,
  placesOf,
  recordPath,
  rootFormat,
} from './places.ts'
import { decodeRecord, encodeRecord, type StateRecord } from './record.ts'
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
  /** State 0 is what stands at usr. */
  readonly adopt?: { readonly system: string; readonly list: TreeList }
}

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
  if (request.adopt !== undefined) checkAdoptable({ outside }, root)
  else {
    checkFresh(disk, places)
    checkFilesystem(disk, places)
  }
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
  for (const { name } of disk.list(places.own))
    // what was being tried out when an init was cut short
    if (name.startsWith(probePrefix)) disk.removeTree(`${places.own}/${name}`)
  if (isInitialised(disk, root)) throw new MossError('ALREADY_EXISTS', { what: places.own })
  for (const name of ['assets', 'states', 'staging', 'incoming', 'keys'])
    ensureFolder(disk, `${places.own}/${name}`, 0o700)
  makeTop(outside, places)
  for (const { name, bytes, mode } of request.keys)
    writeDurably(disk, `${places.keys}/${name}`, bytes, { mode, replace: true })
  raiseCounters(disk, places, request.counters)
  placeFolders(outside, places, { 'etc/moss': 0o755 })
  if (disk.lstat(places.model) === undefined) writeModel({ outside, places }, request.model)
  const record =
    request.adopt === undefined
      ? placeStateZero(outside, places, request)
      : adoptStateZero(outside, places, { ...request, adopt: request.adopt })
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
  database.transaction((transaction) => {
    writeRecordCopy(transaction, record.number, encodeRecord(record))
    if (record.adopted !== undefined) markAdopted(transaction, outside.nowMs())
  })
}

/** It runs, and only a person may let it go: so it is confirmed, which makes it what going back leads to, and pinned. */
function markAdopted(transaction: Transaction, atMs: number): void {
  writeMarks(transaction, adoptedNumber, { isPinned: true, isConfirmed: true })
  if (readHistory(transaction).length > 0) return
  addHistory(transaction, { atMs, kind: 'init', from: adoptedNumber, to: adoptedNumber })
}

/** Refuses what moss would have to overwrite. */
function checkFresh(disk: Disk, places: Places): void {
  const { root, usr } = places
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
  for (const name of topLinks) {
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
  if (isOurs && readOwn(disk, usr).number !== 0) refuse(usr, 'it is the tree of another managed root')
  if (!isOurs && disk.list(usr).length > 0)
    throw new MossError('HOST_UNSUPPORTED', {
      path: usr,
      problem: 'it already has files that moss did not put there',
      remedy: leadToAdopt(places),
    })
}

const leadToAdopt = ({ root }: Places): string =>
  `moss init --adopt --dry-run${root === '/' ? '' : ` --root ${root}`} says what it would keep of it as state 0; or choose an empty folder with --root`

const readOwn = (disk: Disk, usr: string): StateRecord =>
  decodeRecord(disk.readFile(`${usr}/${recordPath}`, 64 * 1024 * 1024), `${usr}/${recordPath}`)

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

/** What init makes outside of `.moss` and usr, by its path in the root. */
export function missingAtTop(disk: Disk, { root }: Places): readonly string[] {
  const etc = ['ld.so.cache', ...Object.keys(accounts), 'moss/model.toml'].map((name) => `etc/${name}`)
  return [...topLinks, ...Object.keys(folders), ...etc]
    .map((path) => `/${path}`)
    .filter((path) => disk.lstat(`${root === '/' ? '' : root}${path}`) === undefined)
}

/** Folders and links of the root itself. Those that exist stay as they are. */
function makeTop(outside: Outside, places: Places): void {
  const { disk } = outside
  const { root } = places
  const base = root === '/' ? '' : root
  placeFolders(outside, places, folders)
  for (const name of topLinks)
    if (disk.lstat(`${base}/${name}`) === undefined) disk.makeSymlink(`usr/${name}`, `${base}/${name}`)
  const cache = `${base}/etc/ld.so.cache`
  if (disk.lstat(cache) === undefined) disk.makeSymlink(cacheLink, cache)
  for (const [name, text] of Object.entries(accounts))
    if (disk.lstat(`${base}/etc/${name}`) === undefined)
      writeDurably(disk, `${base}/etc/${name}`, encodeUtf8(text), { mode: 0o644 })
}

/** Each comes to its place with its mode: one that is there is somebody's, and would not be looked at again. */
function placeFolders(
  { disk, userId }: Outside,
  { root, staging }: Places,
  wanted: Readonly<Record<string, number>>,
): void {
  const base = root === '/' ? '' : root
  const stage = `${staging}/top`
  disk.removeTree(stage)
  const lacking = Object.entries(wanted).filter(([path]) => !isFolderThere(disk, `${base}/${path}`))
  if (lacking.length === 0) return
  disk.makeFolder(stage, 0o700)
  const moves = lacking.map(([path, mode], index) => {
    const isReadOnlyForUs = userId !== 0 && (mode & 0o200) === 0
    const from = `${stage}/${index}`
    ensureFolder(disk, from, isReadOnlyForUs ? mode | 0o200 : mode)
    return { from, to: `${base}/${path}` }
  })
  moveIntoPlace(disk, moves)
  disk.removeTree(stage)
}

/** Throws HOST_UNSUPPORTED where something else is there. */
function isFolderThere(disk: Disk, path: string): boolean {
  const stat = disk.lstat(path)
  if (stat !== undefined && stat.kind !== 'folder')
    throw new MossError('HOST_UNSUPPORTED', { path, problem: `it is a ${stat.kind}, not a folder` })
  return stat !== undefined
}

/** The mode is set apart: the process's mask has no say in it. True if it was not there. */
function ensureFolder(disk: Disk, path: string, mode: number): boolean {
  if (isFolderThere(disk, path)) return false
  disk.makeFolder(path, mode)
  disk.setMode(path, mode)
  return true
}

/** Beside the tree, never in it. The record comes last: with it the tree is state 0. */
function adoptStateZero(
  { disk }: Outside,
  places: Places,
  {
    created,
    model,
    adopt: { system, list },
  }: InitRequest & { readonly adopt: NonNullable<InitRequest['adopt']> },
): StateRecord {
  const record: StateRecord = {
    number: adoptedNumber,
    created,
    model,
    packages: [],
    triggers: [],
    made: [],
    adopted: { system, ...list.adopted },
  }
  disk.removeTree(places.adopted)
  disk.makeFolder(places.adopted, 0o700)
  writeDurably(disk, adoptedList(places), list.bytes, { mode: 0o600 })
  writeDurably(disk, adoptedRecord(places), encodeRecord(record), { mode: 0o644 })
  return record
}

function placeStateZero(outside: Outside, places: Places, { created, model }: InitRequest): StateRecord {
  const { disk } = outside
  const folder = `${places.staging}/init`
  disk.removeTree(folder)
  disk.removeTree(places.adopted) // of an adoption that was cut short
  if (disk.lstat(`${places.usr}/${recordPath}`) !== undefined) return readOwn(disk, places.usr)
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
