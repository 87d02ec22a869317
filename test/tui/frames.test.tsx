// Frames of every screen at 80×24, empty, usual, busy and in error, through Ink; and keys that come through Ink's own
// input, several in one read.
import { render } from 'ink-testing-library'
import { describe, expect, test } from 'vitest'
import { Screens } from '../../src/tui/start.tsx'
import type { ScreenEvent } from '../../src/tui/events.ts'
import { bindingsNow } from '../../src/tui/reducer.ts'
import { frame } from '../support/ink-frame.tsx'
import * as made from '../support/screens.ts'
import { after, bundlePath, failed, nowMs, ready } from '../support/screens.ts'

const { fresh, usual, opened, takenIn, planned, history, plan } = made

const progress = (phase: string, more: object = {}, ms = 4000): ScreenEvent => ({
  kind: 'progress',
  progress: { phase, ...more },
  nowMs: nowMs + ms,
})
const locked = {
  code: 'STATE_LOCKED',
  message: 'another moss works on /.moss/lock',
  hint: 'wait until it is done, then run the same command again',
}

describe('Overview', () => {
  test('before anything is read', () => {
    expect(frame(fresh)).toMatchInlineSnapshot(`
      "
       moss [Overview] Plan  Import  Apply  History  Catalogue  Trust  Doctor       /
      ────────────────────────────────────────────────────────────────────────────────

       reading this machine …



















       r reread  d doctor  q quit
      "
    `)
  })

  test('on a root that is not managed', () => {
    const result = failed({ code: 'NOT_INITIALISED', message: '/ is not managed by moss' })
    expect(frame(after(fresh, { kind: 'status', result }))).toMatchInlineSnapshot(`
      "
       moss [Overview] Plan  Import  Apply  History  Catalogue  Trust  Doctor       /
      ────────────────────────────────────────────────────────────────────────────────

       / is not managed by moss yet.

       Whoever publishes for this machine gives you a trust root (a .moss-root file,
       often on the stick) and tells you its fingerprint by phone or on paper. Then,
       as the machine’s administrator:

         moss init --trust FILE.moss-root --expect FINGERPRINT
         moss subscribe NAME...
         moss state export MEDIUM

       The stick goes to the station, and comes back with a bundle made for this
       machine. Then press r here, choose the bundle, and go on with Enter.

       To look around first: npm start, in the folder of moss’s sources, makes a
       station, a sample channel and a host in a temporary folder, and ends in these
       screens.




       r reread  d doctor  q quit
      "
    `)
  })

  test('with no medium', () => {
    const result = ready({ media: [], bundles: [] })
    expect(frame(after(usual, { kind: 'scanned', result }))).toMatchInlineSnapshot(`
      "
       moss [Overview] Plan  Import  Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       host     pump-07, id 1234567890abcdef
       state    1, 3 packages; kept for going back: 0
       channel  stable, serial 1, signed 2026-01-01 (153 days ago)
       waits    nothing
       space    11.4 GB free
       trust    fingerprint 12ab 12ab 12ab 12ab 12ab 12ab …; t shows and compares it

       Bundles to take in
         No medium is mounted. Plug the stick in and mount it (it is looked for in
         /media, /run/media and /mnt), or press o and type the path of a bundle or
         folder.










       p plan  a apply  h history  c catalogue  t trust  d doctor  o path  q quit
      "
    `)
  })

  test('as usual', () => {
    expect(frame(usual)).toMatchInlineSnapshot(`
      "
       moss [Overview] Plan  Import  Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       host     pump-07, id 1234567890abcdef
       state    1, 3 packages; kept for going back: 0
       channel  stable, serial 1, signed 2026-01-01 (153 days ago)
       waits    nothing
       space    11.4 GB free
       trust    fingerprint 12ab 12ab 12ab 12ab 12ab 12ab …; t shows and compares it

       Bundles to take in
       > stable-2-9f3c1122.moss     serial 2   14.2 MB  for this host and 2 others
         stable-2-77aa0000.moss     serial 2   9.1 MB   for pump-03
         holiday.moss               ! is no moss container









       Arrows move  Enter open  p plan  a apply  h history  c catalogue  t trust
       d doctor  o path  e export  q quit
      "
    `)
  })

  test('with something that waits, an interrupted apply, and a path being typed', () => {
    const wentBack = { from: 2, why: 'check pump: exit code 3, the pump stands still' }
    const health = { isConfirmed: true, wentBack }
    const result = ready({ ...made.waiting, health, interrupted: true })
    expect(frame(after(usual, { kind: 'status', result }, 'o', ...Array.from('/mnt/st'))))
      .toMatchInlineSnapshot(`
        "
         moss [Overview] Plan  Import  Apply  History  Catalogue  Trust  Doctor
        ──────────────────────────────────────────────────────────── pump-07, state 1 ──
         host     pump-07, id 1234567890abcdef
         state    1, 3 packages; kept for going back: 0
         channel  stable, serial 1, signed 2026-01-01 (153 days ago)
         waits    serial 2 is taken in: p shows its plan
         space    11.4 GB free
         trust    fingerprint 12ab 12ab 12ab 12ab 12ab 12ab …; t shows and compares it
         !        went back from state 2 by itself: check pump: exit code 3, the pump
                  stands still
         !        an apply was interrupted; f finishes it, nothing is lost

         Bundles to take in
         > stable-2-9f3c1122.moss     serial 2   14.2 MB  taken in, for this host and 2…
           stable-2-77aa0000.moss     serial 2   9.1 MB   for pump-03
           holiday.moss               ! is no moss container







         path: /mnt/st_   Enter look there  Esc cancel
        "
      `)
  })

  test('that cannot be read', () => {
    const result = failed({ code: 'HOST_IO', message: 'cannot open /.moss/moss.db: permission denied' })
    expect(frame(after(fresh, { kind: 'status', result }))).toMatchInlineSnapshot(`
      "
       moss [Overview] Plan  Import  Apply  History  Catalogue  Trust  Doctor       /
      ────────────────────────────────────────────────────────────────────────────────

       ! cannot open /.moss/moss.db: permission denied [HOST_IO]

       The screens can only show what you may read: start moss as the owner of this
       root.
















       r reread  d doctor  q quit
      "
    `)
  })
})

