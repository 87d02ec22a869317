// Every example of the manual is run by the built program, and prints what the page shows; what no program runs is judged in
// test/unit/cli/manual-displays.test.ts. With MOSS_MANUAL=renew the pages are made to show what was printed.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { isShown, markdown, problemsOf, renewDisplay, runDisplays } from '../support/manual-examples.ts'
import { displaysOf, markdownDisplaysOf } from '../support/manual-marks.ts'
import { oracle } from '../support/oracle.ts'
import { programIn } from '../support/program.ts'
import { hostRoot, stationHome, TwoMachines } from '../support/two-machines.ts'

const manual = join(import.meta.dirname, '../../man')
const pages = readdirSync(manual).filter((name) => /\.\d$/.test(name))
const machines = new TwoMachines()
afterAll(() => machines[Symbol.dispose]())

/** What the examples of a page need of this machine. */
const needs: Readonly<Record<string, readonly string[]>> = {
  'moss-bundle.5': ['minisign', 'sha256sum', 'od'],
  'moss-health.7': ['root'],
  'moss-init.1': ['root'],
  'moss-install.7': ['x64', 'git', 'npm', 'sha256sum'],
  'moss-mirror.1': ['root', 'gpg', 'gpgv', 'unshare'],
  'moss-recipe.5': ['namespaces', 'cc', 'install'],
  'moss-trust.7': ['minisign', 'od', 'ssh-keygen'],
  'moss-tui.1': ['bash', 'zsh', 'fish'],
}
const properties: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  x64: () => process.arch === 'x64',
  namespaces: () => spawnSync('unshare', ['--user', '--map-root-user', '--net', 'true']).status === 0,
}

function hasAll(name: string): boolean {
  const wanted = needs[name] ?? []
  const lacking = wanted.filter((each) => properties[each]?.() === false)
  if (lacking.length > 0) console.warn(`skipped: the examples of ${name} need ${lacking.join(', ')}`)
  return lacking.length === 0 && oracle(...wanted.filter((each) => !(each in properties)))
}

for (const name of [...pages, '../README.md'])
  test.skipIf(!hasAll(name))(`the examples of ${name} are right`, { timeout: 180_000 }, async () => {
    const path = join(manual, name)
    const isMarkdown = name.endsWith('.md')
    const displays = (isMarkdown ? markdownDisplaysOf : displaysOf)(readFileSync(path, 'utf8'))
    const problems: string[] = []
    let page = readFileSync(path, 'utf8')
    let shift = 0
    for await (const ran of runDisplays(displays, machines)) {
      problems.push(...problemsOf(ran))
      if (!isShown(ran)) continue
      const before = page.split('\n').length
      page = renewDisplay(
        page,
        { line: ran.display.line + shift },
        ran.told,
        isMarkdown ? markdown : undefined,
      )
      shift += page.split('\n').length - before
    }
    if (process.env['MOSS_MANUAL'] === 'renew') writeFileSync(path, page)
    expect(problems.join('\n\n')).toBe('')
  })

describe('moss-store.5', () => {
  const page = readFileSync(join(manual, 'moss-store.5'), 'utf8')
  const named = (name: string): boolean => page.split(/[\s/]+/).includes(name)
  const tablesOf = (path: string): readonly string[] => {
    using database = new DatabaseSync(path, { readOnly: true })
    return database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map((row) => String(row['name']))
  }

  test('names every file and table that a host and a station have', () => {
    const folder = machines.at('updated')
    const [own, home] = [join(folder, hostRoot, '.moss'), join(folder, stationHome)]
    const there = [
      ...readdirSync(own),
      ...readdirSync(join(own, 'keys')),
      ...readdirSync(home),
      ...readdirSync(join(home, 'channels/stable')),
      ...tablesOf(join(own, 'moss.db')),
      ...tablesOf(join(home, 'fleet/fleet.db')).filter((name) => name !== 'sqlite_sequence'),
    ]
    expect(there.length).toBeGreaterThan(40)
    expect(there.filter((name) => !named(name))).toEqual([])
  })

  test('what it says may be removed may be: the loop goes on', () => {
    const folder = machines.at('applied')
    const moss = programIn(folder)
    const [own, home] = [join(folder, hostRoot, '.moss'), join(folder, stationHome)]
    const gone = [`${own}/seals`, `${own}/incoming`, `${own}/lost`, `${home}/mirror`, `${home}/spool`]
    for (const path of gone) {
      expect(page, path).toMatch(
        new RegExp(`^\\.It Pa ${basename(path)}\n[^]*?(May be removed|removes them)`, 'm'),
      )
      rmSync(path, { recursive: true, force: true })
    }
    moss.well('sync', 'media/usb', '--home', stationHome)
    moss.well('sync', 'media/usb', '--root', hostRoot)
    expect(moss.json('status', '--root', hostRoot)).toMatchObject({ current: 2 })
    moss.well('verify', '--root', hostRoot)
  })
})
