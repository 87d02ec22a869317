// The loop over media as people have them: the whole of it by sync, with what other systems leave there, volumes, parity, and
// the same medium mounted read-only. Where a machine cannot mount one, it says why.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { noise } from '../support/containers.ts'
import { type FilesystemName, type MountedFilesystem, mountFilesystem } from '../support/filesystems.ts'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

const media: readonly FilesystemName[] = ['ext4', 'vfat', 'exfat', 'ntfs']

const atStation = ['--home', 'station'] as const
const atHost = ['--root', 'pump'] as const

function prepare(moss: Program): void {
  mkdirSync(join(moss.folder, 'tool/usr/share'), { recursive: true })
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  moss.json('init', '--root', 'pump', '--trust', 'station/root.moss-root', '--name', 'pump')
  moss.json('subscribe', 'tool', ...atHost)
}

function offer(moss: Program, version: number): void {
  writeFileSync(join(moss.folder, 'tool/usr/share/tool'), noise(11_000_000, version))
  moss.json('add', 'stable', 'tool', '--name', 'tool', '--version', `${version}`, ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', '1767225600', ...atStation)
}

/** What Windows, macOS and desktops leave on every medium. */
function leaveDroppings(medium: string): void {
  mkdirSync(join(medium, 'System Volume Information'))
  writeFileSync(join(medium, 'System Volume Information/IndexerVolumeGuid'), 'guid')
  mkdirSync(join(medium, '.Trash-1000/files'), { recursive: true })
  mkdirSync(join(medium, 'moss/bundles'), { recursive: true })
  for (const name of ['moss/bundles/._stable-1-00000000.moss', 'moss/bundles/Thumbs.db', 'moss/.DS_Store'])
    writeFileSync(join(medium, name), noise(4096, 1))
}

function mounted(name: FilesystemName, skip: (why: string) => never): MountedFilesystem {
  const made = mountFilesystem(name)
  if (typeof made !== 'string') return made
  console.warn(`skipped: ${made}`)
  return skip(made)
}

const version = (moss: Program): string | undefined =>
  moss.json<{ packages: { version: string }[] }>('list', ...atHost).packages[0]?.version

interface StationSynced {
  readonly hosts: readonly { readonly fate: string }[]
  readonly bundles: readonly { readonly path: string }[]
}

describe.each(media)('%s', (name) => {
  test('carries the loop, volumes and parity, and is left alone when it is read-only', ({ skip }) => {
    using filesystem = mounted(name, skip)
    const { folder: medium } = filesystem
    const folder = scratchFolder()
    try {
      const moss = programIn(folder)
      prepare(moss)
      offer(moss, 1)
      leaveDroppings(medium)
      moss.json('sync', medium, ...atHost)
      expect(moss.json('fleet', 'enroll', medium, ...atStation)).toMatchObject({
        name: 'pump',
        isEnrolled: true,
      })
      expect(moss.code('fleet', 'enroll', medium, ...atStation)).toBe('NOT_FOUND')
      const first = moss.json<StationSynced>('sync', medium, '--parity', '10', ...atStation)
      expect(first).toMatchObject({ hosts: [{ fate: 'bundle' }], bundles: [{}] })
      moss.json('verify', first.bundles[0]?.path ?? '', ...atHost)
      moss.json('sync', medium, '--policy', 'apply', ...atHost)
      expect(version(moss)).toBe('1')
      expect(moss.json<StationSynced>('sync', medium, ...atStation).hosts).toMatchObject([
        { fate: 'nothing' },
      ])
      offer(moss, 2)
      moss.json('sync', medium, '--volume', '5M', ...atStation)
      const volumes = readdirSync(join(medium, 'moss/bundles')).filter((file) =>
        /^stable-2-.*\.moss$/.test(file),
      )
      expect(volumes.length).toBe(3)
      execFileSync('mount', ['-o', 'remount,bind,ro', medium])
      const there = execFileSync('find', [medium, '-type', 'f', '-size', '+0'], { encoding: 'utf8' })
      const synced = moss.run(['sync', medium, '--policy', 'apply', '-y', ...atHost])
      expect(synced.exit, synced.stderr).toBe(3)
      expect(synced.stdout).toContain('this host’s state was not left there')
      expect(version(moss)).toBe('2')
      expect(execFileSync('find', [medium, '-type', 'f', '-size', '+0'], { encoding: 'utf8' })).toBe(there)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
