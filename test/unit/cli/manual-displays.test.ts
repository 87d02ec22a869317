// No example of the manual or the README goes untried: each display says what a test does with it, and what no program runs is
// judged here, by what reads it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseArguments } from '../../../src/cli/arguments.ts'
import { verbs } from '../../../src/cli/verbs.ts'
import { multiply } from '../../../src/container/parity-field.ts'
import { formatSignatureBlock } from '../../../src/trust/signature-block.ts'
import { displaysOf, markdownDisplaysOf, unescapeLine } from '../../support/manual-marks.ts'
import { manualFolder, manualNames } from '../../tools/make-manual.ts'
import { mediumRule } from '../../tools/units.ts'

type Judge = (lines: readonly string[]) => void

const judges: Readonly<Record<string, Judge>> = {
  /** udev itself reads it in test/e2e/automatic.test.ts. */
  rule: (lines) => expect(`${lines.join('\n')}\n`).toBe(mediumRule.text),

  /** Each member, squared and added to itself, gives the one before; multiply counts in the elements that they make. */
  basis: (lines) => {
    const members = lines.flatMap((line) => line.split(' ')).map((word) => Number.parseInt(word, 16))
    expect(members).toHaveLength(16)
    const polynomial = 0x1002d
    const product = (a: number, b: number): number => {
      let sum = 0
      for (let bit = 15; bit >= 0; bit--) {
        sum = (sum << 1) ^ (sum & 0x8000 ? polynomial : 0)
        if ((b >> bit) & 1) sum ^= a
      }
      return sum & 0xffff
    }
    for (const [at, member] of members.entries())
      if (at > 0) expect(product(member, member) ^ member).toBe(members[at - 1])
    const written = (element: number): number =>
      members.reduce((sum, member, bit) => ((element >> bit) & 1 ? sum ^ member : sum), 0)
    for (const [a, b] of [
      [2, 3],
      [0x8001, 0x1234],
      [0xffff, 0xfffe],
    ] as const)
      expect(written(multiply(a, b))).toBe(product(written(a), written(b)))
  },

  signature: (lines) => {
    const written = formatSignatureBlock({
      minisignId: new Uint8Array(8).fill(9),
      signature: new Uint8Array(64),
      commentSignature: new Uint8Array(64),
    }).split('\n')
    expect(lines).toHaveLength(4)
    expect([lines[0], lines[2]]).toEqual([written[0], written[2]])
    // Ten bytes of the first are not of the signature itself.
    expect(lines[1]?.slice(0, 13)).toBe(written[1]?.slice(0, 13))
    for (const line of [lines[1], lines[3]]) expect(line).toMatch(/^[\w+/]{40,}\.\.\.$/)
  },

  /** It names verbs, and nothing that is not one. */
  drawing: (lines) => {
    const named = [...lines.join('\n').matchAll(/\bmoss ([a-z]+(?: [a-z]+)?)/g)].map(([, name]) => name)
    expect(named.length).toBeGreaterThan(3)
    for (const name of named) expect(verbs.map((verb) => verb.words)).toContain(name)
  },
}

const pages = manualNames().map((name) => ({
  name,
  displays: displaysOf(readFileSync(join(manualFolder, name), 'utf8')),
}))

describe('every display of the manual', () => {
  test.each(pages)('of $name says what a test does with it', ({ displays }) => {
    const lost = displays
      .filter(({ mark }) => mark === undefined)
      .map(({ line, lines }) => `line ${line}: ${lines[0] ?? 'not a .Bd -literal'}`)
    expect(lost, 'say so in a comment before it, as test/support/manual-marks.ts explains').toEqual([])
  })

  test('there are many, and most are run', () => {
    const kinds = pages.flatMap(({ displays }) => displays.map(({ mark }) => mark?.kind))
    const [run, judged] = [['run', 'script', 'file', 'more', 'unit'], ['judged']].map(
      (names) => kinds.filter((kind) => kind !== undefined && names.includes(kind)).length,
    )
    expect(run).toBeGreaterThan(60)
    expect(judged).toBeLessThan(6)
  })

  test('a text that lies there is used: commands follow on the page', () => {
    for (const { name, displays } of pages)
      for (const [at, { mark }] of displays.entries())
        if (mark?.kind === 'file' || mark?.kind === 'more')
          expect(
            displays.slice(at).some((later) => later.mark?.kind === 'run'),
            `${name}: ${mark.path}`,
          ).toBe(true)
  })
})

test('what another test runs it reads on that page', () => {
  const elsewhere = pages.flatMap(({ name, displays }) =>
    displays.flatMap(({ mark }) => (mark?.kind === 'elsewhere' ? [{ name, test: mark.test }] : [])),
  )
  expect(elsewhere.length).toBeLessThan(3)
  for (const each of elsewhere)
    expect(readFileSync(join(manualFolder, '..', each.test), 'utf8')).toContain(`'${each.name}'`)
})

