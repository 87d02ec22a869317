// Every example of the manual that is marked so is run by the built program, and prints what the page shows. With
// MOSS_MANUAL=renew the pages are made to show it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import {
  difference,
  examplesOf,
  markdown,
  markdownExamplesOf,
  renewExample,
  runExamples,
} from '../support/manual-examples.ts'
import { programIn } from '../support/program.ts'
import { hostRoot, stationHome, TwoMachines } from '../support/two-machines.ts'

const manual = join(import.meta.dirname, '../../man')
const pages = readdirSync(manual)
  .filter((name) => /\.\d$/.test(name))
  .filter((name) => readFileSync(join(manual, name), 'utf8').includes('.\\" run'))
const machines = new TwoMachines()
afterAll(() => machines[Symbol.dispose]())

test('the pages of verbs have examples', () => {
  expect(pages.length).toBeGreaterThan(12)
})

test.each([...pages, '../README.md'])('the examples of %s print what it shows', (name) => {
  const path = join(manual, name)
  const isMarkdown = name.endsWith('.md')
  const examples = (isMarkdown ? markdownExamplesOf : examplesOf)(readFileSync(path, 'utf8'))
  expect(examples.length).toBeGreaterThan(0)
  const problems: string[] = []
  let page = readFileSync(path, 'utf8')
  let shift = 0
  for (const { example, told } of runExamples(examples, machines)) {
    for (const [at, step] of told.entries()) {
      const found = difference(step)
      if (found !== undefined) problems.push(`${name}: ${step.prompt} ${step.command}\n${found}`)
      if (step.exit !== 0 && !told[at + 1]?.command.startsWith('echo'))
        problems.push(`${name}: ${step.command}\nexit ${step.exit}\n${step.printed.join('\n')}`)
    }
    const before = page.split('\n').length
    page = renewExample(
      page,
      { ...example, line: example.line + shift },
      told,
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
