// A small root as Debian or Alpine leave it, invented: what their package managers write about it, and in usr one of everything
// that a tree can hold: setuid, hard links, links, extended attributes, owners, dates, an empty folder, names that are no ASCII.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const isRoot = process.getuid?.() === 0

export function write(root: string, path: string, text: string, mode = 0o644): void {
  const at = join(root, path)
  mkdirSync(dirname(at), { recursive: true })
  writeFileSync(at, text)
  chmodSync(at, mode)
}

function writeUsr(root: string): void {
  write(root, 'usr/bin/sh', '#!old shell\n', 0o755)
  write(root, 'usr/bin/su', 'old su\n', 0o755)
  write(root, 'usr/bin/perl', 'old perl\n', 0o755)
  linkSync(join(root, 'usr/bin/perl'), join(root, 'usr/bin/perl5.36.0'))
  symlinkSync('sh', join(root, 'usr/bin/rsh'))
  write(root, 'usr/bin/tide', 'a tide of old\n', 0o755)
  write(root, 'usr/lib/libold.so.1', 'library\n'.repeat(5000))
  write(root, 'usr/share/doc/größe/README', 'old\n')
  write(root, 'usr/share/factory/etc/nsswitch.conf', 'never delivered by moss\n')
  write(root, 'usr/lib/sysusers.d/old.conf', 'u olddaemon - "old"\n')
  mkdirSync(join(root, 'usr/games'))
  mkdirSync(join(root, 'usr/sbin'))
  mkdirSync(join(root, 'usr/lib64'))
  chmodSync(join(root, 'usr/bin/su'), 0o4755)
  chmodSync(join(root, 'usr/games'), 0o2755)
  if (isRoot) chownSync(join(root, 'usr/games'), 0, 60)
  // A kernel may have neither for this filesystem: then there is one thing less to keep.
  spawnSync('/usr/bin/python3', [
    '-c',
    `
import os, struct, sys
for name, value in (('user.note', b'kept'), ('security.capability', struct.pack('<IIIII', 0x02000001, 0x2000, 0, 0, 0))):
    try: os.setxattr(sys.argv[1], name, value)
    except OSError as error: print('skipped:', name, error)
`,
    join(root, 'usr/bin/tide'),
  ])
  for (const path of ['usr/bin/sh', 'usr/lib', 'usr/bin', 'usr'])
    utimesSync(join(root, path), 1_600_000_000.25, 1_600_000_000.25)
  lutimesSync(join(root, 'usr/bin/rsh'), 1_500_000_000, 1_500_000_000)
}

export function debianLike(root: string): string {
  mkdirSync(root, { recursive: true })
  write(
    root,
    'usr/lib/os-release',
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\n',
  )
  writeUsr(root)
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
  write(root, 'etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nmine:x:1000:1000::/home/mine:/bin/sh\n')
  write(root, 'etc/harbour.conf', '# changed by the operator\nport = south\n')
  write(root, 'etc/ld.so.cache', 'cache of old\n')
  symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'))
  const packages = [
    ['bash', 'install ok installed'],
    ['libold1', 'install ok installed'],
    ['gone', 'deinstall ok config-files'],
    ['tide', 'hold ok installed'],
  ]
  write(
    root,
    'var/lib/dpkg/status',
    packages
      .map(
        ([name, status]) =>
          `Package: ${name}\nStatus: ${status}\nArchitecture: amd64\nVersion: 1.0-1\nDescription: one\n Status: not this\n`,
      )
      .join('\n'),
  )
  write(root, 'var/lib/apt/extended_states', 'Package: libold1\nArchitecture: amd64\nAuto-Installed: 1\n')
  return root
}

/** Not merged: bin, sbin and lib are folders. */
export function alpineLike(root: string): string {
  mkdirSync(root, { recursive: true })
  writeUsr(root)
  write(root, 'etc/os-release', "NAME='Alpine Linux'\nPRETTY_NAME='Alpine Linux v3.20'\n")
  write(root, 'bin/busybox', 'busybox\n', 0o755)
  write(root, 'sbin/init', 'init\n', 0o755)
  write(root, 'lib/ld-musl-x86_64.so.1', 'musl\n', 0o755)
  write(root, 'lib/apk/db/installed', 'C:Q1\nP:busybox\nV:1.36.1-r29\n\nC:Q1\nP:musl\nV:1.2.5-r0\n\n')
  write(root, 'etc/apk/world', 'busybox>1\nalpine-base\n')
  return root
}
