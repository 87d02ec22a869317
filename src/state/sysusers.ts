// Makes the users and groups that the current state and the machine ask for in sysusers.d, in the root's own etc/passwd,
// etc/group and their shadows. Each file is whole at every instant; shadows come first, so that an account that is there has
// everything. Done again, it adds what is lacking and touches nothing else.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import type { Outside } from '../host/outside.ts'
import { createPart, placePart } from '../host/durable.ts'
import { accountsIn } from './account-book.ts'
import { type AccountFile, type AccountFiles, planAccounts } from './accounts.ts'
import { readDropIns } from './drop-ins.ts'
import { inRoot, isReachable, type Reach } from './reach.ts'
import { parseSysusersLine } from './sysusers-lines.ts'

const mostBytes = 16 * 1024 * 1024

/** In the order of writing. */
const newMode: Readonly<Record<AccountFile, number>> = {
  gshadow: 0o600,
  group: 0o644,
  shadow: 0o600,
  passwd: 0o644,
}
const accountFiles = Object.keys(newMode) as readonly AccountFile[]

const unreadable =
  'no users are made: etc/passwd, etc/group or a shadow of them is no text file that only root can change'

interface AccountWork {
  /** Whole files, in the order of writing. */
  readonly writes: readonly { readonly name: AccountFile; readonly text: string }[]
  /** What is left out, a sentence each. */
  readonly problems: readonly string[]
}

/** Durable when it returns. Gives what was left out. Throws STATE_LOCKED while useradd(8) or the like runs. */
export function makeAccounts(reach: Reach): readonly string[] {
  const asked = planAccountFiles(reach)
  if (asked.writes.length === 0) return asked.problems
  using _ = reach.outside.disk.lock(inRoot(reach, 'etc/.pwd.lock'))
  // Read again: only now nobody else writes.
  const { writes, problems } = planAccountFiles(reach)
  for (const { name, text } of writes)
    writeAccounts(reach.outside, { path: inRoot(reach, `etc/${name}`), name, text })
  return problems
}

export function planAccountFiles(reach: Reach): AccountWork {
  const { lines, problems } = readDropIns(reach, 'sysusers.d')
  const parsed = lines.map(parseSysusersLine)
  const said = [...problems, ...parsed.filter((line) => line.kind === 'problem').map(({ text }) => text)]
  const wanted = parsed.filter((line) => line.kind !== 'problem')
  if (wanted.length === 0) return { writes: [], problems: said }
  const files = readAccounts(reach)
  if (files === undefined) return { writes: [], problems: [...said, unreadable] }
  const plan = planAccounts({
    files,
    lines: wanted,
    today: Math.floor(reach.outside.nowMs() / 86_400_000),
    ownerOf: (path) => reach.outside.disk.lstat(inRoot(reach, path.slice(1))),
  })
  const changed = accountFiles.filter((name) => plan.files[name] !== files[name])
  return {
    writes: changed.map((name) => ({ name, text: plan.files[name] })),
    problems: [...said, ...plan.problems],
  }
}

/** Undefined where one of them is not what can be read and replaced safely. */
function readAccounts(reach: Reach): AccountFiles | undefined {
  const { disk } = reach.outside
  const texts: Partial<Record<AccountFile, string>> = {}
  for (const name of accountFiles) {
    const path = `etc/${name}`
    const stat = disk.lstat(inRoot(reach, path))
    if (!isReachable(reach, path)) return undefined
    if (stat !== undefined && (stat.kind !== 'file' || stat.sizeBytes > mostBytes)) return undefined
    const text = stat === undefined ? '' : decodeUtf8(disk.readFile(inRoot(reach, path), mostBytes))
    if (text === undefined) return undefined
    texts[name] = text
  }
  return texts as AccountFiles
}

/** Owner, mode and attributes stay as the machine has them. */
function writeAccounts(
  { disk, userId }: Outside,
  { path, name, text }: { readonly path: string; readonly name: AccountFile; readonly text: string },
): void {
  const stat = disk.lstat(path)
  using part = createPart(disk, path, 0o600)
  part.write(encodeUtf8(text), 0)
  if (stat !== undefined && userId === 0) {
    disk.setOwner(part.path, stat.uid, stat.gid)
    disk.setXattrs(part.path, disk.getXattrs(path))
  }
  disk.setMode(part.path, stat?.mode ?? newMode[name])
  placePart(disk, part, path, { replace: true })
}

/** Name → id of the root's users or groups, as far as they can be read. */
export const readIds = (reach: Reach, name: 'passwd' | 'group'): ReadonlyMap<string, number> =>
  new Map(
    accountsIn(readAccounts(reach)?.[name] ?? '')
      .toReversed()
      .map(({ name: one, id }) => [one, id]),
  )