describe('Import', () => {
  test('as usual', () => {
    expect(frame(opened)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan [Import] Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       file     /media/anna/STICK/moss/bundles/stable-2-9f3c1122.moss, 14.2 MB
       for      pump-03 77aa000000000000, pump-07 1234567890abcdef
       made     2026-06-01, bundle 999999999999
       exporter key dddddddddddddddd
       trust    signatures are genuine, and it is for this host
       serial   1 → 2 of channel stable, signed 2026-06-01 (2 days ago)
       changes  2 packages change, 1 new, 1 removed; p shows them
       !        1 warning: p shows them

       Enter copies it from the medium, checks every byte on the way and puts it into
       the store. The system does not change by that; the medium is only read.










       Enter import  v verify only  p what would change  Esc back  q quit
      "
    `)
  })

  test('busy', () => {
    const busy = after(
      opened,
      'Enter',
      progress('copy', { doneBytes: 0, totalBytes: 14_200_000 }, 0),
      progress('copy', { doneBytes: 6_000_000, totalBytes: 14_200_000 }),
    )
    expect(frame(busy)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan [Import] Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       file     /media/anna/STICK/moss/bundles/stable-2-9f3c1122.moss, 14.2 MB
       for      pump-03 77aa000000000000, pump-07 1234567890abcdef
       made     2026-06-01, bundle 999999999999
       exporter key dddddddddddddddd
       trust    signatures are genuine, and it is for this host
       serial   1 → 2 of channel stable, signed 2026-06-01 (2 days ago)
       changes  2 packages change, 1 new, 1 removed; p shows them
       !        1 warning: p shows them

       > copy      ████████░░░░░░░░░░  6.0 MB of 14.2 MB  1.5 MB/s  6 s left
         import    put the contents into the store
         commit    write them to disk for good









       q stop
      "
    `)
  })

  test('done', () => {
    expect(frame(takenIn)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan [Import] Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       file     /media/anna/STICK/moss/bundles/stable-2-9f3c1122.moss, 14.2 MB
       for      pump-03 77aa000000000000, pump-07 1234567890abcdef
       made     2026-06-01, bundle 999999999999
       exporter key dddddddddddddddd
       trust    signatures are genuine, and it is for this host
       serial   1 → 2 of channel stable, signed 2026-06-01 (2 days ago)
       changes  2 packages change, 1 new, 1 removed; p shows them
       !        1 warning: p shows them

       ✓ taken in
       carried  14.2 MB, of which 70 new files (29.0 MB) in 1.3 s
       The medium may be pulled. The system has not changed yet: Enter shows the
       plan.








       Enter see the plan  Esc back  q quit
      "
    `)
  })

  test('of a bundle for somebody else', () => {
    const result = failed(made.wrongHost)
    expect(frame(after(opened, { kind: 'judged', path: bundlePath, result }))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan [Import] Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       file     /media/anna/STICK/moss/bundles/stable-2-9f3c1122.moss, 14.2 MB
       for      pump-03 77aa000000000000, pump-07 1234567890abcdef
       made     2026-06-01, bundle 999999999999
       exporter key dddddddddddddddd

       ! this bundle is for pump-03, not for 1234567890abcdef [BUNDLE_WRONG_HOST]
       hint: choose the bundle made for this host, or export this host’s state and
       ask for one













       r look again  Esc back  q quit
      "
    `)
  })

  test('of a file that is no bundle', () => {
    const result = failed({ code: 'CONTAINER_NOT_ONE', message: 'holiday.moss is no moss container' })
    expect(frame(after(usual, 'Enter', { kind: 'inspected', path: bundlePath, result })))
      .toMatchInlineSnapshot(`
        "
         moss  Overview  Plan [Import] Apply  History  Catalogue  Trust  Doctor
        ──────────────────────────────────────────────────────────── pump-07, state 1 ──

         file     /media/anna/STICK/moss/bundles/stable-2-9f3c1122.moss

         ! holiday.moss is no moss container [CONTAINER_NOT_ONE]

















         Esc back  q quit
        "
      `)
  })
})

