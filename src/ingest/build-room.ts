// Where the steps of a recipe run: a root of their own in private namespaces, with the system's programs read-only, no
// network, and /build as the only place that stays. The script here is the machine's own shell's and prepares that
// root; the step is run below it once more in namespaces of its own, from where what was prepared cannot be changed
// back, and as nobody: an ordinary user has no more power than before, and root gives all of its up.
import { MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import type { Outside } from '../host/outside.ts'

export const stepNames = ['prepare', 'build', 'install', 'check'] as const
export type StepName = (typeof stepNames)[number]

/** Who a root's build is outside of its namespace. */
const nobody = 65534

/** The script's own exit code for what could not be prepared; a step that gives it is told as another. */
const notPossible = 90

const mostLines = 12
const longestLine = 300

/** `$1` is `root` or `user`, `$2` the step's commands. The current folder is the work folder. */
const script = `
umask 022
no() { echo "$*"; exit ${notPossible}; }
must() { "$@" 2>&1 || no "cannot run: $*"; }
must mkdir -p root
must mount -t tmpfs -o mode=0755,size=16m moss root
cd root || no "cannot enter the new root"
must mkdir usr etc dev dev/shm proc tmp run var old build
must mount --rbind /usr usr
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then must ln -s "$(readlink "/$name")" "$name"
  elif [ -d "/$name" ]; then must mkdir "$name"; must mount --rbind "/$name" "$name"; fi
done
for name in ld.so.cache ld.so.conf; do
  if [ -f "/etc/$name" ]; then : > "etc/$name"; must mount --bind "/etc/$name" "etc/$name"; fi
done
for name in alternatives ld.so.conf.d; do
  if [ -d "/etc/$name" ]; then must mkdir "etc/$name"; must mount --rbind "/etc/$name" "etc/$name"; fi
done
printf 'root:x:0:0:root:/build/home:/bin/sh\\nnobody:x:65534:65534:nobody:/:/bin/false\\n' > etc/passwd
printf 'root:x:0:\\nnogroup:x:65534:\\n' > etc/group
for name in null zero full random urandom; do
  : > "dev/$name"
  must mount --bind "/dev/$name" "dev/$name"
done
must ln -s /proc/self/fd dev/fd
must ln -s /proc/self/fd/0 dev/stdin
must ln -s /proc/self/fd/1 dev/stdout
must ln -s /proc/self/fd/2 dev/stderr
must ln -s /tmp var/tmp
must mount -t tmpfs -o mode=1777 moss tmp
must mount -t tmpfs -o mode=1777 moss dev/shm
must mount -t proc moss proc
must mount --bind ../build build
must hostname moss
must pivot_root . old
cd / || no "cannot enter the new root"
must umount -l old
must rmdir old
# The machine's own can be read alone, what is mounted inside of it too, each with the options that it had.
while read -r _ _ _ _ at options _; do
  at=$(printf %b "$at")
  case $at in
    /build | /dev/* | /proc | /tmp) ;;
    *) must mount -o "remount,bind,$options,ro" "$at" ;;
  esac
done < /proc/self/mountinfo
# In a namespace that has no ${nobody}, root is an ordinary user outside.
who=user
if [ "$1" = root ]; then
  while read -r from _ count; do
    [ ${nobody} -lt "$from" ] || [ ${nobody} -ge "$((from + count))" ] || who=root
  done < /proc/self/uid_map
fi
if [ "$who" = root ]; then
  must chown -R -h ${nobody}:${nobody} build
  set -- "$2" setpriv --reuid ${nobody} --regid ${nobody} --clear-groups --no-new-privs unshare --user --map-root-user --mount
else
  set -- "$2" setpriv --no-new-privs unshare --user --map-root-user --mount
fi
step=$1
shift
must "$@" true
cd build/src || no "cannot enter the sources"
"$@" sh -e -c "$step" 2>&1
code=$?
[ "$code" -ne ${notPossible} ] || code=91
exit "$code"
`

export interface StepRun {
  /** The package's, in errors and in the environment. */
  readonly name: string
  readonly version: string
  readonly step: StepName
  readonly commands: string
  /** Has `build/src`, `build/install` and `build/home`, and the log grows here. */
  readonly folder: string
  /** Seconds since 1970. */
  readonly date: number
  readonly seconds: number
}

/** Throws BUILD_NOT_PRIVATE, BUILD_STEP_FAILED. */
export async function runStep(outside: Outside, run: StepRun): Promise<void> {
  const log = `${run.folder}/log-${run.step}`
  const { exitCode, output, unsupported } = await outside.run({
    program: '/bin/sh',
    arguments: ['-c', script, 'sh', outside.userId === 0 ? 'root' : 'user', run.commands],
    folder: run.folder,
    isolated: true,
    mapsUser: true,
    environment: environmentOf(run),
    log: { path: log, limitBytes: limits.buildLogBytes },
    timeoutMs: run.seconds * 1000,
  })
  const problem = unsupported ?? (exitCode === notPossible ? lastLines(output, 2).join('; ') : undefined)
  if (problem !== undefined) throw new MossError('BUILD_NOT_PRIVATE', { recipe: run.name, problem })
  if (exitCode === 0) return
  throw new MossError('BUILD_STEP_FAILED', {
    recipe: run.name,
    step: run.step,
    how: exitCode === undefined ? `it was stopped: it may take ${run.seconds} s` : `exit code ${exitCode}`,
    log,
    lines: lastLines(output, mostLines),
  })
}

const environmentOf = (run: StepRun): Readonly<Record<string, string>> => ({
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  HOME: '/build/home',
  SOURCE_DATE_EPOCH: `${run.date}`,
  DESTDIR: '/build/install',
  NAME: run.name,
  VERSION: run.version,
})

const lastLines = (output: string, count: number): readonly string[] =>
  output
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine).toWellFormed()}…` : line))
