// Programs that we did not write read the golden containers by the manual alone: minisign the head, sha256sum and zstd a
// frame, and a Python script the whole.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openContainer } from '../../src/container/read.ts'
import { decodeFrame } from '../../src/container/read-frames.ts'
import { readManifests, readTables } from '../../src/container/tables.ts'
import { verifyContainer } from '../../src/container/verify.ts'
import { bytesSource } from '../../src/host/byte-source.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { decodeManifest } from '../../src/manifest/codec.ts'
import { goldenRoot } from '../support/golden.ts'
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

describe.skipIf(!oracle('python3', 'zstd'))('a reader written from the manual alone', () => {
  const python = (...words: string[]) => spawnSync('python3', [reader, ...words], { encoding: 'utf8' })

  const named = (folder: string) =>
    readdirSync(folder)
      .filter((name) => name.includes('.moss'))
      .map((name) => join(folder, name))
  /** Bases come from the files of a package that was extracted. */
  const acceptedOf = (files: readonly string[]): string[] => {
    python('extract', join(good, 'hello-1.moss'), join(folder, 'have'))
    for (const name of ['hello-2.manifest', 'hello.moss-channel'])
      copyFileSync(join(good, name), join(folder, 'have', name))
    return python('--bases', join(folder, 'have'), 'check', ...files)
      .stdout.split('\n')
      .filter((line) => line.startsWith('ok '))
      .map((line) => line.slice(3))
  }

  test('reads every good container to its last byte, and lists it', () => {
    expect(acceptedOf(named(good))).toEqual(named(good))
    const { id, kind, head } = verified('hello-2.moss')
    const [first, ...lines] = python('list', join(good, 'hello-2.moss')).stdout.split('\n')
    expect(first).toBe(`${kind} ${id} created ${head.created}`)
    expect(lines).toContain('host 00112233aabbccdd packages 1')
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
    const { stdout } = python(
      '--bases',
      join(folder, 'have'),
      'extract',
      join(good, 'hello-3.moss'),
      join(folder, 'out'),
    )
    expect(stdout).toBe('1 files extracted, 1 are not in this container\n')
    const [manifestBytes] = readManifests(verified('hello-3.moss')).values()
    const manifest = decodeManifest(manifestBytes ?? new Uint8Array(0), 'hello')
    const entry = manifest.layout.find(({ path }) => path === 'usr/share/table')
    expect(shell('sha256sum out/usr/share/table').slice(0, 64)).toBe(
      entry?.kind === 'file' ? entry.content : '',
    )
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