describe('Plan', () => {
  test('with nothing that waits', () => {
    expect(frame(after(usual, 'p', { kind: 'planned', result: ready(made.nothingPlan) })))
      .toMatchInlineSnapshot(`
        "
         moss  Overview [Plan] Import  Apply  History  Catalogue  Trust  Doctor
        ──────────────────────────────────────────────────────────── pump-07, state 1 ──

         Nothing waits: state 1 stays as it is.

         Take a bundle in first: press Esc for Overview, choose a bundle and press
         Enter.
















         h history  r reread  Esc back  q quit
        "
      `)
  })

  test('as usual, a line chosen', () => {
    expect(frame(after(planned, 'Down', 'Down'))).toMatchInlineSnapshot(`
      "
       moss  Overview [Plan] Import  Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       plan     state 1 → 2; serial 1 → 2, signed 2 days ago
       changes  2 packages change, 1 new, 1 removed
       after    3 packages, 66 files, 2.9 MB
       disk     11.4 GB free, at most 38.4 kB needed while working

         ! privileged file usr/bin/harbour-admin is new or changes
         ~ harbour                    1.0 → 2.0
       > + quay                       0.3  new
         - tide                       1.0  removed
         ~ tide-tables                1.0 → 2.0










       why      quay: harbour requires name(quay)
       Arrows move  Enter apply  / filter  h history  r reread  Esc back  q quit
      "
    `)
  })

  test('busy', () => {
    expect(frame(after(usual, 'p'))).toMatchInlineSnapshot(`
      "
       moss  Overview [Plan] Import  Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──

       making the plan …



















       h history  r reread  Esc back  q quit
      "
    `)
  })

  test('with what packages say of their newer versions; the same one stays chosen', () => {
    const changelogs = [
      { package: 'tide-tables', lines: ['tide-tables (2.0) stable', '', '  * tides of \u001b[7m2026'] },
    ]
    const told = after(usual, 'p', { kind: 'planned', result: ready({ ...plan, changelogs }) }, 'End')
    expect(frame(told)).toContain('c changelogs')
    const shown = after(told, 'c')
    expect(frame(shown)).toMatchInlineSnapshot(`
      "
       moss  Overview [Plan] Import  Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       plan     state 1 → 2; serial 1 → 2, signed 2 days ago
       changes  2 packages change, 1 new, 1 removed
       after    3 packages, 66 files, 2.9 MB
       disk     11.4 GB free, at most 38.4 kB needed while working

         ! privileged file usr/bin/harbour-admin is new or changes
         ~ harbour                    1.0 → 2.0
         + quay                       0.3  new
         - tide                       1.0  removed
       > ~ tide-tables                1.0 → 2.0
             tide-tables (2.0) stable

               * tides of \\u{1b}[7m2026






       why      tide-tables: harbour requires name(tide-tables) >= 1.0
       Arrows move  Enter apply  c less  / filter  h history  r reread  Esc back
       q quit
      "
    `)
    expect(frame(after(shown, 'Down', 'Down', 'Down', 'c'))).toBe(frame(told))
    expect(frame(planned)).not.toContain('c changelogs')
  })

  test('of 60,000 packages, filtered', () => {
    const long = after(usual, 'p', { kind: 'planned', result: ready(made.longPlan(60_000)) })
    const filtered = after(long, '/', ...Array.from('599'), 'Enter', 'End')
    expect(frame(filtered)).toMatchInlineSnapshot(`
      "
       moss  Overview [Plan] Import  Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       plan     state 1 → 2; serial 1 → 2, signed 2 days ago
       changes  60,000 packages change
       after    3 packages, 66 files, 2.9 MB
       disk     11.4 GB free, at most 38.4 kB needed while working
       filter    /599  220 shown

         ~ package-59988              1.0 → 1.1
         ~ package-59989              1.0 → 1.1
         ~ package-59990              1.0 → 1.1
         ~ package-59991              1.0 → 1.1
         ~ package-59992              1.0 → 1.1
         ~ package-59993              1.0 → 1.1
         ~ package-59994              1.0 → 1.1
         ~ package-59995              1.0 → 1.1
         ~ package-59996              1.0 → 1.1
         ~ package-59997              1.0 → 1.1
         ~ package-59998              1.0 → 1.1
       > ~ package-59999              1.0 → 1.1
         220 of 220

       why      package-59999: subscribed: name(all)
       Arrows move  Enter apply  / filter  h history  r reread  Esc clear  q quit
      "
    `)
  })

  test('that could not be made', () => {
    expect(frame(after(usual, 'p', { kind: 'planned', result: failed(locked) }))).toMatchInlineSnapshot(`
      "
       moss  Overview [Plan] Import  Apply  History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──

       ! another moss works on /.moss/lock [STATE_LOCKED]
       hint: wait until it is done, then run the same command again


















       h history  r reread  Esc back  q quit
      "
    `)
  })
})

