// Small filesystems of every kind for tests, each in an image of its own or in memory, mounted in a scratch folder. Where a
// machine cannot make or mount one, it says why.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface MountedFilesystem extends Disposable {
  readonly folder: string
}

type Make = (at: { readonly folder: string; readonly image: string }) => readonly (readonly string[])[]

const loop =
  (megabytes: number, make: readonly string[], options = 'loop'): Make =>
  ({ folder, image }) => [
    ['truncate', '-s', `${megabytes}M`, image],
    [...make, image],
    ['mount', '-o', options, image, folder],
  ]

/** A program that takes block devices alone; the device goes with the mount. */
const onDevice =
  'device=$(losetup -f --show "$1") && "$0" "$device" "$2"; r=$?; losetup -d "$device"; exit $r'

const makers = {
  ext4: loop(96, ['mkfs.ext4', '-q']),
  xfs: loop(320, ['mkfs.xfs', '-q']),
  btrfs: loop(160, ['mkfs.btrfs', '-q']),
  vfat: loop(32, ['mkfs.vfat']),
  /** In programs of their own, where the kernel has them not: the same bytes on the stick. */
  exfat: ({ folder, image }) => [
    ['truncate', '-s', '96M', image],
    ['mkfs.exfat', image],
    ['sh', '-c', onDevice, 'mount.exfat-fuse', image, folder],
  ],
  ntfs: ({ folder, image }) => [
    ['truncate', '-s', '96M', image],
    ['mkfs.ntfs', '-q', '-F', image],
    ['ntfs-3g', image, folder],
  ],
  tmpfs: ({ folder }) => [['mount', '-t', 'tmpfs', '-o', 'size=96m', 'moss', folder]],
  overlay: ({ folder, image }) => [
    ['mkdir', `${image}.layers`],
    ['mount', '-t', 'tmpfs', '-o', 'size=96m', 'moss', `${image}.layers`],
    ['mkdir', `${image}.layers/lower`, `${image}.layers/upper`, `${image}.layers/work`],
    // What an image of a container may have already.
    ['mkdir', '-p', `${image}.layers/lower/root/usr`, `${image}.layers/lower/root/etc`],
    [
      'mount',
      '-t',
      'overlay',
      '-o',
      `lowerdir=${image}.layers/lower,upperdir=${image}.layers/upper,workdir=${image}.layers/work`,
      'moss',
      folder,
    ],
  ],
} satisfies Readonly<Record<string, Make>>

export type FilesystemName = keyof typeof makers

/** Or why there is none here. */
export function mountFilesystem(name: FilesystemName): MountedFilesystem | string {
  if (process.getuid?.() !== 0) return 'mounting needs root'
  const base = mkdtempSync(join(tmpdir(), 'moss-fs-'))
  const at = { folder: join(base, 'mnt'), image: join(base, 'image') }
  mkdirSync(at.folder)
  const dispose = (): void => {
    for (const folder of [at.folder, `${at.image}.layers`]) spawnSync('umount', [folder])
    rmSync(base, { recursive: true, force: true })
  }
  for (const [program = '', ...words] of makers[name](at)) {
    const done = spawnSync(program, words, { encoding: 'utf8' })
    if (done.status === 0) continue
    dispose()
    const why = done.error === undefined ? done.stderr.trim() : done.error.message
    return `${program} cannot be run here: ${why}`
  }
  return { folder: at.folder, [Symbol.dispose]: dispose }
}

/** Bytes and inodes in use, as the kernel counts them when everything is written. */
export function usage(folder: string): { readonly usedBytes: number; readonly usedInodes: number } {
  execFileSync('sync', ['-f', folder])
  const [blocks, free, size, files, freeFiles] = execFileSync(
    'stat',
    ['-f', '-c', '%b %f %S %c %d', folder],
    {
      encoding: 'utf8',
    },
  )
    .trim()
    .split(' ')
    .map(Number) as [number, number, number, number, number]
  return { usedBytes: (blocks - free) * size, usedInodes: files - freeFiles }
}
