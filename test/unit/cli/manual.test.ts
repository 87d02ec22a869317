// The manual against the program: what is made of the tables is up to date, every verb has its page, what a page names is there, and
// numbers are those of the code.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codes, type ErrorCode } from '../../../src/base/codes.ts'
import { meanings, remedyOf } from '../../../src/base/meanings.ts'
import { chunkSizes, limits } from '../../../src/base/limits.ts'
import { globalFlags } from '../../../src/cli/arguments.ts'
import { manualPages, pageOf, verbsOn } from '../../../src/cli/manual-pages.ts'
import { verbs } from '../../../src/cli/verbs.ts'
import { registeredKinds } from '../../../src/manifest/capability.ts'
import { newestKept, fewestKept } from '../../../src/state/keep-rule.ts'
import { oracle } from '../../support/oracle.ts'
import { manualFolder, manualNames, renewPackage, renewPage } from '../../tools/make-manual.ts'

const names = manualNames()
const read = (name: string): string => readFileSync(join(manualFolder, name), 'utf8')
/** Without escapes and macros, on one line. */
const prose = (name: string): string =>
  read(name)
    .replaceAll('\\-', '-')
    .replaceAll(/^\.(?:It|Pq|Ql|Cm|Nm|Pa|Em|Dv|Va|Xr) /gm, '')
    .replaceAll(/\s+/g, ' ')

/** A letter and a backspace: how a printer makes it bold. */
const overstruck = new RegExp(`.${String.fromCharCode(8)}`, 'gu')

describe('pages', () => {
  test.each(names)('%s says what the tables say', (name) => {
    expect(renewPage(name, read(name)), 'run node test/tools/make-manual.ts').toBe(read(name))
  })

  test('npm links all of them', () => {
    const text = readFileSync(join(manualFolder, '../package.json'), 'utf8')
    expect(renewPackage(text), 'run node test/tools/make-manual.ts').toBe(text)
    expect(text).toContain('"dist/share/man/man1/moss-import.1"')
  })

  test('every verb stands on a page', () => {
    const lost = verbs.filter((verb) => pageOf(verb) === undefined).map(({ words }) => words)
    expect(lost, 'these verbs have no page of the manual: say which in src/cli/manual-pages.ts').toEqual([])
  })

  test('every page of verbs is there, and has what a page needs', () => {
    for (const [page, words] of Object.entries(manualPages)) {
      const name = `moss-${page}.1`
      expect(names, `man/${name} is missing: src/cli/manual-pages.ts names it`).toContain(name)
      const text = read(name)
      for (const section of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'EXIT STATUS', 'EXAMPLES', 'SEE ALSO'])
        expect(text, `man/${name} has no ${section}`).toMatch(new RegExp(`^\\.Sh ${section}$`, 'm'))
      for (const made of ['synopsis', 'verbs', 'exits'])
        expect(text, `man/${name} has no ${made}`).toContain(`.\\" made: ${made}`)
      expect(text, `man/${name} has no example that is run`).toMatch(/^\.\\" run /m)
      for (const word of words)
        expect(
          verbsOn(page, verbs).some((verb) => verb.words.split(' ')[0] === word),
          `${word} on ${name} is no verb`,
        ).toBe(true)
      for (const flag of verbsOn(page, verbs).flatMap((verb) => verb.flags ?? []))
        expect(text, name).toContain(`Fl \\-${flag.name}`)
      expect(read('moss.1')).toContain(`.It Xr moss-${page} 1`)
    }
    for (const flag of globalFlags) expect(read('moss.1')).toContain(`Fl \\-${flag.name}`)
  })

  test('a page that another names is there', () => {
    for (const name of names)
      for (const [, page, section] of read(name).matchAll(/^\.Xr (moss[a-z-]*) (\d)/gm))
        expect(names, `${name} names ${page}(${section})`).toContain(`${page}.${section}`)
  })

  test('the program is called moss, whatever the page is called', () => {
    for (const name of names.filter((each) => !each.startsWith('moss.')))
      expect(read(name).replace(/^\.Nm moss-.*$/m, ''), name).not.toMatch(/^\.(?:\w\w )?Nm(?! moss\b)/m)
  })

  test('no page names a code or a verb that is not there', () => {
    const words = new Set(verbs.flatMap((verb) => [verb.words, ...(verb.aliases ?? [])]))
    const first = new Set([...words].map((word) => word.split(' ')[0]))
    for (const name of names) {
      for (const [, code = ''] of read(name).matchAll(/^\.Dv ([A-Z]+_[A-Z_]+)/gm))
        expect(Object.keys(codes), name).toContain(code)
      for (const [, word = ''] of read(name).matchAll(/^\.Nm moss Cm ([a-z-]+)/gm))
        expect([...first], name).toContain(word)
    }
  })

  test.skipIf(!oracle('mandoc'))('mandoc finds nothing to warn of', () => {
    const ran = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', ...names], {
      cwd: manualFolder,
      encoding: 'utf8',
    })
    expect(`${ran.stdout}${ran.stderr}`).toBe('')
    expect(ran.status).toBe(0)
  })

  test.skipIf(!oracle('mandoc'))('no line is wider than a console', () => {
    for (const name of names.filter((each) => each !== 'moss-bundle.5')) {
      const { stdout } = spawnSync('mandoc', ['-T', 'utf8', '-O', 'width=78', name], {
        cwd: manualFolder,
        encoding: 'utf8',
      })
      const lines = stdout.replaceAll(overstruck, '').split('\n')
      // Units are printed as they are.
      for (const line of lines.filter((each) => !each.includes('ExecStart=')))
        expect(line.length, `${name}: ${line}`).toBeLessThanOrEqual(80)
    }
  })
})

