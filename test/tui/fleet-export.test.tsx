// Fleet and Export, a station's screens: frames through Ink in their empty, usual, busy and error states at three sizes, and
// what each key does.
import { describe, expect, test } from 'vitest'
import type { CarriedStates } from '../../src/ops/carried-states.ts'
import type { EnrolPlan } from '../../src/ops/enrol.ts'
import type { Exported } from '../../src/ops/export.ts'
import type { FleetRow } from '../../src/ops/fleet-hosts.ts'
import type { ExportPlan } from '../../src/ops/plan-export.ts'
import type { ScreenEvent } from '../../src/tui/events.ts'
import { type ScreensState, startState } from '../../src/tui/state.ts'
import { frame } from '../support/ink-frame.tsx'
import { after, failed, nowMs, play, ready, shown, usual } from '../support/screens.ts'

const small = { columns: 40, rows: 12 }
const large = { columns: 120, rows: 40 }
const stick = '/media/anna/STICK'
/** A key for each character. */
const typing = (text: string): readonly string[] => Array.from(text)
const words = 'wood lens dirt pride heart captain skate ethics'

const station = startState({
  root: '/',
  home: '/var/lib/moss',
  isHost: false,
  size: { columns: 80, rows: 24 },
  look: { isAscii: false, isColour: false },
  nowMs,
  named: [],
})

const host = (name: string, id: string, more: object = {}): FleetRow =>
  ({
    host: id.repeat(16),
    key: id.repeat(64),
    name,
    counter: 3,
    written: 1_780_272_000,
    seen: 1_780_272_000,
    follows: 'stable',
    channel: 'stable',
    serial: 1,
    lacking: 0,
    fingerprint: id,
    words,
    groups: [],
    newest: 4,
    behind: 3,
    behindDays: 41,
    ...more,
  }) as unknown as FleetRow

const hosts: readonly FleetRow[] = [
  host('pump-01', '1', { groups: ['pumps', 'north'], outcome: 'applied', detail: 'confirmed' }),
  host('pump-02', '2', { serial: 4, behind: 0, behindDays: 0 }),
  host('pump-03', '3', { outcome: 'failed', detail: 'the check web failed' }),
  host('pump-04', '4', { underWay: { serial: 4, made: 1_780_272_000 } }),
  host('pump-05', '5', { serial: undefined, channel: undefined, behind: 4, lacking: 12 }),
]

const sent = (name: string, id: string, counter: number, isEnrolled: boolean) => ({
  file: `${stick}/moss/hosts/${id.repeat(16)}/states/${counter}.moss-state`,
  host: id.repeat(16),
  name,
  counter,
  fingerprint: id,
  words,
  isEnrolled,
})
const carried = {
  media: [{ path: stick, device: 7, freeBytes: 11_400_000_000 }],
  states: [sent('pump-01', '1', 5, true), sent('pump-04', '4', 3, true), sent('pump-09', '9', 1, false)],
  unreadable: [],
} as unknown as CarriedStates

const fleetRead: ScreenEvent = { kind: 'fleet', result: ready(hosts) }
const mediaRead: ScreenEvent = { kind: 'carried', result: ready(carried) }
const entered = after(
  station,
  { kind: 'fleet', result: ready([]) },
  { kind: 'carried', result: ready({ media: [], states: [], unreadable: [] }) },
)
const fleet = after(station, fleetRead, mediaRead)

const plan = {
  kind: 'export',
  effort: '5',
  channel: 'stable',
  serial: 4,
  hosts: [
    {
      host: '1'.repeat(16),
      name: 'pump-01',
      state: 5,
      fromSerial: 1,
      changes: [{}, {}],
      fullBytes: 1_300_000_000,
      newBytes: 70_200_000,
    },
    {
      host: '5'.repeat(16),
      name: 'pump-05',
      state: 3,
      changes: [{}],
      fullBytes: 1_300_000_000,
      newBytes: 1_300_000_000,
    },
  ],
  fullBytes: 1_300_000_000,
  sharedBytes: 1_200_000_000,
  estimate: { deltas: 2_100_000, whole: 3000, metadata: 320_000 },
  warnings: ['pump-05 did not keep its last bundle: the check web failed'],
} as unknown as ExportPlan

const exported = {
  bundle: '9'.repeat(64),
  path: `${stick}/moss/bundles/stable-4-99999999.moss`,
  isNew: true,
  fileBytes: 2_400_000,
  frameBytes: 2_103_000,
  deltaBytes: 2_100_000,
  bytes: { metadata: 297_000 },
  seconds: 3.25,
} as unknown as Exported

