// Where triggers run: namespaces of their own, in which they see a whole root and reach nothing else. The scripts are the
// machine's own shell's; the trigger's command is handed to them as arguments and runs in the changed root.
import type { Command, CommandResult, Outside } from '../../host/outside.ts'
import { factoryPath } from '../places.ts'
import type { Trigger } from '../../manifest/trigger.ts'

export type TriggerEnd =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'failed'; readonly note: string; readonly output: string }
  /** It was never started: this machine cannot do it. */
  | { readonly kind: 'impossible'; readonly note: string }

/** The scripts' own exit code for what could not be prepared; a trigger that gives it is told as another. */
const notPossible = 90

/** What a trigger makes is held in memory until it is taken in. */
const madeInMemory = 'size=512m,nr_inodes=200k'

const start = `
umask 022
possible() { "$@" 2>&1 || { echo "cannot run: $*"; exit ${notPossible}; }; }
devices() {
  for name in null zero full random urandom; do
    : > "$1/$name" || { echo "cannot make $1/$name"; exit ${notPossible}; }
    possible mount --bind "/dev/$name" "$1/$name"
  done
}
end() {
  [ "$1" -ne ${notPossible} ] || { echo "exit code $1"; exit 91; }
  exit "$1"
}
`

/**
 * The command has a PID namespace of its own inside: when it ends, the kernel ends all that it left behind, so nothing
 * writes any more. Then what lies in the upper is looked through: a name of the lower that the merged folder lacks was removed.
 */
const overlay = `${start}
possible mkdir -p trigger made
possible mount -t tmpfs -o mode=0755,${madeInMemory} moss trigger
cd trigger || exit ${notPossible}
possible mkdir upper work root root/usr root/proc root/dev root/tmp root/run root/var root/root
possible mount -t overlay -o lowerdir=../usr,upperdir=upper,workdir=work,redirect_dir=off,metacopy=off moss root/usr
possible ln -s usr/bin usr/sbin usr/lib usr/lib64 root/
possible ln -s usr/${factoryPath}/etc root/etc
devices root/dev
possible chmod 1777 root/tmp
unshare --pid --fork --kill-child=KILL --mount-proc="$PWD/root/proc" sh -c 'chroot root "$@"; exit $?' sh "$@" 2>&1
code=$?
[ "$code" -eq 0 ] || end "$code"
find upper -type d -exec sh -c '
  for folder do
    below=usr\${folder#upper}
    for path in "../$below"/* "../$below"/.[!.]* "../$below"/..?*; do
      if [ ! -e "$path" ] && [ ! -L "$path" ]; then continue; fi
      left=root/\${path#../}
      if [ ! -e "$left" ] && [ ! -L "$left" ]; then echo "it removes \${path#../}"; exit 92; fi
    done
  done
' sh {} + || exit 92
cp -a upper/. ../made/ || exit 93
`

/** Another root than this machine's: it gets what programs expect of a running one, gone with the namespace. */
const otherRoot = `${start}
root=$1
shift
possible mount -t proc moss "$root/proc"
possible mount -t tmpfs -o mode=0755,size=16m moss "$root/dev"
devices "$root/dev"
possible mount -t tmpfs -o mode=0755,size=64m moss "$root/run"
chroot "$root" "$@" 2>&1 || end $?
`

export interface Asked {
  readonly trigger: Trigger
  /** Seconds since 1970: what tools may write as a date. */
  readonly created: number
}

/** In `folder/made` is what it made; its own root is assembled from `folder/usr`. */
export const runOverTree = (outside: Outside, folder: string, asked: Asked): Promise<TriggerEnd> =>
  run(outside, asked, {
    program: '/bin/sh',
    arguments: ['-c', overlay, 'sh', ...asked.trigger.command],
    folder,
    isolated: true,
  })

/** On the root itself: in this very system where the root is `/`. */
export function runOnRoot(outside: Outside, root: string, asked: Asked): Promise<TriggerEnd> {
  const [program = '', ...rest] = asked.trigger.command
  if (root === '/') return run(outside, asked, { program, arguments: rest })
  return run(outside, asked, {
    program: '/bin/sh',
    arguments: ['-c', otherRoot, 'sh', root, program, ...rest],
    isolated: true,
  })
}

async function run(outside: Outside, { trigger, created }: Asked, command: Command): Promise<TriggerEnd> {
  if (outside.userId !== 0) return { kind: 'impossible', note: 'it needs root' }
  const result = await outside.run({
    ...command,
    environment: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C',
      TZ: 'UTC',
      SOURCE_DATE_EPOCH: String(created),
      // Tools that are written in it would leave what they compiled of themselves in the tree.
      PYTHONDONTWRITEBYTECODE: '1',
    },
    timeoutMs: trigger.seconds * 1000,
  })
  return endOf(result, { trigger, isScript: command.isolated === true })
}

function endOf(
  { exitCode, output, unsupported }: CommandResult,
  { trigger, isScript }: { readonly trigger: Trigger; readonly isScript: boolean },
): TriggerEnd {
  if (unsupported !== undefined) return { kind: 'impossible', note: unsupported }
  if (exitCode === 0) return { kind: 'done', output }
  if (isScript && exitCode === notPossible) return { kind: 'impossible', note: lastLine(output) }
  const said = lastLine(output)
  const how =
    exitCode === undefined
      ? `it was stopped: it may take ${trigger.seconds} s`
      : said === ''
        ? `exit code ${exitCode}`
        : said
  return { kind: 'failed', note: how, output }
}

function lastLine(output: string): string {
  const text = output.trimEnd()
  return text.slice(text.lastIndexOf('\n') + 1).slice(0, 1000)
}