describe('Apply', () => {
  test('with nothing that waits', () => {
    expect(frame(after(usual, 'a', { kind: 'planned', result: ready(made.nothingPlan) })))
      .toMatchInlineSnapshot(`
        "
         moss  Overview  Plan  Import [Apply] History  Catalogue  Trust  Doctor
        ──────────────────────────────────────────────────────────── pump-07, state 1 ──

         Nothing waits to be applied: state 1 stays as it is.

         Take a bundle in first: choose one on Overview and press Enter.

















         Esc back  h history  q quit
        "
      `)
  })

  test('asking', () => {
    expect(frame(after(planned, 'Enter'))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import [Apply] History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       apply    state 1 → 2, serial 2 of channel stable
       changes  2 packages change, 1 new, 1 removed
       after    3 packages, 66 files, 2.9 MB
       !        privileged file usr/bin/harbour-admin

         stage     assemble the new state beside the current one
         triggers  run its triggers
         sync      write it to disk for good
       -- point of no return: from here on the new state is the current one --
         publish   exchange the trees: it is current now
         deliver   bring defaults to /etc and /var

       Power may fail at any moment: the machine then has the old state or the new
       one, whole.







       apply? state 1 stays kept, and History takes you back [y/N]
      "
    `)
  })

  test('busy, and asked to stop', () => {
    const busy = after(
      planned,
      'Enter',
      'y',
      progress('stage', { doneItems: 0, totalItems: 24_102 }, 0),
      progress('stage', { doneItems: 12_051, totalItems: 24_102 }),
      'q',
    )
    expect(frame(busy)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import [Apply] History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       apply    state 1 → 2, serial 2 of channel stable
       changes  2 packages change, 1 new, 1 removed
       after    3 packages, 66 files, 2.9 MB
       !        privileged file usr/bin/harbour-admin

       > stage     █████████░░░░░░░░░  12,051 of 24,102  4 s left
         triggers  run its triggers
         sync      write it to disk for good
       -- point of no return: from here on the new state is the current one --
         publish   exchange the trees: it is current now
         deliver   bring defaults to /etc and /var










       stop here? the current state stays as it is; nothing is lost [y/N]
      "
    `)
  })

  test('done', () => {
    const done = after(planned, 'Enter', 'y', progress('deliver'), {
      kind: 'applied',
      result: ready(made.applied),
    })
    expect(frame(done)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import [Apply] History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       applied  state 2 is current; state 1 is kept, and History takes you back to it
       changed  2 packages change, 1 new, 1 removed; 66 files in 2.5 s
       receipt  written; e on Overview puts it on the stick for the station

       ✓ stage     assemble the new state beside the current one
       ✓ triggers  run its triggers
       ✓ sync      write it to disk for good
       -- point of no return: from here on the new state is the current one --
       ✓ publish   exchange the trees: it is current now
       ✓ deliver   bring defaults to /etc and /var

       trigger  ldconfig: skipped: an ordinary user
       etc      etc/harbour.conf: made








       Enter overview  h history  q quit
      "
    `)
  })

  test('failed', () => {
    const result = failed({
      code: 'HOST_NO_SPACE',
      message: 'no space left for state 2',
      hint: 'run moss gc',
    })
    expect(frame(after(planned, 'Enter', 'y', progress('triggers'), { kind: 'applied', result })))
      .toMatchInlineSnapshot(`
        "
         moss  Overview  Plan  Import [Apply] History  Catalogue  Trust  Doctor
        ──────────────────────────────────────────────────────────── pump-07, state 1 ──
         apply    state 1 → 2, serial 2 of channel stable
         changes  2 packages change, 1 new, 1 removed
         after    3 packages, 66 files, 2.9 MB
         !        privileged file usr/bin/harbour-admin

         ✓ stage     assemble the new state beside the current one
         ! triggers  run its triggers
           sync      write it to disk for good
         -- point of no return: from here on the new state is the current one --
           publish   exchange the trees: it is current now
           deliver   bring defaults to /etc and /var







         ! no space left for state 2 [HOST_NO_SPACE]; nothing was changed: the state
         before it is still current
         hint: run moss gc
         Enter overview  h history  q quit
        "
      `)
  })
})

describe('History', () => {
  test('of a fresh machine', () => {
    const [first] = made.states
    const result = ready(first === undefined ? [] : [{ ...first, isCurrent: true }])
    expect(frame(after(usual, 'h', { kind: 'states', result }))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply [History] Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       States, the oldest first
       > * 0    2025-12-29  0 packages     no channel yet          current

       There is one state only: the next apply keeps it, so that you can come back to
       it.
















       Esc back  q quit
      "
    `)
  })

  test('as usual', () => {
    expect(frame(history)).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply [History] Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       States, the oldest first
           0    2025-12-29  0 packages     no channel yet          155 days ago
       >   1    2026-01-01  3 packages     stable serial 1         153 days ago
         * 2    2026-06-01  3 packages     stable serial 2         current

       Enter compares the chosen state with the current one, b goes back to it. The
       state you leave is kept.














       Arrows move  Enter compare  b go back to it  Esc back  q quit
      "
    `)
  })

  test('with a comparison down to files', () => {
    const asked = after(history, 'Enter', 'Enter')
    const wanted = asked.history.compared
    if (wanted === undefined) throw new Error('nothing is compared')
    const result = ready(
      made.diffOf([{ name: 'harbour', from: '2.0', to: '1.0' }], [{ path: 'usr/bin/harbour', change: '~' }]),
    )
    expect(frame(after(asked, { kind: 'compared', wanted, result }))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply [History] Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       States, the oldest first
           0    2025-12-29  0 packages     no channel yet          155 days ago
       >   1    2026-01-01  3 packages     stable serial 1         153 days ago
         * 2    2026-06-01  3 packages     stable serial 2         current

       From state 2 to state 1: 1 package, 1 file
         harbour                  2.0 → 1.0
         ~ usr/bin/harbour













       Arrows move  Enter compare  b go back to it  Esc back  q quit
      "
    `)
  })

  test('asking about the way back', () => {
    const result = ready(made.rollbackPlan)
    expect(frame(after(history, 'b', { kind: 'rollback-planned', state: 1, result }))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import [Apply] History  Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──
       back     state 2 → 1, serial 2 of channel stable
       changes  2 packages change, 1 new, 1 removed
       after    3 packages, 66 files, 2.9 MB

       -- point of no return: from here on the new state is the current one --
         publish   exchange the trees: it is current now
         deliver   bring defaults to /etc and /var

       Power may fail at any moment: the machine then has the old state or the new
       one, whole.











       roll back from state 2 to state 1? state 2 stays kept [y/N]
      "
    `)
  })

  test('that cannot be read', () => {
    expect(frame(after(usual, 'h', { kind: 'states', result: failed(locked) }))).toMatchInlineSnapshot(`
      "
       moss  Overview  Plan  Import  Apply [History] Catalogue  Trust  Doctor
      ──────────────────────────────────────────────────────────── pump-07, state 1 ──

       ! another moss works on /.moss/lock [STATE_LOCKED]
       hint: wait until it is done, then run the same command again


















       Esc back  q quit
      "
    `)
  })
})

describe('any terminal', () => {
  const all = [
    fresh,
    usual,
    opened,
    takenIn,
    planned,
    after(planned, 'Enter'),
    history,
    after(history, 'Enter'),
  ]

  test('a console without UTF-8 gets ASCII alone', () => {
    for (const state of all)
      expect(frame({ ...state, look: { isAscii: true, isColour: false } })).toMatch(/^[\n -~]*$/)
  })

  test('whatever the size, the last line holds the keys and nothing is wider or higher', () => {
    for (const state of all)
      for (const size of [
        { columns: 40, rows: 10 },
        { columns: 20, rows: 3 },
        { columns: 200, rows: 60 },
      ]) {
        const lines = frame({ ...state, size })
          .trimEnd()
          .split('\n')
        if (state.question === undefined && size.columns === 200) expect(lines.at(-1)).toContain('q quit')
      }
  })

  test('a narrow window takes more lines for the keys and loses none; a low one keeps the chosen line', () => {
    for (const state of all) {
      const text = frame({ ...state, size: { columns: 40, rows: 24 } })
      if (state.question === undefined)
        for (const key of bindingsNow(state)) expect(text).toContain(`${key.shown} ${key.label}`)
    }
    expect(frame({ ...usual, size: { columns: 80, rows: 8 } })).toContain('> stable-2-9f3c1122.moss')
    expect(frame({ ...planned, size: { columns: 80, rows: 10 } })).toContain('> ! privileged file')
  })

  test('foreign text cannot leave its place', () => {
    const hostile = '\u001b[2J\u001b[1;1Hall is well\u202e'
    const result = ready({
      ...plan,
      changes: [{ name: hostile, to: hostile, reason: hostile }],
      warnings: [hostile],
    })
    const text = frame(after(usual, 'p', { kind: 'planned', result }))
    expect(text.includes('\u001b') || text.includes('\u202e')).toBe(false)
    expect(text).toContain('\\u{1b}[2J')
  })

  test('a frame of 60,000 packages is made well within a keystroke', () => {
    let state = after(usual, 'p', { kind: 'planned', result: ready(made.longPlan(60_000)) })
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

describe('input through Ink', () => {
  const settle = () => new Promise((resolve) => setTimeout(resolve, 60))

  test('keys that come in one read are all taken, in order', async () => {
    let state = after(usual, 'p', { kind: 'planned', result: ready(made.longPlan(100)) })
    const ink = render(<Screens state={state} press={(key) => (state = after(state, key))} />)
    await settle()
    ink.stdin.write('jjjk')
    ink.stdin.write('\u001b[B\u001b[B')
    await settle()
    expect(state.plan.cursor).toBe(4)
    ink.stdin.write('/0099\r')
    await settle()
    expect(state.plan).toMatchObject({ filter: '0099', isTyping: false })
    ink.stdin.write('\u001b')
    await settle()
    expect(state.plan.filter).toBe('')
    ink.unmount()
  })
})