const asked = play(fleet, ' ', 'j', 'j', 'j', 'j', ' ', 'Enter')
const wanted = { states: asked.state.export.states }
const planned = after(asked.state, { kind: 'export-planned', wanted, result: ready(plan) })

describe('Fleet', () => {
  test('before it is read, and without a host', () => {
    expect(frame(station)).toContain(' reading the fleet …')
    expect(frame(entered)).toMatchInlineSnapshot(`
      "
       moss [Fleet] Export  Doctor                              station /var/lib/moss
      ────────────────────────────────────────────────────────────────────────────────
       hosts    0 hosts
       media    none: plug a stick in and mount it, or press o and type its folder

         No host is known here yet. On the host: moss state export MEDIUM. Bring the
         stick here; the host then stands in this list, and Enter shows the words of
         its key, to be compared with those that moss trust show says there.















       o path  r reread  d doctor  q quit
      "
    `)
  })

  test('as usual: who asks to be known, who is behind, what is under way', () => {
    expect(frame(fleet)).toMatchInlineSnapshot(`
      "
       moss [Fleet] Export  Doctor                              station /var/lib/moss
      ────────────────────────────────────────────────────────────────────────────────
       hosts    5 hosts
       media    /media/anna/STICK (11.4 GB free)

       >  ?  pump-09           is not enrolled: Enter shows its words
         [ ] pump-01           stable 1 of 4    3 behind, 41 days   state 5 is here
         [ ] pump-02           stable 4 of 4    up to date
         [ ] pump-03           stable 1 of 4    3 behind, 41 days   ! did not keep it…
         [ ] pump-04           stable 1 of 4    3 behind, 41 days   serial 4 under way
         [ ] pump-05           stable: none     4 behind            ! asks again for …









       id 9999999999999999, its state 1; its words:
       wood lens dirt pride heart captain skate ethics
       Arrows move  Enter enrol  a all  / filter  t take states in  o path  r reread
       d doctor  q quit
      "
    `)
  })

  test('at 40×12, at 120×40, and filtered', () => {
    expect(frame({ ...fleet, size: small })).toMatchInlineSnapshot(`
      "
       moss [Fleet] Export  Doctor
      ─────────────── station /var/lib/moss ──

       >  ?  pump-09      is not enrolled: En…
         [ ] pump-01      stable 1 of 4    3 …
         1 of 6

       id 9999999999999999, its state 1; its
       wood lens dirt pride heart captain
       Arrows move  Enter enrol  a all
       / filter  t take states in  o path
       r reread  d doctor  q quit
      "
    `)
    expect(frame({ ...fleet, size: large })).toContain(
      '   [ ] pump-04                  stable 1 of 4    3 behind, 41 days   serial 4 under way',
    )
    const filtered = after(fleet, '/', ...typing('north'), 'Enter')
    expect(shown(filtered)).toContain('/north  1 shown')
    expect(shown(filtered)).not.toContain('pump-02')
    expect(shown(after(filtered, 'Escape'))).toContain('pump-02')
    expect(shown(after(fleet, '/', ...typing('nobody')))).toContain('nothing matches the filter')
  })

  test('in error', () => {
    const problem = { code: 'STATE_BROKEN', message: 'fleet.db is broken', hint: 'restore it from a copy' }
    const broken = after(station, { kind: 'fleet', result: failed(problem) })
    expect(shown(broken)).toContain('! fleet.db is broken [STATE_BROKEN]')
    expect(shown(broken)).toContain('hint: restore it from a copy')
    const spoiled = {
      ...carried,
      unreadable: [{ file: `${stick}/x.moss-state`, message: 'it is cut short' }],
    }
    expect(shown(after(fleet, { kind: 'carried', result: ready(spoiled) }))).toContain(
      'x.moss-state: it is cut',
    )
  })

  test('a stranger is enrolled after its words were compared; Enter is no', () => {
    const asking = play(fleet, 'Enter')
    expect(asking.effects).toEqual([])
    expect(shown(asking.state).replace(/\s+/g, ' ')).toContain(`must say: ${words} [y/N]`)
    expect(shown(after(asking.state, 'Enter'))).toContain('nothing was changed')
    const yes = play(asking.state, 'y')
    expect(yes.effects).toEqual([{ kind: 'enrol', file: carried.states[2]?.file, fingerprint: '9' }])
    const done = play(yes.state, { kind: 'enrolled', result: ready({ name: 'pump-09' } as EnrolPlan) })
    expect(shown(done.state)).toContain('pump-09 is enrolled')
    expect(done.effects.map(({ kind }) => kind)).toEqual(['read-fleet', 'read-carried'])
    const refused = {
      kind: 'enrolled',
      result: failed({ code: 'TRUST_FINGERPRINT', message: 'another' }),
    } as const
    expect(shown(after(yes.state, refused))).toContain('[TRUST_FINGERPRINT]')
  })

  test('Space chooses, a chooses all and none, and Enter plans for the chosen or for the one under the cursor', () => {
    const one = play(fleet, 'j', 'Enter')
    expect(one.effects).toEqual([{ kind: 'plan-export', states: [carried.states[0]?.file] }])
    const two = play(fleet, 'j', ' ', 'j', ' ', 'Enter')
    expect(two.effects).toEqual([{ kind: 'plan-export', states: [carried.states[0]?.file, '2'.repeat(16)] }])
    const all = after(fleet, 'j', 'a')
    expect(shown(all)).toContain('5 hosts, 5 chosen for a bundle')
    expect(shown(after(all, 'a'))).not.toContain('chosen')
    // What is chosen stays so behind a filter.
    const hidden = play(after(fleet, 'j', ' ', '/', ...typing('pump-02'), 'Enter'), 'Enter')
    expect(hidden.effects).toMatchObject([{ kind: 'plan-export', states: [carried.states[0]?.file] }])
    expect(after(fleet, 'j', ' ', ' ').fleet.chosen.size).toBe(0)
  })

  test('what hosts have sent is taken in without a bundle, and what is odd about one is told', () => {
    const taking = play(fleet, 't')
    expect(taking.effects).toEqual([{ kind: 'receive', states: [carried.states[0]?.file] }])
    const received = {
      hosts: [{ host: '1', name: 'pump-01', counter: 5 }],
      strangers: [],
      unreadable: [],
      warnings: [],
    }
    const done = play(taking.state, { kind: 'received', result: ready(received) })
    expect(shown(done.state)).toContain('✓ kept what pump-01 sent')
    expect(done.effects).toEqual([{ kind: 'read-fleet' }])
    const odd = { ...received, warnings: ['two machines have the key of pump-01'] }
    expect(shown(after(taking.state, { kind: 'received', result: ready(odd) }))).toContain('! two machines')
    expect(shown(after(station, fleetRead))).not.toContain('t take states in')
  })

  test('media are looked at while somebody looks, and a typed path that is none is told', () => {
    expect(play(fleet, { kind: 'tick', nowMs }).effects).toEqual([{ kind: 'read-carried', named: [] }])
    const typed = play(fleet, 'o', ...typing('/nowhere'), 'Enter')
    expect(typed.effects).toEqual([{ kind: 'read-carried', named: ['/nowhere'] }])
    expect(shown(after(typed.state, mediaRead))).toContain('no state and no folder at /nowhere')
    expect(shown(after(fleet, 'o', ...typing(stick), 'Enter', mediaRead))).not.toContain('no state')
    expect(play(fleet, 'o', ...typing('  '), 'Enter').effects).toEqual([])
  })

  test('a machine that is a host too goes there and back; one that is not stays', () => {
    const both: ScreensState = { ...usual, home: '/var/lib/moss' }
    expect(shown(both)).toContain('s station')
    expect(shown(usual)).not.toContain('s station')
    const there = after(both, 's')
    expect(there.screen).toBe('fleet')
    expect(after(there, fleetRead, 'Escape').screen).toBe('overview')
    expect(after(fleet, 'Escape').screen).toBe('fleet')
    expect(after(fleet, 'd', 'Escape').screen).toBe('fleet')
    expect(play(fleet, 'r').effects.map(({ kind }) => kind)).toEqual(['read-fleet', 'read-carried'])
    expect(play(fleet, 'q').effects).toEqual([{ kind: 'leave', isInterrupted: false }])
  })

  test('10,000 hosts: a key and its frame stay well within 50 ms', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => host(`pump-${n}`, '7', { host: `${n}` }))
    let at = after(station, { kind: 'fleet', result: ready(many) }, mediaRead)
    const startedMs = performance.now()
    for (let n = 0; n < 20; n++) {
      at = after(at, 'j')
      shown(at)
    }
    const eachMs = (performance.now() - startedMs) / 20
    console.log(`a key among 10,000 hosts and its frame: ${eachMs.toFixed(1)} ms`)
    expect(eachMs).toBeLessThan(50)
  })
})

