// A machine in memory: an Outside whose disk forgets at a power cut what was not synced, whose n-th call can fail
// or be the last, and whose clock and randomness a seed decides. Databases are real SQLite; a commit is one call,
// durable or lost. The rooms run on it unchanged.
import { MossError } from '../../src/base/error.ts'
import { connectInMemory, databaseOn, type Database } from '../../src/host/database.ts'
import type { Command, CommandResult, Outside } from '../../src/host/outside.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { ioError } from '../../src/host/problem.ts'
import { FaultPlan, type Call, type CallCounts, type Faults } from './faults.ts'
import { makeInode, type Inode } from './inode.ts'
import { lookUp } from './lookup.ts'
import { copyTree, Pending } from './pending.ts'
import { seededRandom } from './random.ts'
import { SimulatedDisk, type Machine } from './simulated-disk.ts'

export interface SimulationOptions extends Faults {
  /** Default 0, root: may set owners. */
  readonly userId?: number
  readonly groupId?: number
  /** Folders that are filesystems of their own, such as /media/stick. They are made. */
  readonly mounts?: readonly string[]
  readonly freeBytes?: number
  readonly freeInodes?: number
  /** What programs do here; without it every program is unsupported. */
  readonly run?: (command: Command, outside: SimulatedOutside) => CommandResult
}

export interface SimulatedOutside extends Outside, AsyncDisposable {
  /** Sets faults anew and counts calls from here. */
  arm(faults: Faults): void
  /** Since the faults were set. */
  calls(): CallCounts
  /** The calls since the faults were set, in order, for messages. */
  trace(): readonly Call[]
  readonly hasCrashed: boolean
  /** The machine switched on again: what was synced, and of the rest what `seed` lets survive. This one stays as it is. */
  afterPowerCut(seed?: number): SimulatedOutside
  /** The program was killed and the machine ran on: nothing on the disk is lost. Shares this one's disk. */
  afterKill(): SimulatedOutside
  /** Another machine in the same state, with everything synced. */
  copy(seed?: number): SimulatedOutside
  /** Lets time pass. */
  advance(ms: number): void
  /** Pulls the medium mounted there: everything on it fails with ENODEV. */
  pull(mount: string): void
}

const birthMs = Date.UTC(2026, 0, 1)

export function simulatedOutside(seed = 1, options: SimulationOptions = {}): SimulatedOutside {
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtimeMs: birthMs, xattrs: {} }
  const root = makeInode({ number: 1, device: 1, kind: 'folder', attributes })
  const machine: Machine = { root, pending: new Pending(), locks: new Set(), nextInode: 2 }
  for (const [index, mount] of (options.mounts ?? []).entries()) addMount(machine, mount, index + 2)
  return start(machine, seed, options)
}

/** Everything on the way is made too, durable from the start. */
function addMount(machine: Machine, path: string, device: number): void {
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtimeMs: birthMs, xattrs: {} }
  let folder = machine.root
  const parts = path.split('/').filter((part) => part !== '')
  for (const [index, name] of parts.entries()) {
    const isLast = index === parts.length - 1
    const found = folder.now.entries.get(name)
    const inode =
      found ??
      makeInode({
        number: machine.nextInode++,
        device: isLast ? device : folder.device,
        kind: 'folder',
        attributes,
      })
    if (found === undefined) machine.pending.perform({ kind: 'enter', folder, name, inode })
    folder = inode
  }
  machine.pending.syncDevice(machine.root.device)
}

