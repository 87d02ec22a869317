// What every Disk promises, run against the real one and the simulated one: so that what holds on the one may be
// relied on with the other.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Disk } from '../../../src/host/disk.ts'
import { lookedEntries } from '../../../src/host/folder-look.ts'
import { problemOf } from '../../../src/host/problem.ts'

export interface DiskUnderTest extends Disposable {
  readonly disk: Disk
  /** An empty folder to work in. */
  readonly folder: string
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

const problemWith = (call: () => unknown): string | undefined => problemOf(thrownBy(call))

export function diskConformance(name: string, make: () => DiskUnderTest): void {
  describe(`every disk: ${name}`, () => {
    let under: DiskUnderTest
    let disk: Disk
    let at: (path: string) => string

    const put = (path: string, text: string, mode = 0o644): void => {
      using file = disk.open(at(path), 'create', mode)
      file.write(bytes(text), 0)
    }
    const get = (path: string): string => new TextDecoder().decode(disk.readFile(at(path), 1000))
    const names = (path = ''): readonly string[] => disk.list(at(path)).map((entry) => entry.name)

    beforeEach(() => {
      under = make()
      disk = under.disk
      at = (path) => (path === '' ? under.folder : `${under.folder}/${path}`)
    })
    afterEach(() => under[Symbol.dispose]())

    test('a file reads back what was written, at any offset', () => {
      using file = disk.open(at('a'), 'create')
      file.write(bytes('hello'), 0)
      file.write(bytes('X'), 7)
      file.write(bytes('ELL'), 1)
      const into = new Uint8Array(100)
      expect(file.read(into, 0)).toBe(8)
      expect(into.subarray(0, 8)).toEqual(bytes('hELLo\0\0X'))
      expect(file.read(into.subarray(0, 2), 7)).toBe(1)
      expect(file.read(into, 8)).toBe(0)
      expect(file.read(into, 10_000)).toBe(0)
      file.truncate(2)
      file.sync()
      expect(file.stat().sizeBytes).toBe(2)
      file.truncate(4)
      expect(get('a')).toBe('hE\0\0')
    })

    test('create is exclusive, and its mode is exact', () => {
      put('a', 'one', 0o666)
      expect(disk.lstat(at('a'))?.mode).toBe(0o666)
      expect(problemWith(() => disk.open(at('a'), 'create'))).toBe('EEXIST')
      disk.makeSymlink('nowhere', at('dangling'))
      expect(problemWith(() => disk.open(at('dangling'), 'create'))).toBe('EEXIST')
      disk.open(at('b'), 'create')[Symbol.dispose]()
      expect(disk.lstat(at('b'))?.mode).toBe(0o600)
      disk.makeFolder(at('folder'), 0o1777)
      expect(disk.lstat(at('folder'))?.mode).toBe(0o1777)
      expect(problemWith(() => disk.makeFolder(at('folder')))).toBe('EEXIST')
    })

    test('only regular files open, never through a symlink in the last component', () => {
      put('a', 'one')
      disk.makeSymlink('a', at('link'))
      disk.makeFolder(at('folder'))
      expect(problemWith(() => disk.open(at('link'), 'read'))).toBe('ELOOP')
      expect(problemWith(() => disk.readFile(at('link'), 10))).toBe('ELOOP')
      expect(problemWith(() => disk.open(at('absent'), 'read'))).toBe('ENOENT')
      expect(() => disk.open(at('folder'), 'read')).toThrow(/not a regular file/)
      using file = disk.open(at('a'), 'update')
      file.write(bytes('two'), 0)
      expect(get('a')).toBe('two')
      using reader = disk.open(at('a'), 'read')
      expect(problemWith(() => reader.write(bytes('x'), 0))).toBe('EBADF')
    })

    test('a symlink on the way is followed', () => {
      disk.makeFolder(at('usr'))
      disk.makeFolder(at('usr/bin'))
      disk.makeSymlink('usr/bin', at('bin'))
      put('bin/sh', 'shell')
      expect(get('usr/bin/sh')).toBe('shell')
      expect(disk.lstat(at('bin'))?.kind).toBe('symlink')
      disk.makeSymlink(at('usr'), at('absolute'))
      expect(get('absolute/bin/../bin/sh')).toBe('shell')
      disk.makeSymlink('loop', at('loop'))
      expect(problemWith(() => disk.open(at('loop/x'), 'read'))).toBe('ELOOP')
    })

    test('a whole file is read up to a limit', () => {
      put('a', '12345')
      put('empty', '')
      expect(disk.readFile(at('a'), 5)).toEqual(bytes('12345'))
      expect(disk.readFile(at('empty'), 0)).toEqual(new Uint8Array(0))
      expect(() => disk.readFile(at('a'), 4)).toThrow(/longer than 4 bytes/)
    })

    test('lstat tells what is there, or that nothing is', () => {
      put('a', '12345', 0o640)
      disk.makeSymlink('ä', at('link'))
      disk.makeFolder(at('folder'))
      expect(disk.lstat(at('a'))).toMatchObject({ kind: 'file', sizeBytes: 5, mode: 0o640, links: 1 })
      expect(disk.lstat(at('link'))).toMatchObject({ kind: 'symlink', sizeBytes: 2, mode: 0o777 })
      expect(disk.lstat(at('folder'))).toMatchObject({ kind: 'folder', mode: 0o755 })
      expect(disk.lstat(at('absent'))).toBeUndefined()
      expect(disk.lstat(at('absent/deeper'))).toBeUndefined()
      expect(disk.lstat(at('a/below-a-file'))).toBeUndefined()
      expect(disk.readLink(at('link'))).toBe('ä')
      expect(problemWith(() => disk.readLink(at('a')))).toBe('EINVAL')
      expect(problemWith(() => disk.readLink(at('absent')))).toBe('ENOENT')
    })

    test('a list is sorted by the bytes of its names', () => {
      const all = ['Z', 'a', 'a-', 'a.b', 'ab', 'z', 'é', '\uff5a', '\u{1f600}']
      for (const one of all.toReversed()) put(one, '')
      expect(names()).toEqual(all)
      disk.makeFolder(at('0'))
      disk.makeSymlink('x', at('1'))
      expect(disk.list(under.folder).slice(0, 3)).toEqual([
        { name: '0', kind: 'folder' },
        { name: '1', kind: 'symlink' },
        { name: 'Z', kind: 'file' },
      ])
      expect(problemWith(() => disk.list(at('Z')))).toBe('ENOTDIR')
      expect(problemWith(() => disk.list(at('absent')))).toBe('ENOENT')
    })

    test('attributes are kept, and never set through a symlink', () => {
      put('a', '')
      disk.makeSymlink('a', at('link'))
      disk.setMode(at('a'), 0o4755)
      expect(disk.lstat(at('a'))?.mode).toBe(0o4755)
      expect(problemWith(() => disk.setMode(at('link'), 0o600))).toBe('ELOOP')
      disk.setModified(at('a'), 1_000_000_000_000)
      disk.setModified(at('link'), 1_100_000_000_000)
      expect(disk.lstat(at('a'))?.mtimeMs).toBe(1_000_000_000_000)
      expect(disk.lstat(at('link'))?.mtimeMs).toBe(1_100_000_000_000)
      expect(problemWith(() => disk.setMode(at('absent'), 0o600))).toBe('ENOENT')
    })

    test('extended attributes come back by name', () => {
      put('a', '')
      expect(disk.getXattrs(at('a'))).toEqual({})
      disk.setXattrs(at('a'), { 'user.two': bytes('2'), 'user.empty': bytes('') })
      disk.setXattrs(at('a'), { 'user.one': Uint8Array.of(0, 255), 'user.two': bytes('zwei') })
      const found = disk.getXattrs(at('a'))
      expect(found).toEqual({
        'user.empty': bytes(''),
        'user.one': Uint8Array.of(0, 255),
        'user.two': bytes('zwei'),
      })
      expect(Object.keys(found)).toEqual(['user.empty', 'user.one', 'user.two'])
      expect(problemWith(() => disk.getXattrs(at('absent')))).toBe('ENOENT')
    })

    test('a hard link shares the file', () => {
      put('a', 'body')
      expect(disk.placeCopy(at('a'), at('b'))).toMatch(/^(link|reflink)$/)
      expect(get('b')).toBe('body')
      const [a, b] = [disk.lstat(at('a')), disk.lstat(at('b'))]
      if (a?.links === 2) expect([b?.inode, b?.device]).toEqual([a.inode, a.device])
      expect(problemWith(() => disk.placeCopy(at('a'), at('b')))).toBe('EEXIST')
      expect(problemWith(() => disk.placeCopy(at('absent'), at('c')))).toBe('ENOENT')
      disk.remove(at('a'))
      expect(disk.lstat(at('b'))?.links).toBe(1)
      expect(get('b')).toBe('body')
    })

    test('remove takes names, removeFolder empty folders', () => {
      disk.makeFolder(at('folder'))
      put('folder/a', '')
      disk.makeSymlink('folder', at('link'))
      expect(problemWith(() => disk.removeFolder(at('folder')))).toBe('ENOTEMPTY')
      expect(problemWith(() => disk.remove(at('folder')))).toBe('EISDIR')
      expect(problemWith(() => disk.removeFolder(at('link')))).toBe('ENOTDIR')
      disk.remove(at('link'))
      disk.remove(at('folder/a'))
      disk.removeFolder(at('folder'))
      expect(names()).toEqual([])
      expect(problemWith(() => disk.remove(at('link')))).toBe('ENOENT')
    })

    test('removeTree takes everything below, and nothing beyond a symlink', () => {
      disk.makeFolder(at('keep'))
      put('keep/a', 'kept')
      disk.makeFolder(at('tree'))
      disk.makeFolder(at('tree/closed'))
      put('tree/closed/a', '')
      disk.makeSymlink('../keep', at('tree/link'))
      disk.makeFolder(at('tree/empty'))
      disk.setMode(at('tree/closed'), 0o000)
      disk.removeTree(at('tree'))
      disk.removeTree(at('tree'))
      disk.makeSymlink('keep', at('link'))
      disk.removeTree(at('link'))
      put('file', '')
      disk.removeTree(at('file'))
      expect(names()).toEqual(['keep'])
      expect(get('keep/a')).toBe('kept')
    })

    test('rename replaces, refuses or exchanges, as asked', () => {
      put('a', 'a')
      put('b', 'b')
      expect(problemWith(() => disk.rename(at('a'), at('b'), 'exclusive'))).toBe('EEXIST')
      expect(get('b')).toBe('b')
      disk.rename(at('a'), at('b'), 'replace')
      expect([names(), get('b')]).toEqual([['b'], 'a'])
      disk.rename(at('b'), at('c'), 'exclusive')
      expect(names()).toEqual(['c'])
      disk.makeFolder(at('old'))
      disk.makeFolder(at('new'))
      disk.makeFolder(at('new/usr'))
      put('old/x', 'x')
      disk.rename(at('old'), at('new/usr'), 'exchange')
      expect([names(), names('new/usr'), names('old')]).toEqual([['c', 'new', 'old'], ['x'], []])
      expect(problemWith(() => disk.rename(at('old'), at('absent'), 'exchange'))).toBe('ENOENT')
      expect(problemWith(() => disk.rename(at('absent'), at('old'), 'exchange'))).toBe('ENOENT')
      expect(problemWith(() => disk.rename(at('absent'), at('d'), 'exclusive'))).toBe('ENOENT')
      expect(problemWith(() => disk.rename(at('new'), at('new/usr/in'), 'exclusive'))).toBe('EINVAL')
    })

    test('a folder moves with all that is in it', () => {
      disk.makeFolder(at('a'))
      disk.makeFolder(at('a/b'))
      put('a/b/c', 'deep')
      disk.makeFolder(at('to'))
      disk.rename(at('a'), at('to/a'), 'exclusive')
      expect(get('to/a/b/c')).toBe('deep')
      expect(names()).toEqual(['to'])
    })

    test('many files are placed at once; the first that cannot be is told', async () => {
      put('a', 'one', 0o640)
      disk.makeFolder(at('to'))
      const placements = Array.from({ length: 30 }, (_, n) => ({ from: at('a'), to: at(`to/${n}`) }))
      const ways = await disk.placeCopies(placements)
      expect(ways.length).toBe(30)
      for (const way of ways) expect(way).toMatch(/^(link|reflink)$/)
      expect(names('to').length).toBe(30)
      expect(disk.lstat(at('to/29'))).toMatchObject({ mode: 0o640, sizeBytes: 3 })
      const more = ['x', '7', 'y'].map((name) => ({ from: at('a'), to: at(`to/${name}`) }))
      await expect(disk.placeCopies(more)).rejects.toMatchObject({ code: 'HOST_IO' })
      expect(names('to')).toContain('x')
    })

    test('a look at a folder tells what is in it', async () => {
      put('folder-not', 'one')
      disk.makeFolder(at('top'), 0o710)
      disk.makeFolder(at('top/below'))
      put('top/file', 'four', 0o640)
      disk.makeSymlink('file', at('top/ünter'))
      disk.setModified(at('top/file'), 1000)
      disk.placeCopy(at('top/file'), at('top/other'))
      const [none, no, look] = await disk.lookAtFolders(['absent', 'folder-not', 'top'].map(at))
      expect([none, no]).toEqual([undefined, undefined])
      if (look === undefined) throw new Error('a folder that is there is seen')
      const entries = [...lookedEntries(look)]
      expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
        ['', 'folder'],
        ['below', 'folder'],
        ['file', 'file'],
        ['other', 'file'],
        ['ünter', 'symlink'],
      ])
      expect(entries[0]?.mode).toBe(0o710)
      const stat = disk.lstat(at('top/file'))
      expect(entries[2]).toMatchObject({ mode: 0o640, sizeBytes: 4, mtimeMs: 1000, inode: stat?.inode })
      expect(entries[2]).toMatchObject({ uid: stat?.uid, gid: stat?.gid, links: stat?.links })
    })

    describe('two looks at a folder are equal until something in it changes', () => {
      const changes: Readonly<Record<string, () => void>> = {
        'bytes in place, of the same date': () => {
          const { mtimeMs } = disk.lstat(at('top/single')) ?? { mtimeMs: 0 }
          using file = disk.open(at('top/single'), 'update')
          file.write(bytes('eno'), 0)
          disk.setModified(at('top/single'), mtimeMs)
        },
        'the mode of a file with two names': () => disk.setMode(at('top/linked'), 0o600),
        'the date of a file with two names': () => disk.setModified(at('top/linked'), 5000),
        'an equal file in its place': () => {
          const mode = disk.lstat(at('top/linked'))?.mode ?? 0
          disk.remove(at('top/linked'))
          put('top/linked', 'one', mode)
        },
        'another target': () => {
          disk.remove(at('top/symlink'))
          disk.makeSymlink('linkes', at('top/symlink'))
        },
        'the folder’s mode, and back': () => {
          disk.setMode(at('top'), 0o700)
          disk.setMode(at('top'), 0o755)
        },
        'one more': () => put('top/more', ''),
        'one less': () => disk.remove(at('top/symlink')),
        'another owner': () => disk.setOwner(at('top/single'), 0, 0),
        'a folder for a folder': () => {
          disk.removeFolder(at('top/below'))
          disk.makeFolder(at('top/below'))
        },
      }
      test.each(Object.keys(changes))('%s', async (change) => {
        disk.makeFolder(at('top'))
        disk.makeFolder(at('top/below'))
        put('top/single', 'one')
        put('two', 'one')
        disk.rename(at('two'), at('top/linked'), 'exclusive')
        disk.placeCopy(at('top/linked'), at('elsewhere'))
        disk.makeSymlink('single', at('top/symlink'))
        const digest = async (): Promise<unknown> => (await disk.lookAtFolders([at('top')]))[0]?.digest
        const before = await digest()
        await sleep(20)
        expect(await digest()).toBe(before)
        disk.placeCopy(at('top/linked'), at('third'))
        expect(await digest()).toBe(before)
        changes[change]?.()
        expect(await digest()).not.toBe(before)
      })

      test('what is below a subfolder is its own', async () => {
        disk.makeFolder(at('top'))
        disk.makeFolder(at('top/below'))
        const digest = async (): Promise<unknown> => (await disk.lookAtFolders([at('top')]))[0]?.digest
        const before = await digest()
        put('top/below/file', 'one')
        disk.setMode(at('top/below'), 0o700)
        expect(await digest()).toBe(before)
      })
    })

    test('syncs are accepted on what is there', () => {
      put('a', '')
      disk.syncFolder(under.folder)
      disk.syncFilesystem(under.folder)
      expect(problemWith(() => disk.syncFolder(at('absent')))).toBe('ENOENT')
      expect(disk.freeBytes(under.folder)).toBeGreaterThan(0)
    })

    test('a lock is held once, and can be had again when let go', () => {
      const first = disk.lock(at('lock'))
      expect(() => disk.lock(at('lock'))).toThrow(expect.objectContaining({ code: 'STATE_LOCKED' }))
      disk.syncFilesystem(under.folder)
      first[Symbol.dispose]()
      first[Symbol.dispose]()
      using _second = disk.lock(at('lock'))
      expect(names()).toEqual(['lock'])
    })

    test('trying out the features leaves nothing behind', () => {
      const found = disk.features(under.folder)
      expect(found.hardLinks).toBe(true)
      expect(names()).toEqual([])
      expect(problemWith(() => disk.features(at('absent')))).toBe('ENOENT')
    })

    test('using a closed file is a bug, not an error of the machine', () => {
      const file = disk.open(at('a'), 'create')
      file[Symbol.dispose]()
      file[Symbol.dispose]()
      expect(problemWith(() => file.read(new Uint8Array(1), 0))).toBeUndefined()
      expect(() => file.write(bytes('x'), 0)).toThrow(/used after closing/)
    })
  })
}