const judged = pages.flatMap(({ name, displays }) =>
  displays.flatMap(({ mark, lines, line }) =>
    mark?.kind === 'judged' ? [{ name, as: mark.as, lines, line }] : [],
  ),
)
test.each(judged)('$name, line $line, is right as a $as', ({ as, lines }) => {
  const judge = judges[as]
  if (judge === undefined) throw new Error(`nobody judges a ${as}`)
  judge(lines)
})
test('all that judge have something to judge', () => {
  expect(new Set(judged.map(({ as }) => as))).toEqual(new Set(Object.keys(judges)))
})

/** Blocks that are no transcript, by their beginning. */
const readme: Readonly<Record<string, string>> = {
  'npm ci && npm start': 'run from a fresh clone by test/e2e/real-readme.test.ts',
  'npm ci && npm test': 'the tests themselves',
  '   connected': 'a drawing without a command',
}

test('the README’s blocks are run, but for those that are named here', () => {
  const displays = markdownDisplaysOf(readFileSync(join(manualFolder, '../README.md'), 'utf8'))
  const others = displays.filter(({ mark }) => mark?.kind !== 'run').map(({ lines }) => lines[0] ?? '')
  expect(displays.length - others.length).toBeGreaterThan(2)
  expect(others.map((line) => Object.keys(readme).find((begun) => line.startsWith(begun)))).toEqual(
    Object.keys(readme),
  )
})

function isUnderstood(words: readonly string[]): boolean {
  try {
    parseArguments(words, verbs)
    return true
  } catch {
    return false
  }
}

describe('a command that a sentence names is one that moss understands', () => {
  /** Without the dots behind a sentence, and what a shell takes away. */
  const wordsOf = (command: string): readonly string[] =>
    command
      .replace(/ \d?<.*$/, '')
      .replaceAll(/…|'/g, '')
      .split(/\s+/)
      .slice(1)
      .filter((word) => word !== '')
  const notUnderstood = (commands: readonly string[]): readonly string[] =>
    commands.filter((command) => {
      // A sentence may leave out what a verb works on.
      const ways = [[], ['x'], ['x', 'x']].map((more) => [...wordsOf(command), ...more])
      return !ways.some(isUnderstood)
    })

  test('on the pages', () => {
    const named = manualNames().flatMap((name) =>
      [...readFileSync(join(manualFolder, name), 'utf8').matchAll(/^\.(?:Ic|Ql) (moss [a-z].*)$/gm)].map(
        ([, command = '']) => unescapeLine(command).replace(/ [.,;:]$/, ''),
      ),
    )
    expect(named.length).toBeGreaterThan(10)
    expect(notUnderstood(named)).toEqual([])
  })

  test('in the README', () => {
    const text = readFileSync(join(manualFolder, '../README.md'), 'utf8')
    const named = [...text.matchAll(/`(moss [a-z][^`]*)`/g)].map(([, command = '']) => command)
    expect(named.length).toBeGreaterThan(15)
    expect(notUnderstood(named)).toEqual([])
  })
})

test('the README’s other commands name scripts and files that are there', () => {
  const text = readFileSync(join(manualFolder, '../README.md'), 'utf8')
  const { scripts } = JSON.parse(readFileSync(join(manualFolder, '../package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>
  }
  const runs = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name)
  expect(runs.length).toBeGreaterThan(3)
  for (const name of runs) expect(Object.keys(scripts)).toContain(name)
  const files = [...text.matchAll(/\b(?:test|man|src)\/[\w./-]*\w\.\w+\b/g)].map(([path]) => path)
  expect(files.length).toBeGreaterThan(20)
  for (const path of files) expect(existsSync(join(manualFolder, '..', path)), path).toBe(true)
})

describe('marks', () => {
  const read = (...lines: readonly string[]) => displaysOf([...lines, ''].join('\n'))
  const display = ['.Bd -literal', '$ moss', '.Ed'] as const

  test('a display without one, of whatever macro, has none', () => {
    for (const lines of [display, ['.Dl moss'], ['.D1 moss'], ['.nf', 'moss', '.fi'], ['.EX', 'moss', '.EE']])
      expect(read(...lines)[0]?.mark, lines[0]).toBeUndefined()
  })

  test('one without a display, of an unknown scene or with other words is refused', () => {
    expect(() => read('.\\" run empty', '.Pp', ...display)).toThrow('no display behind the mark')
    expect(() => read('.\\" run nowhere', ...display)).toThrow('no scene nowhere')
    expect(() => read('.\\" run empty now', ...display)).toThrow('no such mark')
    expect(() => read('.\\" run empty', '.\\" asked, no', ...display)).toThrow('asked, no?')
  })

  test('a text may stand for what was printed, or for another', () => {
    const [found] = read(
      '.\\" run',
      '.\\" where WORDS is /[a-z]+ (\\d)/',
      '.\\" where FILE is /a/*.b',
      ...display,
    )
    expect(found?.meanings).toEqual([
      { text: 'WORDS', is: /[a-z]+ (\d)/g },
      { text: 'FILE', is: '/a/*.b' },
    ])
  })
})
