// Trust and Doctor: frames through Ink in their empty, usual, busy and error states at three sizes, and what each key does.
import { describe, expect, test } from 'vitest'
import type { Diagnosis } from '../../src/ops/doctor.ts'
import type { ShownTrust } from '../../src/ops/host-operations.ts'
import type { ScreenEvent } from '../../src/tui/events.ts'
import { frame } from '../support/ink-frame.tsx'
import { after, failed, play, ready, shown, usual } from '../support/screens.ts'

const small = { columns: 40, rows: 12 }
const large = { columns: 120, rows: 40 }
const key = (digit: string): ShownTrust['roles'][number]['keys'][number] =>
  digit.repeat(64) as ShownTrust['roles'][number]['keys'][number]
const words = 'wood lens dirt pride heart captain skate ethics'

const trust: ShownTrust = {
  version: 3,
  epoch: 1,
  words,
  fingerprint: Array.from({ length: 16 }, () => '12ab').join(' '),
  isCompared: false,
  seen: { timeFloor: 1_767_225_600, serials: [{ channel: 'stable', serial: 7 }] },
  roles: [
    {
      name: 'root',
      threshold: 2,
      keys: [key('1'), key('2'), key('3')],
      may: 'may replace all the keys below',
    },
    { name: 'channel', threshold: 2, keys: [key('4'), key('5')], may: 'may say which packages exist' },
    { name: 'packager', threshold: 1, keys: [key('6')], may: 'may make packages' },
    { name: 'exporter', threshold: 1, keys: [key('7')], may: 'may choose what this host gets' },
  ],
  host: { id: '1234567890abcdef' as ShownTrust['host']['id'], name: 'pump-07', words, fingerprint: '12ab' },
  warnings: [],
}
const lone = 'key 1111111111111111 alone may do all of this: whoever takes it can make this host do anything'
const trusted = (value: ShownTrust): ScreenEvent => ({ kind: 'trusted', result: ready(value) })
const entered = after(usual, 't')
const read = after(entered, trusted(trust))

describe('Trust', () => {
  test('before it is read, and as usual', () => {
    expect(play(usual, 't').effects).toEqual([{ kind: 'read-trust' }])
    expect(frame(entered)).toContain(' reading whom this host trusts …')
    expect(frame(read)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply  History  Catalogue [Trust] Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       root     3, epoch 1; its fingerprint in words, and in digits
                wood lens dirt pride heart captain skate ethics
                12ab 12ab 12ab 12ab 12ab 12ab 12ab 12ab 12ab 12ab 12ab 12ab 12ab 12ab
                12ab 12ab

       root     may replace all the keys below
                2 of 3: 1111111111111111, 2222222222222222, 3333333333333333
       channel  may say which packages exist
                2 of 2: 4444444444444444, 5555555555555555
       packager may make packages
                1 of 1: 6666666666666666
       exporter may choose what this host gets
                1 of 1: 7777777777777777

       seen     channel stable up to serial 7, the date 2026-01-01: nothing older is
                taken in
       host     pump-07, id 1234567890abcdef; its key, by which a station knows it
                wood lens dirt pride heart captain skate ethics



       Enter compare  Esc back  q quit
      "
    `)
  })

  test('with one key that may do all, at 40×12, scrolled, and at 120×40', () => {
    const warned = after(entered, trusted({ ...trust, warnings: [lone] }))
    expect(frame(warned)).toContain(' !        key 1111111111111111 alone may do all of this')
    const low = { ...warned, size: small }
    expect(frame(low)).toMatchInlineSnapshot(`
      "
       moss [Trust]          pump-07, state 1
      ────────────────────────────────────────
       root     3, epoch 1; its fingerprint
                in words, and in digits
                wood lens dirt pride heart
                captain skate ethics
                12ab 12ab 12ab 12ab 12ab 12ab
                12ab 12ab 12ab 12ab 12ab 12ab
                12ab 12ab 12ab 12ab
       !        key 1111111111111111 alone
       Arrows scroll  Enter compare  Esc back
       q quit
      "
    `)
    expect(shown(after(low, 'Down', 'Down', 'j'))).not.toContain('3, epoch 1')
    const end = after(low, ...Array.from({ length: 40 }, () => 'PageDown'))
    expect(shown(end)).toContain('skate ethics')
    expect(after(end, 'Up').trust.offset).toBe(end.trust.offset - 1)
    expect(frame({ ...warned, size: large })).toContain('channel stable up to serial 7')
    // A window that grows shows all of it again.
    expect(shown({ ...end, size: large })).toContain('3, epoch 1')
    // All of it fits: there is nothing to scroll.
    expect(shown({ ...warned, size: large })).not.toContain('Arrows')
  })

  test('what is wrong keeps its code at the end, however long its words are', () => {
    const typed = 'a'.repeat(64)
    for (const each of ['approve', 'immense', 'overwhelmed']) {
      const spelled = Array.from({ length: 8 }, () => each).join(' ')
      const message = `the trust root is ${spelled} (${trust.fingerprint}), not ${typed} as expected`
      const other = failed({
        code: 'TRUST_FINGERPRINT',
        message,
        hint: 'do not use it',
      })
      for (const size of [small, { columns: 80, rows: 24 }, large]) {
        const state = after({ ...read, size }, { kind: 'trusted', typed, result: other })
        expect(shown(state), `${each} at ${size.columns}`).toMatch(
          /\[TRUST_FINGERPRINT\]\s+hint: do not use it/,
        )
      }
    }
  })

  test('a fingerprint that was told is typed and compared', () => {
    const typing = after(read, 'Enter', ...Array.from('wood lens'))
    expect(frame(typing)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply  History  Catalogue [Trust] Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       Have the publisher read the root’s fingerprint to you, by phone or from paper:
       its eight words, or the 64 digits. Type what you hear; then it is compared.

       wood lens_

















       type its eight words or 64 digits   Enter compare  Esc cancel
      "
    `)
    const asked = play(typing, 'Backspace', 'Enter')
    expect(asked.effects).toEqual([{ kind: 'read-trust', typed: 'wood len' }])
    const same = after(asked.state, { kind: 'trusted', typed: 'wood len', result: ready(trust) })
    expect(shown(same)).toMatch(/it is the same: this host trusts the root that you were told of/)
    const other = failed({
      code: 'TRUST_FINGERPRINT',
      message: 'the trust root is another one',
      hint: 'stop',
    })
    const not = shown(after(asked.state, { kind: 'trusted', typed: 'wood len', result: other }))
    expect(not).toMatch(/! the trust root is another one \[TRUST_FINGERPRINT\]\n hint: stop/)
    expect(not).toContain(words)
    expect(play(read, 'Enter', 'Enter').effects).toEqual([])
    expect(after(typing, 'Escape').trust).toMatchObject({ isTyping: false, typed: '' })
  })

  test('where it cannot be read', () => {
    const result = failed({ code: 'HOST_IO', message: 'root.moss-root cannot be read', hint: 'moss recover' })
    const text = shown(after(entered, { kind: 'trusted', result }))
    expect(text).toMatch(/! root.moss-root cannot be read \[HOST_IO\]\n hint: moss recover/)
    expect(text).not.toContain('compare')
  })
})

