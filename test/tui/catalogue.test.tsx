// Catalogue: frames through Ink in its empty, usual, busy and error states, what each key does, and 60,000 packages.
import { describe, expect, test } from 'vitest'
import type { FoundPackage, SearchResult } from '../../src/ops/search.ts'
import type { WhyNot } from '../../src/ops/why-not.ts'
import type { ScreenEvent } from '../../src/tui/events.ts'
import type { Result } from '../../src/tui/state.ts'
import { frame } from '../support/ink-frame.tsx'
import { after, failed, play, ready, shown, usual } from '../support/screens.ts'

const packageOf = (name: string, more: Partial<FoundPackage> = {}): FoundPackage => ({
  name,
  version: '1.0',
  summary: `the package ${name}`,
  sizeBytes: 1_500_000,
  ...more,
})
const some: readonly FoundPackage[] = [
  packageOf('harbour', { installed: '1.0', isAsked: true, summary: 'who lies where' }),
  packageOf('quay', { version: '0.3-1~deb12u2' }),
  packageOf('sextant', { isAsked: true, capability: 'binary(sextant)' }),
  packageOf('tide', { installed: '1.0' }),
]
const found = (packages: readonly FoundPackage[], words = ''): ScreenEvent => ({
  kind: 'sought',
  words,
  result: ready<SearchResult>({ channel: 'stable', serial: 2, packages }),
})
const told = (name: string, result: Result<WhyNot>): ScreenEvent => ({ kind: 'explained', name, result })
const comes: WhyNot = {
  verdict: 'quay is not installed: nothing in the model asks for it; channel stable, serial 2, has it',
  changes: [
    { name: 'quay', to: '0.3' },
    { name: 'rope', to: '7' },
  ],
  passedOver: ['jetty'],
  subscribe: 'quay',
}
const entered = after(usual, 'c')
const listed = after(entered, found(some))