describe('errors', () => {
  test('every code has a meaning, and something to do where there is something to do', () => {
    expect(Object.keys(meanings).toSorted()).toEqual(Object.keys(codes).toSorted())
    for (const code of Object.keys(codes) as ErrorCode[]) {
      const { meaning } = meanings[code]
      expect(meaning, code).toMatch(/^[a-z].*[^.]$/)
      expect(remedyOf(code), code).toMatch(/^[^\s].*[^.\s]$/)
      expect(read('moss-errors.7')).toContain(`.It Dv ${code} Pq exit ${codes[code].exit}`)
    }
  })
})

describe('numbers', () => {
  const bundle = 'moss-bundle.5'
  const MiB = 1024 * 1024
  const said: Readonly<Record<keyof typeof limits, readonly [page: string, text: string]>> = {
    headBytes: [bundle, `length of the head: 1 to ${limits.headBytes}`],
    signaturesBytes: [bundle, `length of the signatures: at most ${limits.signaturesBytes}`],
    rootChainBytes: [bundle, `at most ${limits.rootChainBytes} bytes`],
    stateBytes: [bundle, `in a state at most ${limits.stateBytes} bytes`],
    cborDepth: [bundle, `at most ${limits.cborDepth} deep`],
    sectionBytes: [bundle, `size after decoding, 1 to ${limits.sectionBytes}`],
    longTableBytes: [bundle, `of chunks, contents, links and catalogue at most ${limits.longTableBytes}`],
    framePlainBytes: [bundle, `plain size: 1 to ${limits.framePlainBytes}`],
    deltaPlainBytes: [bundle, `of codec 4 to ${limits.deltaPlainBytes}`],
    deltaBaseBytes: [bundle, `The bases of a frame have ${limits.deltaBaseBytes} bytes or fewer`],
    deltaStreamBytes: [bundle, `The plain sizes make ${limits.deltaStreamBytes} or less`],
    deltaUnpackedBytes: [bundle, `The base has ${limits.deltaUnpackedBytes} bytes or fewer`],
    deltaUnpackedTogetherBytes: [bundle, `2 and 3 together ${limits.deltaUnpackedTogetherBytes} or`],
    zstdWindowBytes: [bundle, `${limits.zstdWindowBytes / MiB} MiB; it names no dictionary`],
    zstdBaseBytes: [bundle, `before the content, at most ${limits.zstdBaseBytes}`],
    zstdBaseWindowBytes: [bundle, `at most ${limits.zstdBaseWindowBytes / MiB} MiB, and its matches`],
    pathDepth: [bundle, `A path is an array of 1 to ${limits.pathDepth} byte strings`],
    pathComponentBytes: [bundle, `Each has 1 to ${limits.pathComponentBytes} bytes`],
    recipeBytes: ['moss-recipe.5', `at most ${limits.recipeBytes / 1024} KiB`],
    sourcesBytes: ['moss-recipe.5', `unpack to at most ${limits.sourcesBytes / MiB / 1024} GiB`],
    sourcesEntries: [
      'moss-recipe.5',
      limits.sourcesEntries === 1e6 ? 'and a million names' : 'another number',
    ],
    buildLogBytes: ['moss-recipe.5', `the first ${limits.buildLogBytes / MiB} MiB`],
    serialJump: ['moss-trust.7', `${limits.serialJump}`],
    futureDays: ['moss-trust.7', `${limits.futureDays} days`],
  }
  test.each(Object.entries(said))('%s is in the manual', (_, [page, text]) => {
    expect(prose(page)).toContain(text)
  })

  test('so are the sizes of chunks, the kinds of capabilities, and how many states stay', () => {
    expect(prose(bundle)).toContain(`size: 1 to ${chunkSizes.max}`)
    expect(prose(bundle)).toContain(`have ${chunkSizes.min} bytes or more`)
    for (const page of ['moss-manifest.5', 'moss-model.5'])
      for (const kind of registeredKinds) expect(prose(page)).toMatch(new RegExp(`\\b${kind}\\b`))
    const numbers = ['no', 'one', 'two', 'three', 'four']
    expect(prose('moss-state.1')).toContain(`the ${numbers[newestKept]} newest (${numbers[fewestKept]} where`)
  })
})