const well: Diagnosis = { checked: ['root /: owner, transaction, health'], findings: [] }
const ill: Diagnosis = {
  ...well,
  findings: [
    { about: 'transaction', problem: 'it was interrupted; nothing is lost', remedy: 'moss recover' },
    {
      about: 'bundle',
      problem: 'serial 2 is taken in and waits',
      remedy: 'moss plan says what it would change',
    },
    {
      about: 'model',
      problem: 'it asks for what is not here: name(quay)',
      remedy: 'take the state to the station',
    },
    { about: 'clock', problem: 'it says 1970-01-01', remedy: 'set the clock' },
  ],
}
const diagnosed = (value: Diagnosis): ScreenEvent => ({ kind: 'diagnosed', result: ready(value) })
const looking = after(usual, 'd')
const found = after(looking, diagnosed(ill))

describe('Doctor', () => {
  test('while it looks, with nothing to see to, and with findings', () => {
    expect(play(usual, 'd').effects).toEqual([{ kind: 'diagnose' }])
    expect(frame(looking)).toContain(' looking at this machine …')
    expect(frame(after(looking, diagnosed(well)))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply  History  Catalogue  Trust [Doctor]
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──

       ✓ nothing to see to

       looked at root /: owner, transaction, health

















       r look again  Esc back  q quit
      "
    `)
    expect(frame(found)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply  History  Catalogue  Trust [Doctor]
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       4 things to see to

       > transaction  it was interrupted; nothing is lost
         bundle       serial 2 is taken in and waits
         model        it asks for what is not here: name(quay)
         clock        it says 1970-01-01













       found    it was interrupted; nothing is lost
       do       moss recover
       Arrows move  Enter finish it  r look again  Esc back  q quit
      "
    `)
    expect(shown(after(looking, diagnosed({ checked: [], findings: [] })))).toContain('moss init makes one')
  })

  test('at 40×12 and 120×40', () => {
    expect(frame({ ...found, size: small })).toMatchInlineSnapshot(`
      "
       moss [Doctor]         pump-07, state 1
      ────────────────────────────────────────

       > transaction  it was interrupted; not…
         bundle       serial 2 is taken in an…
         1 of 4

       found    it was interrupted; nothing
                is lost
       do       moss recover
       Arrows move  Enter finish it
       r look again  Esc back  q quit
      "
    `)
    expect(frame({ ...found, size: large })).toContain(' > transaction')
  })

  test('Enter does what a screen can do', () => {
    expect(play(found, 'Enter').effects).toEqual([{ kind: 'recover' }])
    const finished = play(found, 'Enter', {
      kind: 'recovered',
      result: ready(['the interrupted apply was finished']),
    })
    expect(finished.effects.slice(1)).toEqual([{ kind: 'read-status' }, { kind: 'diagnose' }])
    expect(shown(finished.state)).toContain('the interrupted apply was finished')
    // That comes first: whatever else changes something would end it on the side.
    expect(play(found, 'Down', 'Enter').effects).toEqual([])
    const later = after(looking, diagnosed({ ...ill, findings: ill.findings.slice(1) }))
    expect(play(later, 'Enter').state.screen).toBe('plan')
    expect(play(later, 'Down', 'Enter').effects).toEqual([{ kind: 'export-state', to: '/media/anna/STICK' }])
    const last = after(found, 'End')
    expect(play(last, 'Enter').effects).toEqual([])
    expect(shown(last)).toMatch(/do {7}set the clock/)
    expect(play(last, 'r').effects).toEqual([{ kind: 'diagnose' }])
    expect(play(last, 'Escape').state.screen).toBe('overview')
  })

  test('where it cannot look', () => {
    const result = failed({ code: 'BUG', message: 'oh' })
    expect(shown(after(looking, { kind: 'diagnosed', result }))).toContain('! oh [BUG]')
  })

  test('what a root says cannot leave its place', () => {
    const hostile = '\u001b[2J\u202eevil'
    const text = frame(
      after(
        looking,
        diagnosed({ checked: [], findings: [{ about: hostile, problem: hostile, remedy: hostile }] }),
      ),
    )
    expect(text.includes('\u001b') || text.includes('\u202e')).toBe(false)
  })
})