function start(machine: Machine, seed: number, options: SimulationOptions): SimulatedOutside {
  const random = seededRandom(seed)
  const faults = new FaultPlan()
  faults.arm(options)
  const userId = options.userId ?? 0
  const groupId = options.groupId ?? userId
  let clockMs = birthMs
  const nowMs = (): number => clockMs++
  const disk = new SimulatedDisk({
    machine,
    faults,
    random,
    userId,
    groupId,
    freeBytes: options.freeBytes ?? 2 ** 40,
    freeInodes: options.freeInodes ?? 2 ** 30,
    nowMs,
  })
  const lasting: SimulationOptions = withoutFaults(options)
  const restart = (root: Inode, nextSeed: number): SimulatedOutside => {
    const next = { root, pending: new Pending(), locks: new Set<Inode>(), nextInode: machine.nextInode }
    return start(next, nextSeed, lasting)
  }
  const self: SimulatedOutside = {
    disk,
    pool: inlinePool,
    nowMs,
    randomBytes: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
    openDatabase: (path, how) =>
      openSimulatedDatabase({ machine, faults, disk, isDurable: () => random.next() < 0.5 }, path, how),
    run: async (command) => {
      faults.changeOrThrow('run', command.program)
      return (
        options.run?.(command, self) ?? {
          exitCode: undefined,
          output: '',
          unsupported: 'no programs are simulated',
        }
      )
    },
    agentKeys: () => [],
    signWithAgent: () => ({ problem: 'no programs are simulated' }),
    readDescriptor: (descriptor) => {
      throw ioError('read', `descriptor ${descriptor}`, 'EBADF')
    },
    userId,
    groupId,
    machineName: 'simulated',
    machineArchitecture: 'amd64',
    programFolder: undefined,
    download: (address) =>
      Promise.reject(new MossError('NETWORK_FAILED', { address, problem: 'this machine has no network' })),
    pause: (milliseconds) => {
      self.advance(milliseconds)
      return Promise.resolve()
    },
    turn: () => Promise.resolve(),
    arm: (next) => faults.arm(next),
    calls: () => faults.counts(),
    trace: () => faults.trace(),
    get hasCrashed() {
      return faults.hasCrashed
    },
    afterPowerCut: (cutSeed = seed + 1) =>
      restart(machine.pending.afterPowerCut(machine.root, seededRandom(cutSeed)), cutSeed),
    afterKill: () => {
      machine.locks.clear()
      return start(machine, seed + 1, lasting)
    },
    copy: (copySeed = seed) => restart(copyTree(machine.root, 'now').rootCopy, copySeed),
    advance: (ms) => {
      clockMs += ms
    },
    pull: (mount) => {
      const { inode } = lookUp(machine.root, mount, 'pull')
      if (inode !== undefined) inode.isGone = true
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return self
}

function withoutFaults(options: SimulationOptions): SimulationOptions {
  const {
    crashAt: _crashAt,
    failAt: _failAt,
    isSyncForgotten: _forgotten,
    refuses: _refuses,
    ...lasting
  } = options
  return lasting
}

interface DatabaseParts {
  readonly machine: Machine
  readonly faults: FaultPlan
  readonly disk: SimulatedDisk
  /** Draws the fate of a commit during which the power fails. */
  readonly isDurable: () => boolean
}

function openSimulatedDatabase(parts: DatabaseParts, path: string, how: 'read' | 'write'): Database {
  const { machine, faults, disk } = parts
  const present = lookUp(machine.root, path, 'use the database').inode
  if (present === undefined && how === 'read') throw ioError('use the database', path, 'ENOENT')
  if (present === undefined) disk.open(path, 'create', 0o644)[Symbol.dispose]()
  else faults.look('openDatabase', path)
  const { inode, folder } = lookUp(machine.root, path, 'use the database')
  if (inode === undefined) throw new Error('a database that was made is there')
  const connection = (inode.database ??= connectInMemory())
  // Of whoever crashed while reading: the file's connection is one here.
  if (connection.isTransaction) connection.exec('ROLLBACK')
  return databaseOn(connection, path, {
    closes: false,
    around(commit) {
      if (how === 'read') throw ioError('write', path, 'EROFS')
      const isCrashing = faults.isCommitCrashing(path)
      if (!isCrashing || parts.isDurable()) {
        commit()
        // SQLite syncs the folder when it makes its journal there, at the first commit.
        if (inode.hasCommitted !== true) machine.pending.sync(folder)
        inode.hasCommitted = true
      }
      if (isCrashing) faults.crash(`commit ${path}`)
    },
  })
}
