// Programs that we did not write read the golden containers by the manual alone: minisign the head, sha256sum and zstd a
// frame, and a Python script the whole.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openContainer } from '../../src/container/read.ts'
import { decodeDeltaFrame } from '../../src/container/delta-frame.ts'
import { decodeFrame, readFrame } from '../../src/container/read-frames.ts'
import { readManifests, readTables } from '../../src/container/tables.ts'
import { verifyContainer } from '../../src/container/verify.ts'
import { form } from '../../src/delta/delta-forms.ts'
import { bytesSource } from '../../src/host/byte-source.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { decodeManifest } from '../../src/manifest/codec.ts'
import { goldenRoot } from '../support/golden-by-hand.ts'
import { oracle } from '../support/oracle.ts'

const top = join(import.meta.dirname, '../..')
const good = join(top, 'bundles/good')
const bad = join(top, 'bundles/bad')
const reader = join(top, 'test/tools/read-bundle.py')
const verified = (name: string) => {
  const opened = openContainer(bytesSource(name, readFileSync(join(good, name))))
  return verifyContainer(opened, {
    role: opened.kind === 'package' ? 'packager' : 'exporter',
    root: goldenRoot,
  })
}

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'moss-oracle-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const shell = (script: string): string =>
  execFileSync('sh', ['-eu', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** The commands of moss-bundle(5), EXAMPLES, as they are printed there. */
function manualCommands(file: string, publicKey: string): string {
  const manual = readFileSync(join(top, 'man/moss-bundle.5'), 'utf8')
  const examples = manual.slice(manual.indexOf('.Sh EXAMPLES'))
  const [, first = ''] = examples.split(/\.Bd -literal -offset indent\n|\.Ed\n/)
  expect(first).toContain('minisign -V')
  return first.replaceAll('FILE', file).replaceAll('PUBLICKEY.pub', publicKey)
}

describe.skipIf(!oracle('minisign', 'sha256sum', 'od'))('a head cut out with head and tail', () => {
  test.each([
    ['hello-1.moss', 'golden-packager.pub'],
    ['hello-2.moss', 'golden.pub'],
    ['host.moss-state', 'golden.pub'],
    ['hello.moss-channel', 'golden.pub'],
    ['golden.moss-root', 'golden.pub'],
  ])('of %s is verified by minisign -V, and its digest is the container id', (name, key) => {
    expect(shell(manualCommands(join(good, name), join(good, key)))).toContain(
      'Signature and comment signature verified',
    )
    const id = shell(`od -An -tx1 -j20 -N32 ${join(good, name)} | tr -d ' \\n'`)
    expect(shell('sha256sum head').slice(0, 64)).toBe(id)
  })

  test('is refused by minisign with another key', () => {
    const commands = manualCommands(join(good, 'hello-2.moss'), join(good, 'golden-packager.pub'))
    expect(() => shell(commands)).toThrow(/minisign|key/i)
  })
})

test.skipIf(!oracle('sha256sum', 'zstd'))(
  'a frame cut out by its table is hashed by sha256sum and decoded by zstd',
  async () => {
    const container = verified('hello-2.moss')
    const { offset, storedBytes, digest, codec } = readTables(container).frame(0)
    expect(codec).toBe(2)
    const cut = `tail -c +${container.framesOffset + offset + 1} ${join(good, 'hello-2.moss')} | head -c ${storedBytes}`
    expect(shell(`${cut} | sha256sum`).slice(0, 64)).toBe(digest)
    shell(`${cut} | zstd -d -q -o plain`)
    expect(Uint8Array.from(readFileSync(join(folder, 'plain')))).toEqual(
      await decodeFrame(container, 0, { pool: inlinePool }),
    )
  },
)

describe.skipIf(!oracle('python3', 'zstd', 'gzip'))('a reader written from the manual alone', () => {
  const python = (...words: string[]) => spawnSync('python3', [reader, ...words], { encoding: 'utf8' })

  const named = (folder: string) =>
    readdirSync(folder)
      .filter((name) => name.includes('.moss'))
      .map((name) => join(folder, name))
  /** Bases come from the files of packages that were extracted, and of bundles made from those. */
  const have = (): string => {
    const there = join(folder, 'have')
    for (const name of ['hello-1', 'kinds-1', 'kinds-2'])
      python('--bases', there, 'extract', join(good, `${name}.moss`), join(there, name))
    for (const name of ['hello-2.manifest', 'hello.moss-channel'])
      copyFileSync(join(good, name), join(there, name))
    return there
  }
  const acceptedOf = (files: readonly string[]): string[] =>
    python('--bases', have(), 'check', ...files)
      .stdout.split('\n')
      .filter((line) => line.startsWith('ok '))
      .map((line) => line.slice(3))

  /** Of every file of a bundle that is there; the others are listed by path. */
  const extracted = (name: string, bases: string): readonly string[] => {
    python('--bases', bases, 'extract', join(good, name), join(folder, 'out'))
    const [manifestBytes] = readManifests(verified(name)).values()
    const { layout } = decodeManifest(manifestBytes ?? new Uint8Array(0), name)
    const missing: string[] = []
    for (const entry of layout) {
      if (entry.kind !== 'file') continue
      if (!existsSync(join(folder, 'out', entry.path))) missing.push(entry.path)
      else expect(shell(`sha256sum out/${entry.path}`).slice(0, 64)).toBe(entry.content)
    }
    return missing
  }

  test('reads every good container to its last byte, and lists it', () => {
    const released = readdirSync(join(top, 'bundles/history')).map((name) =>
      join(top, 'bundles/history', name),
    )
    for (const folder of [good, ...released]) expect(acceptedOf(named(folder))).toEqual(named(folder))
    const { id, kind, head } = verified('hello-2.moss')
    const [first, ...lines] = python('list', join(good, 'hello-2.moss')).stdout.split('\n')
    expect(first).toBe(`${kind} ${id} created ${head.created}`)
    expect(lines).toContain('host 00112233aabbccdd packages 1')
  })

  test('puts volumes together to the file that was cut', () => {
    const volumes = ['parts.003.moss', 'parts.moss', 'parts.002.moss'].map((name) => join(good, name))
    expect(python('join', join(folder, 'joined'), ...volumes).status).toBe(0)
    const whole = readFileSync(join(good, 'parts-whole.moss'))
    expect(readFileSync(join(folder, 'joined')).equals(whole)).toBe(true)
    expect(python('join', join(folder, 'other'), ...volumes.slice(1)).stderr).toContain('missing')
  })

  test('extracts every file of a package with its bytes and mode', () => {
    const out = join(folder, 'out')
    expect(python('extract', join(good, 'hello-1.moss'), out).stdout).toBe(
      '3 files extracted, 0 are not in this container\n',
    )
    const [manifestBytes] = readManifests(verified('hello-1.moss')).values()
    const manifest = decodeManifest(manifestBytes ?? new Uint8Array(0), 'hello')
    for (const entry of manifest.layout) {
      if (entry.kind !== 'file') continue
      expect(shell(`sha256sum out/${entry.path}`).slice(0, 64)).toBe(entry.content)
      expect(statSync(join(out, entry.path)).mode & 0o777).toBe(entry.mode)
    }
    expect(execFileSync(join(out, 'usr/bin/hi'), { encoding: 'utf8' })).toBe('hello from moss\n')
  })

  test('says how many files of a bundle the host must have already', () => {
    const { stdout } = python('extract', join(good, 'hello-2.moss'), join(folder, 'out'))
    expect(stdout).toBe('1 files extracted, 1 are not in this container\n')
  })

  test('puts a file together from a delta and a folder with its base', () => {
    python('extract', join(good, 'hello-1.moss'), join(folder, 'have'))
    expect(extracted('hello-3.moss', join(folder, 'have'))).toEqual(['usr/bin/hello'])
  })

  test('puts programs, packed files and text together from a frame with three forms', () => {
    python('extract', join(good, 'kinds-1.moss'), join(folder, 'have'))
    expect(extracted('kinds-2.moss', join(folder, 'have'))).toEqual([])
    const { forms } = decodeDeltaFrame(readFrame(verified('kinds-2.moss'), 0), 'frame 0')
    expect([...forms.subarray(0, 4), forms.at(-1)]).toEqual([
      form.references,
      form.references,
      form.references,
      form.members,
      form.plain,
    ])
  })

  test('puts packed files together from their tokens', () => {
    python('extract', join(good, 'kinds-1.moss'), join(folder, 'tokens'))
    expect(extracted('kinds-5.moss', join(folder, 'tokens'))).toEqual([])
    const { forms } = decodeDeltaFrame(readFrame(verified('kinds-5.moss'), 0), 'frame 0')
    expect(forms[0]).toBe(form.tokens)
  })

  test('puts texts together from a zstd frame and their old versions', () => {
    python('extract', join(good, 'kinds-1.moss'), join(folder, 'old'))
    python('--bases', join(folder, 'old'), 'extract', join(good, 'kinds-2.moss'), join(folder, 'old/new'))
    expect(extracted('kinds-4.moss', join(folder, 'old'))).toEqual([])
    expect(readTables(verified('kinds-4.moss')).frame(0).codec).toBe(3)
  })

  test('takes that one of two frames whose base is there', () => {
    const there = have()
    for (const [index, name] of ['kinds-1', 'kinds-2'].entries()) {
      const words = join(folder, `only-${name}`)
      mkdirSync(words)
      copyFileSync(join(there, name, 'usr/share/words'), join(words, 'words'))
      expect(extracted('kinds-3.moss', words)).toEqual([])
      expect(readTables(verified('kinds-3.moss')).frame(index).codec).toBe(4)
      rmSync(join(folder, 'out'), { recursive: true })
    }
  })

  test('refuses every bad container but those that need keys or a stricter zstd', () => {
    const accepted = acceptedOf(named(bad)).map((path) => basename(path, '.moss'))
    expect(accepted).toEqual([
      'CONTAINER_DAMAGED--zstd-no-content-size',
      'CONTAINER_DAMAGED--zstd-skippable-after',
      'CONTAINER_DAMAGED--zstd-window-16-mib',
      'TRUST_SIGNATURE_INVALID--comment-signed-by-another',
      'TRUST_THRESHOLD--packager-as-exporter',
      'TRUST_UNKNOWN_KEY--stranger',
    ])
  })
})