describe('Catalogue', () => {
  test('before it is read, as usual, and with nothing found', () => {
    expect(frame(entered)).toContain(' reading the catalogue …')
    expect(frame(listed)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply  History [Catalogue] Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       offered  by channel stable, serial 2: 4 packages; * installed, + asked for

       > * harbour                    1.0             who lies where
           quay                       0.3-1~deb12u2   the package quay
         + sextant                    1.0             the package sextant
         * tide                       1.0             the package tide














       package  harbour, 1.5 MB; installed, version 1.0
       Arrows move  / search  Enter what would come  u unsubscribe  Esc back  q quit
      "
    `)
    expect(frame(after(listed, '/', 'x', found([], 'x')))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply  History [Catalogue] Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       offered  by channel stable, serial 2
       search    /x_  0 found

         nothing in the channel has that

















       type to search   Enter keep it  Esc clear it
      "
    `)
  })

  test('one that waits is told from one that is here and one that is asked for', () => {
    const rows = [
      packageOf('axe', { waiting: '1.0', isAsked: true }),
      packageOf('tool', { version: '3', installed: '1', waiting: '2' }),
    ]
    const shownRows = after(entered, found(rows))
    expect(frame(shownRows)).toContain('* installed, ~ waits, +')
    expect(frame(shownRows)).toContain(' > ~ axe ')
    expect(frame(shownRows)).toContain('   ~ tool ')
    expect(frame(shownRows)).toContain('axe, 1.5 MB; not installed; version 1.0 waits for apply')
    expect(frame(after(shownRows, 'Down'))).toContain(
      'tool, 1.5 MB; installed, version 1; version 2 waits for apply',
    )
  })

  test('what would come with the chosen one, and what cannot be', () => {
    const asking = after(listed, 'Down', 'Enter')
    expect(frame(asking)).toContain('asking the solver')
    expect(frame(after(asking, told('quay', ready(comes))))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply  History [Catalogue] Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       offered  by channel stable, serial 2: 4 packages; * installed, + asked for

         * harbour                    1.0             who lies where
       >   quay                       0.3-1~deb12u2   the package quay
         + sextant                    1.0             the package sextant
         * tide                       1.0             the package tide













       comes    2 packages change: quay, rope
       instead  jetty would serve too
       Arrows move  / search  Enter what would come  s subscribe  Esc back  q quit
      "
    `)
    const problem = 'quay cannot be installed: quay 0.3 requires rope >= 8, of which there is only rope 7'
    const text = frame(after(asking, told('quay', ready({ ...comes, problem, changes: [], passedOver: [] }))))
    expect(text).toContain('! quay cannot be installed')
    expect(frame(after(listed, told('quay', ready(comes))))).not.toContain(' comes    ')
    expect(frame(after(asking, 'Down', told('quay', ready(comes))))).not.toContain(' comes    ')
  })

  test('where no bundle has brought one, and at 40×12 and 120×40', () => {
    const result = failed({
      code: 'CATALOGUE_MISSING',
      message: 'no bundle has brought the catalogue of channel stable',
      hint: 'take a bundle of this channel in with moss import FILE',
    })
    expect(frame(after(entered, { kind: 'sought', words: '', result }))).toMatch(
      /! no bundle has brought[^]*hint: take a bundle/,
    )
    expect(frame({ ...listed, size: { columns: 40, rows: 12 } })).toMatchInlineSnapshot(`
      "
       moss [Catalogue]      pump-07, state 1
      ────────────────────────────────────────
       > * harbour       1.0     who lies whe…
           quay          0.3-1~… the package …
         1 of 4



       package  harbour, 1.5 MB; installed,
       Arrows move  / search
       Enter what would come  u unsubscribe
       Esc back  q quit
      "
    `)
    const wide = frame({ ...listed, size: { columns: 120, rows: 40 } })
    expect(wide).toContain('  + sextant')
  })

  test('keys: words are sought as they are typed, and the last answer counts', () => {
    const typed = play(listed, '/', 'q', 'u', 'Backspace', 'Enter')
    expect(typed.effects).toEqual(['q', 'qu', 'q'].map((words) => ({ kind: 'seek', words })))
    expect(typed.state.catalogue).toMatchObject({ words: 'q', isTyping: false })
    const late = after(typed.state, found([], 'qu'), found(some.slice(1, 2), 'q'))
    expect(shown(late)).toMatch(/\/q {2}1 found/)
    const cleared = play(late, 'Escape')
    expect(cleared.effects).toEqual([{ kind: 'seek', words: '' }])
    expect(play(after(cleared.state, found(some)), 'Escape').state.screen).toBe('overview')
    expect(after(listed, '/', 's', 'Escape').catalogue).toMatchObject({ words: '', isTyping: false })
  })

  test('keys: a wish is put on the list and taken off, told, and seen', () => {
    expect(play(listed, 's').effects).toEqual([])
    expect(play(listed, 'u').effects).toEqual([{ kind: 'wish', name: 'harbour', isWanted: false }])
    const asked = play(listed, 'Down', 's')
    expect(asked.effects).toEqual([{ kind: 'wish', name: 'quay', isWanted: true }])
    const answer = { kind: 'wished', name: 'quay', isWanted: true } as const
    const done = play(asked.state, { ...answer, result: ready({} as never) })
    expect(done.effects).toEqual([{ kind: 'seek', words: '' }])
    expect(shown(done.state)).toMatch(/the model asks for quay now: export the state/)
    const locked = failed({ code: 'STATE_LOCKED', message: 'another moss is changing /' })
    expect(shown(after(asked.state, { ...answer, result: locked }))).toContain('[STATE_LOCKED]')
  })

  test('what a catalogue says cannot leave its place', () => {
    const hostile = '\u001b[2J\u202eevil'
    const text = frame(after(entered, found([packageOf(hostile, { summary: hostile, version: hostile })])))
    expect(text.includes('\u001b') || text.includes('\u202e')).toBe(false)
  })

  test('a page among 60,000 packages makes its frame well within 50 ms', () => {
    const many = Array.from({ length: 60_000 }, (_, n) => packageOf(`package-${`${n}`.padStart(5, '0')}`))
    let state = after(entered, found(many))
    frame(state)
    const startedMs = performance.now()
    for (let n = 0; n < 20; n++) {
      state = after(state, 'PageDown')
      frame(state)
    }
    const each = (performance.now() - startedMs) / 20
    console.log(`a keystroke and its frame: ${each.toFixed(1)} ms`)
    expect(each).toBeLessThan(50)
  })
})
