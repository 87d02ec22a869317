// What a system finds in dist/share: man finds every verb's page, file(1) and the desktop know moss's files by their bytes, and the
// programs that judge such files have no word against ours.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kind, kinds } from '../../src/container/kinds.ts'
import { verbs } from '../../src/cli/verbs.ts'
import { oracle } from '../support/oracle.ts'
import { scratchFolder } from '../support/scratch.ts'
import { desktopEntry, mimeInfo, mimeType } from '../tools/desktop.ts'
import { manualNames } from '../tools/make-manual.ts'
import { writeShare } from '../tools/share.ts'

const bundles = join(import.meta.dirname, '../../bundles')
let share = ''
beforeAll(() => {
  share = join(scratchFolder(), 'share')
  writeShare(share)
})
afterAll(() => rmSync(join(share, '..'), { recursive: true }))

const run = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', XDG_DATA_DIRS: share },
  })

describe.skipIf(!oracle('man'))('man', () => {
  test('finds every page, and for every verb the one that it stands on', () => {
    for (const name of manualNames()) {
      const [, page = '', section = ''] = /^(.*)\.(\d)$/.exec(name) ?? []
      expect(run('man', '-M', join(share, 'man'), '-w', section, page).stdout.trim(), name).toContain(name)
    }
    for (const word of new Set(verbs.map((verb) => verb.words.split(' ')[0] ?? '')))
      expect(run('man', '-M', join(share, 'man'), '-w', `moss-${word}`).status, `moss-${word}`).toBe(0)
  })

  test('shows a verb on the page of its group', () => {
    const { stdout } = run('man', '-M', join(share, 'man'), '-P', 'cat', 'moss-rollback')
    expect(stdout).toContain('take a bundle in, see what it would change')
  })
})

/** A golden container of the kind, or its first bytes made by hand. */
function sample(kind: Kind): string {
  const path = join(share, `sample-${kind}`)
  const good = join(
    bundles,
    'good',
    { bundle: 'hello-2.moss', package: 'hello-1.moss' }[kind as string] ?? '',
  )
  if (kind === 'bundle' || kind === 'package') copyFileSync(good, path)
  else {
    const bytes = Buffer.alloc(64)
    Buffer.from('894d4f53530d1a0a', 'hex').copy(bytes)
    bytes.writeUInt16LE(kinds[kind].number, 8)
    bytes.writeUInt32LE(1, 60)
    writeFileSync(path, bytes)
  }
  return path
}

describe.skipIf(!oracle('file'))('file', () => {
  const told = (path: string, ...flags: readonly string[]): string =>
    run('file', '-b', ...flags, '-m', join(share, 'file/magic/moss'), path).stdout.trim()

  test('knows every kind by its bytes, and no other file', () => {
    for (const kind of Object.keys(kinds) as Kind[]) {
      expect(told(sample(kind))).toBe(`moss ${kind}, format version 1`)
      expect(told(sample(kind), '--mime-type')).toBe(mimeType(kind))
    }
    expect(told(join(bundles, 'good/golden.pub'))).not.toContain('moss')
  })

  test('tells which volume of how many', () => {
    const volumes = readdirSync(join(bundles, 'good')).filter((name) => /\.00\d\.moss$/.test(name))
    expect(volumes.length).toBeGreaterThan(0)
    for (const name of volumes) {
      const number = Number(/\.(\d{3})\.moss$/.exec(name)?.[1])
      expect(told(join(bundles, 'good', name))).toMatch(
        new RegExp(`^moss bundle, volume ${number} of \\d+, `),
      )
    }
  })
})

test.skipIf(!oracle('xmllint', 'update-mime-database'))(
  'the types are well-formed, and a desktop reads them',
  () => {
    const folder = join(share, 'mime')
    expect(run('xmllint', '--noout', join(folder, 'packages/moss.xml')).stderr).toBe('')
    const made = run('update-mime-database', folder)
    expect(made.stderr).toBe('')
    const globs = readFileSync(join(folder, 'globs2'), 'utf8')
    expect(globs).toContain('application/x-moss-container:*.moss')
    expect(globs).toContain('application/x-moss-state:*.moss-state')
    const magic = readFileSync(join(folder, 'magic'), 'latin1')
    for (const kind of Object.keys(kinds) as Kind[]) {
      expect(magic).toContain(mimeType(kind))
      expect(mimeInfo).toContain(`value="${kinds[kind].number}"`)
    }
  },
)

test.skipIf(!oracle('desktop-file-validate'))(
  'the entry of the desktop is valid, and opens what it says',
  () => {
    const ran = run('desktop-file-validate', join(share, 'applications/moss.desktop'))
    expect([ran.status, `${ran.stdout}${ran.stderr}`]).toEqual([0, ''])
    const [, verb] = /^Exec=moss (\w+) %F$/m.exec(desktopEntry) ?? []
    expect(verbs.find(({ words }) => words === verb)?.operands?.[0]).toMatchObject({ repeats: true })
  },
)

test('completions lie where the shells look for them', () => {
  mkdirSync(share, { recursive: true })
  for (const path of [
    'bash-completion/completions/moss',
    'zsh/site-functions/_moss',
    'fish/vendor_completions.d/moss.fish',
  ])
    expect(readFileSync(join(share, path), 'utf8')).toContain('moss completion')
  expect(readFileSync(join(share, 'zsh/site-functions/_moss'), 'utf8')).toMatch(/^#compdef moss\n/)
})