describe('Export', () => {
  test('without hosts, while it is planned, and as usual', () => {
    expect(shown({ ...fleet, screen: 'export' })).toContain('No hosts are chosen.')
    expect(asked.effects).toMatchObject([{ kind: 'plan-export' }])
    expect(shown(asked.state)).toContain('planning the bundle …')
    expect(frame(planned)).toMatchInlineSnapshot(`
      "
       moss  Fleet [Export] Doctor                              station /var/lib/moss
      ────────────────────────────────────────────────────────────────────────────────
       bundle   serial 4 of channel stable, for 2 hosts
       content  1.3 GB wanted, 1.2 GB already there
       size     about 2.4 MB at effort 5: deltas 2.1 MB, whole 3.0 kB, metadata 320
                kB
       to       /media/anna/STICK, 11.4 GB free

         pump-01              1 → 4        2 packages change     70.2 MB of 1.3 GB
         pump-05              none → 4     1 package changes     1.3 GB of 1.3 GB
       ! pump-05 did not keep its last bundle: the check web failed












       Enter write  e effort small  o path  Esc back  q quit
      "
    `)
  })

  test('at 40×12 and at 120×40', () => {
    expect(frame({ ...planned, size: small })).toMatchInlineSnapshot(`
      "
       moss  Fleet [Export] Doctor
      ─────────────── station /var/lib/moss ──
                metadata 320 kB
       to       /media/anna/STICK, 11.4 GB
                free

         pump-01    1 → 4        2 packages c…
         pump-05    none → 4     1 package ch…
       ! pump-05 did not keep its last
       Arrows scroll  Enter write
       e effort small  o path  Esc back
       q quit
      "
    `)
    expect(frame({ ...planned, size: large })).toContain('about 2.4 MB at effort 5: deltas 2.1 MB')
  })

  test('a plan that cannot be made says why, and r plans again', () => {
    const problem = { code: 'SOLVE_NO_SOLUTION', message: 'for pump-05, nothing provides name(gone)' }
    const none = after(asked.state, { kind: 'export-planned', wanted, result: failed(problem) })
    expect(shown(none)).toContain('nothing provides name(gone) [SOLVE_NO_SOLUTION]')
    expect(play(none, 'r').effects).toMatchObject([{ kind: 'plan-export', states: wanted.states }])
    // An answer to another question changes nothing.
    const other = {
      kind: 'export-planned',
      wanted: { states: ['x'] },
      result: ready(plan),
    } as const
    expect(after(asked.state, other)).toBe(asked.state)
  })

  test('it goes to the medium that the states came on', () => {
    const other = { path: '/media/anna/ANOTHER', device: 8, freeBytes: 4e9 }
    const two = { ...carried, media: [other, ...carried.media] }
    const looked = after(station, fleetRead, { kind: 'carried', result: ready(two) })
    expect(after(looked, 'j', 'Enter').export.medium).toBe(stick)
    expect(after(looked, 'j', 'j', 'Enter').export.medium).toBe(other.path)
  })

  test('effort and medium are chosen; a full one is seen before', () => {
    expect(play(planned, 'e').effects).toMatchObject([{ kind: 'plan-export', effort: 'small' }])
    const elsewhere = after(planned, 'o', ...typing('/srv/out'), 'Enter')
    expect(shown(elsewhere)).toContain('/srv/out is not here')
    expect(shown(elsewhere)).not.toContain('Enter write')
    const out = { ...carried, media: [...carried.media, { path: '/srv/out', device: 1, freeBytes: 4e9 }] }
    expect(shown(after(elsewhere, { kind: 'carried', result: ready(out) }))).toContain(
      '/srv/out, 4.0 GB free',
    )
    const two = {
      ...carried,
      media: [...carried.media, { path: '/media/anna/OTHER', device: 8, freeBytes: 1000 }],
    }
    const other = after(planned, { kind: 'carried', result: ready(two) }, 'm')
    expect(shown(other)).toContain(' to       /media/anna/OTHER, 1.0 kB free')
    expect(shown(after(other, 'm'))).toContain(` to       ${stick}`)
    const nowhere = after(station, fleetRead, 'j', 'Enter')
    expect(nowhere.export.medium).toBeUndefined()
    const plannedNowhere = after(nowhere, {
      kind: 'export-planned',
      wanted: { states: nowhere.export.states },
      result: ready(plan),
    })
    expect(shown(plannedNowhere)).toContain('no medium is here: mount a stick')
    expect(shown(plannedNowhere)).not.toContain('Enter write')
    // A stick that is plugged in now is where it goes.
    expect(shown(after(plannedNowhere, mediaRead))).toContain('Enter write')
  })

  test('it is written with its phases, and says when the medium may be pulled', () => {
    const writing = play(planned, 'Enter')
    expect(writing.effects).toEqual([{ kind: 'export', plan, medium: { path: stick, device: 7 } }])
    const busy = after(
      writing.state,
      { kind: 'progress', progress: { phase: 'encode', doneItems: 4, totalItems: 4 }, nowMs: nowMs + 2000 },
      {
        kind: 'progress',
        progress: { phase: 'write', doneBytes: 1_200_000, totalBytes: 2_400_000 },
        nowMs: nowMs + 4000,
      },
    )
    expect(frame(busy)).toMatchInlineSnapshot(`
      "
       moss  Fleet [Export] Doctor                              station /var/lib/moss
      ────────────────────────────────────────────────────────────────────────────────
       bundle   serial 4 of channel stable, for 2 hosts
       content  1.3 GB wanted, 1.2 GB already there
       size     about 2.4 MB at effort 5: deltas 2.1 MB, whole 3.0 kB, metadata 320
                kB
       to       /media/anna/STICK, 11.4 GB free

       ✓ encode    find differences and compress
       > write     █████████░░░░░░░░░  1.2 MB of 2.4 MB
         read back compare what the medium gives with what was signed












       q stop
      "
    `)
    const done = play(busy, { kind: 'exported', result: ready(exported) })
    expect(done.effects).toEqual([{ kind: 'read-fleet' }])
    expect(frame(done.state)).toMatchInlineSnapshot(`
      "
       moss  Fleet [Export] Doctor                              station /var/lib/moss
      ────────────────────────────────────────────────────────────────────────────────
       ✓ written and read back: the medium is safe to remove

       bundle   /media/anna/STICK/moss/bundles/stable-4-99999999.moss
       id       999999999999
       carried  2.4 MB of 1.3 GB in 3.3 s: deltas 2.1 MB, whole 3.0 kB, metadata 297
                kB
       for      pump-01, pump-05

       At the host: choose the bundle on Overview, or run moss sync with the stick.
       The state that it leaves there tells this station how it went.











       Enter to the fleet  Esc back  q quit
      "
    `)
    expect(done.state.fleet.chosen.size).toBe(0)
    expect(after(done.state, 'Enter').screen).toBe('fleet')
  })

  test('a failed one says that, and can be tried again', () => {
    const full = { code: 'HOST_NO_SPACE', message: 'no room on the stick', hint: 'take another' }
    const again = after(planned, 'Enter', { kind: 'exported', result: failed(full) })
    expect(shown(again)).toContain('no room on the stick [HOST_NO_SPACE]')
    expect(play(again, 'Enter').effects).toMatchObject([{ kind: 'export' }])
  })

  test('a medium that is full gets what it has room for, and the next one the rest', () => {
    const next = { number: 2, limitBytes: 4_000_000 }
    const full = { code: 'VOLUME_NEXT', message: 'volume 1 of 2 is written and read back', next }
    const waiting = after(planned, 'Enter', { kind: 'exported', result: failed(full) })
    expect(shown(waiting)).toContain('volume 1 of 2 is written and read back')
    expect(shown(waiting)).toContain('2 comes next: put another medium in')
    const pulled = after(waiting, { kind: 'carried', result: ready({ ...carried, media: [] }) })
    expect(shown(pulled)).toContain(`${stick} is not here`)
    expect(play(pulled, 'Enter').effects).toEqual([])
    expect(play(after(pulled, mediaRead), 'Enter').effects).toMatchObject([{ kind: 'export', next }])
  })

  test('a key with a passphrase asks for it, and shows nothing of it', () => {
    const locked = { code: 'KEY_PASSPHRASE', message: 'key release is protected by a passphrase' }
    const asking = after(planned, 'Enter', { kind: 'exported', result: failed(locked) })
    expect(shown(asking)).toContain('key release is protected by a passphrase')
    const typed = after(asking, ...typing('sesame'))
    expect(shown(typed)).not.toContain('sesame')
    expect(shown(typed)).toContain('passphrase: _')
    expect(play(typed, 'Backspace', 'Enter').effects).toEqual([
      { kind: 'export', plan, medium: { path: stick, device: 7 }, passphrase: 'sesam' },
    ])
    expect(shown(after(typed, 'Escape'))).toContain('Enter write')
  })
})
