// A Debian archive in a folder, signed by a key of the test's own.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { arOf, tarOf } from './foreign.ts'

export interface DebianArchive {
  /** Below the scratch folder: `archive`, and `archive.gpg`, its keyring. */
  readonly keyring: string
  /** Writes a .deb into the pool and gives its paragraph of the index. */
  add(
    name: string,
    version: string,
    more?: { readonly fields?: string; readonly body?: string; readonly architecture?: string },
  ): string
  /** The indexes of a suite and the Release file that signs them. */
  sign(
    paragraphs: readonly string[],
    more?: {
      readonly fields?: string
      readonly codename?: string
      readonly architectures?: readonly string[]
    },
  ): void
}

export const poolFile = (name: string, version: string, architecture = 'amd64'): string =>
  `pool/main/${name}_${version}_${architecture}.deb`

export function debianArchive(scratch: string): DebianArchive {
  const keyring = join(scratch, 'archive.gpg')
  mkdirSync(join(scratch, 'gnupg'), { mode: 0o700 })
  const gpg = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync(
      'gpg',
      ['--homedir', join(scratch, 'gnupg'), '--batch', '--quiet', ...args],
      { encoding: 'utf8', cwd: scratch },
    )
    if (status !== 0) throw new Error(`gpg: ${stderr}`)
  }
  gpg('--passphrase', '', '--quick-generate-key', 'archive@example.org', 'ed25519', 'sign', 'never')
  gpg('--export', '--output', keyring, 'archive@example.org')
  return {
    keyring,
    add(name, version, { fields = '', body = `${name} ${version}\n`, architecture = 'amd64' } = {}) {
      const control = `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\nMaintainer: Nobody <nobody@example.org>\n${fields}Description: the package ${name}\n`
      const bytes = debOf(architecture === 'i386' ? `${name}-i386` : name, control, body)
      const file = poolFile(name, version, architecture)
      const path = join(scratch, 'archive', file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, bytes)
      return `${control}Filename: ${file}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`
    },
    sign(paragraphs, { fields = '', codename = 'tidal', architectures = ['amd64'] } = {}) {
      const dists = join(scratch, 'archive/dists', codename)
      const files = Object.fromEntries(
        architectures.flatMap((architecture) => {
          const own = new RegExp(`^Architecture: (all|${architecture})$`, 'm')
          const plain = Buffer.from(paragraphs.filter((each) => own.test(each)).join('\n'))
          const path = `main/binary-${architecture}/Packages`
          return [
            [path, plain],
            [`${path}.gz`, gzipSync(plain)],
          ]
        }),
      )
      const lines = Object.entries(files).map(([name, bytes]) => {
        mkdirSync(dirname(join(dists, name)), { recursive: true })
        writeFileSync(join(dists, name), bytes)
        return ` ${sha256(bytes)} ${bytes.length} ${name}`
      })
      writeFileSync(
        join(scratch, 'Release'),
        `Suite: stable\nCodename: ${codename}\n${fields}SHA256:\n${lines.join('\n')}\n`,
      )
      gpg('--yes', '--clearsign', '--output', join(dists, 'InRelease'), join(scratch, 'Release'))
    },
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const debOf = (program: string, control: string, body: string): Buffer =>
  Buffer.from(
    arOf([
      { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
      { name: 'control.tar', bytes: tarOf([{ name: './control', body: control }]) },
      {
        name: 'data.tar',
        bytes: tarOf([
          { name: './usr/', kind: '5', mode: 0o755 },
          { name: './usr/bin/', kind: '5', mode: 0o755 },
          { name: `./usr/bin/${program}`, body, mode: 0o755 },
        ]),
      },
    ]),
  )
