// The reducer, event by event: what each answer changes, what each key does on each screen, and that no key does what
// the last line does not show.
import { describe, expect, test } from 'vitest'
import type { ScreenEvent } from '../../../src/tui/events.ts'
import { bindingsNow, reduce } from '../../../src/tui/reducer.ts'
import { type ScreensState, startState } from '../../../src/tui/state.ts'
import * as made from '../../support/screens.ts'
import { after, bundlePath, failed, nowMs, play, ready, shown } from '../../support/screens.ts'

const { fresh, usual, opened, takenIn, planned, history, plan } = made
const deciding = after(planned, 'Enter')
const applying = after(deciding, 'y')
const progress = (phase: string, more: object = {}): ScreenEvent => ({
  kind: 'progress',
  progress: { phase, ...more },
  nowMs: nowMs + 2000,
})
const lastLines = (state: ScreensState): readonly string[] => shown(state).split('\n').slice(-2)

describe('events', () => {
  test('the status of the machine is kept, also as a failure', () => {
    expect(after(fresh, { kind: 'status', result: ready(made.status) }).status).toMatchObject({
      kind: 'ready',
    })
    expect(after(fresh, { kind: 'status', result: failed(made.wrongHost) }).status).toMatchObject({
      kind: 'failed',
    })
  })

  test('a scan keeps the cursor on its bundle where that is still there', () => {
    const second = after(usual, 'Down')
    const [first, other] = made.scan.bundles
    const fewer = { media: made.scan.media, bundles: [other, first].filter((each) => each !== undefined) }
    expect(after(second, { kind: 'scanned', result: ready(fewer) }).cursor).toBe(0)
    expect(after(second, { kind: 'scanned', result: ready({ media: [], bundles: [] }) }).cursor).toBe(0)
  })

  test('the one path that the screens were started with: a bundle is opened, once; of a medium the first is chosen', () => {
    const scanned: ScreenEvent = { kind: 'scanned', result: ready(made.scan) }
    const started = (...named: readonly string[]): ScreensState =>
      after(startState({ ...fresh, named }), { kind: 'status', result: ready(made.status) })
    const on = play(started(bundlePath), scanned)
    expect(on.state).toMatchObject({ screen: 'import', cursor: 0, bundle: { path: bundlePath } })
    expect(on.effects).toEqual(['inspect', 'judge'].map((kind) => ({ kind, path: bundlePath })))
    expect(after(on.state, 'Escape', scanned).screen).toBe('overview')
    expect(after(started(bundlePath), 'h', scanned).screen).toBe('history')
    expect(after(started(bundlePath, '/other.moss'), scanned).screen).toBe('overview')
    const [medium = ''] = made.scan.media
    expect(after(started(medium), scanned)).toMatchObject({ screen: 'overview', cursor: 0 })
    const bare: ScreenEvent = { kind: 'scanned', result: ready({ media: [medium], bundles: [] }) }
    expect(after(started(medium), bare).notice).toBeUndefined()
    expect(after(started('/nowhere.moss'), scanned).notice?.text).toBe('no bundle at /nowhere.moss')
    const station = startState({ ...fresh, isHost: false, named: [bundlePath] })
    expect(after(station, scanned).screen).toBe('fleet')
  })

  test('a tick looks for media on an idle Overview and nowhere else', () => {
    const tick: ScreenEvent = { kind: 'tick', nowMs: nowMs + 3000 }
    expect(play(usual, tick).effects).toEqual([{ kind: 'read-status' }, { kind: 'scan', named: [] }])
    for (const state of [fresh, opened, planned, history, applying, after(usual, 'o')])
      expect(play(state, tick).effects).toEqual([])
    expect(after(planned, tick).nowMs).toBe(nowMs + 3000)
  })

  test('a new size is taken over', () => {
    expect(after(usual, { kind: 'resized', size: { columns: 60, rows: 12 } }).size).toEqual({
      columns: 60,
      rows: 12,
    })
  })

  test('answers about a bundle that is no longer open change nothing', () => {
    const old = '/media/old.moss'
    const answers: readonly ScreenEvent[] = [
      { kind: 'inspected', path: old, result: failed(made.wrongHost) },
      { kind: 'judged', path: old, result: failed(made.wrongHost) },
    ]
    expect(after(opened, ...answers).bundle).toEqual(opened.bundle)
  })

  test('an import that failed says why and can be tried again', () => {
    const state = after(opened, 'Enter', {
      kind: 'imported',
      path: bundlePath,
      result: failed(made.wrongHost),
    })
    expect(state.work).toBeUndefined()
    expect(state.notice).toMatchObject({ tone: 'bad', hint: made.wrongHost.hint })
    expect(play(state, 'Enter').effects).toEqual([{ kind: 'import', path: bundlePath }])
  })

  test('a verification ends its work and shows what was found', () => {
    const verifying = play(opened, 'v')
    expect(verifying.effects).toEqual([{ kind: 'verify', path: bundlePath }])
    const done = after(verifying.state, {
      kind: 'verified',
      path: bundlePath,
      result: ready([`${bundlePath}: whole and genuine`]),
    })
    expect(done.work).toBeUndefined()
    expect(shown(done)).toContain('✓ whole and genuine')
  })

  test('a plan made for Apply is shown there', () => {
    const state = after(usual, 'a', { kind: 'planned', result: ready(plan) })
    expect(state.screen).toBe('apply')
    expect(state.question).toBeUndefined()
    expect(state.apply.plan).toEqual(ready(plan))
  })

  test('a rollback plan asks at once, but not after its screen was left', () => {
    const asked = after(history, 'b', {
      kind: 'rollback-planned',
      state: 1,
      result: ready(made.rollbackPlan),
    })
    expect(asked.question).toMatchObject({ kind: 'rollback' })
    const left = after(history, 'b', 'Escape', {
      kind: 'rollback-planned',
      state: 1,
      result: ready(made.rollbackPlan),
    })
    expect(left.question).toBeUndefined()
  })

  test('after an apply everything is read again and the plan is forgotten', () => {
    const done = play(applying, progress('publish'), { kind: 'applied', result: ready(made.applied) })
    expect(done.effects).toEqual([{ kind: 'read-status' }, { kind: 'read-states' }])
    expect(done.state.plan.plan.kind).toBe('none')
    expect(done.state.bundle).toBeUndefined()
  })

  test('a failed apply says on which side of the point of no return it failed', () => {
    const before = after(applying, progress('stage'), { kind: 'applied', result: failed(made.wrongHost) })
    expect(before.notice?.text).toContain('nothing was changed')
    const past = after(applying, progress('publish'), { kind: 'applied', result: failed(made.wrongHost) })
    expect(past.notice?.text).toContain('the new state is current')
  })

  test('an unforeseen phase takes its place after the one under way', () => {
    const { work } = after(applying, progress('recover'), progress('stage', { doneItems: 1, totalItems: 4 }))
    expect(work?.steps.map(({ phase }) => phase)).toEqual([
      'recover',
      'stage',
      'triggers',
      'sync',
      'publish',
      'deliver',
    ])
    expect(work?.at).toBe(1)
  })

  test('warnings of long work are kept', () => {
    const { work } = after(
      applying,
      progress('triggers', { warning: 'ldconfig was skipped' }),
      progress('sync'),
    )
    expect(work?.warnings).toEqual(['ldconfig was skipped'])
  })

  test('progress without work changes nothing', () => {
    expect(after(usual, progress('stage'))).toBe(usual)
  })

  test('a comparison that is not wanted any more is dropped', () => {
    const diff = made.diffOf([])
    const asked = play(history, 'Enter')
    const [effect] = asked.effects
    if (effect?.kind !== 'compare') throw new Error('no comparison was asked for')
    const answer = { kind: 'compared', wanted: effect.wanted, result: ready(diff) } as const
    expect(after(asked.state, answer).history.diff.kind).toBe('ready')
    expect(after(asked.state, 'Up', 'Enter', answer).history.diff.kind).toBe('reading')
  })

  test('what recovery did is told', () => {
    const state = after(usual, { kind: 'recovered', result: ready(['finished the transaction to state 2']) })
    expect(state.notice?.text).toContain('finished')
    expect(after(usual, { kind: 'recovered', result: failed(made.wrongHost) }).notice?.tone).toBe('bad')
  })

  test('an exported state tells its path', () => {
    const result = ready({
      path: '/media/1.moss-state',
      host: 'x',
      name: 'x',
      counter: 1,
      sizeBytes: 1,
    }) as never
    expect(after(usual, { kind: 'state-exported', result }).notice?.text).toContain('/media/1.moss-state')
    expect(after(usual, { kind: 'state-exported', result: failed(made.wrongHost) }).notice?.tone).toBe('bad')
  })
})

describe('keys', () => {
  test('the whole way by Enter and one y: Overview, Import, Plan, Apply', () => {
    expect([usual, opened, planned, deciding].map(({ screen }) => screen)).toEqual([
      'overview',
      'import',
      'plan',
      'apply',
    ])
    expect(play(usual, 'Enter').effects).toEqual([
      { kind: 'inspect', path: bundlePath },
      { kind: 'judge', path: bundlePath },
    ])
    expect(play(opened, 'Enter').effects).toEqual([{ kind: 'import', path: bundlePath }])
    expect(play(takenIn, 'Enter').effects).toEqual([{ kind: 'plan' }])
    expect(play(deciding, 'y').effects).toEqual([{ kind: 'apply', plan }])
  })

  test('Enter never destroys: a question takes y alone for yes', () => {
    for (const key of ['Enter', 'n', 'N', 'Escape', 'q', 'Stop']) {
      const answered = play(deciding, key)
      expect(answered.effects).toEqual([])
      expect(answered.state.question).toBeUndefined()
      expect(answered.state.notice?.text).toBe('nothing was changed')
    }
    for (const key of ['x', 'j', ' ', 'Up']) expect(play(deciding, key).state).toBe(deciding)
  })

  test('no run of keys without y starts anything that changes the system', () => {
    const keys = [
      'Enter',
      'Down',
      'p',
      'a',
      'h',
      'b',
      'Enter',
      'n',
      'Escape',
      'i',
      'Enter',
      'Enter',
      'r',
      'e',
      '/',
      'Enter',
    ]
    for (const start of [usual, opened, planned, history, deciding]) {
      const { effects } = play(start, ...keys, ...keys)
      expect(effects.filter(({ kind }) => kind === 'apply' || kind === 'rollback')).toEqual([])
    }
  })

  test('a nothing-plan offers no apply', () => {
    const idle = after(usual, 'p', { kind: 'planned', result: ready(made.nothingPlan) })
    expect(play(idle, 'Enter').state).toBe(idle)
    const apply = after(usual, 'a', { kind: 'planned', result: ready(made.nothingPlan) })
    expect(play(apply, 'Enter').state).toBe(apply)
  })

  test('a bundle for another host offers no import, only another look', () => {
    const refused = after(usual, 'Down', 'Enter', {
      kind: 'judged',
      path: made.scan.bundles[1]?.path ?? '',
      result: failed(made.wrongHost),
    })
    expect(play(refused, 'Enter').effects).toEqual([])
    expect(play(refused, 'r').effects.map(({ kind }) => kind)).toEqual(['inspect', 'judge'])
  })

  test('a typed path is looked at, and the cursor goes there', () => {
    const typed = play(usual, 'o', ...Array.from('/mnt/x/'), 'Backspace', 'Enter')
    expect(typed.effects).toEqual([{ kind: 'scan', named: ['/mnt/x'] }])
    const none = after(typed.state, { kind: 'scanned', result: ready(made.scan) })
    expect(none.notice).toMatchObject({ tone: 'warning', text: 'no bundle at /mnt/x' })
    const [bundle] = made.scan.bundles
    if (bundle === undefined) throw new Error('no bundle')
    const found = {
      media: ['/mnt/x'],
      bundles: [...made.scan.bundles, { ...bundle, path: '/mnt/x/a.moss', medium: '/mnt/x' }],
    }
    expect(after(typed.state, { kind: 'scanned', result: ready(found) }).cursor).toBe(3)
    expect(play(usual, 'o', ...Array.from('/mnt'), 'Escape').state).toEqual(usual)
    expect(play(usual, 'o', 'Enter').effects).toEqual([])
  })

  test('letters typed into a path or a filter do nothing else', () => {
    expect(play(usual, 'o', ...Array.from('qpahe')).effects).toEqual([])
    const filtered = play(planned, '/', ...Array.from('qhr'), 'Up')
    expect(filtered.effects).toEqual([])
    expect(filtered.state.plan.filter).toBe('qhr')
  })

  test('a filter narrows the list, Backspace widens it, Escape clears it and then goes back', () => {
    const typed = after(planned, '/', ...Array.from('tide-x'), 'Backspace')
    expect(typed.plan).toMatchObject({ filter: 'tide-', isTyping: true, cursor: 0 })
    const kept = after(typed, 'Enter')
    expect(kept.plan).toMatchObject({ filter: 'tide-', isTyping: false })
    expect(after(kept, 'Escape').plan.filter).toBe('')
    expect(after(kept, 'Escape', 'Escape').screen).toBe('overview')
    expect(after(typed, 'Escape').plan).toMatchObject({ filter: '', isTyping: false })
  })

  test('the cursor moves by every key for it and never leaves the list', () => {
    const long = after(planned, 'r', { kind: 'planned', result: ready(made.longPlan(1000)) })
    const cursor = (...keys: readonly string[]): number => after(long, ...keys).plan.cursor
    expect([cursor('Up'), cursor('Down'), cursor('j', 'j', 'k'), cursor('End'), cursor('G', 'Down')]).toEqual(
      [0, 1, 1, 999, 999],
    )
    expect([
      cursor('PageDown'),
      cursor('PageDown', 'PageUp'),
      cursor('End', 'Home'),
      cursor('G', 'g'),
    ]).toEqual([14, 0, 0, 0])
  })

  test('a preview of a bundle leads back to its import, never to an apply', () => {
    const preview = after(opened, 'p')
    expect(preview).toMatchObject({ screen: 'plan', plan: { from: bundlePath } })
    expect(after(preview, 'Enter').screen).toBe('import')
    expect(after(preview, 'Escape').screen).toBe('import')
    expect(after(preview, 'Escape').plan.from).toBeUndefined()
  })

  test('Overview jumps anywhere', () => {
    expect(after(usual, 'p').screen).toBe('plan')
    expect(after(usual, 'a').screen).toBe('apply')
    expect(after(usual, 'h').screen).toBe('history')
    expect(play(usual, 'e').effects).toEqual([{ kind: 'export-state', to: '/media/anna/STICK' }])
    expect(play(fresh, 'r').effects.map(({ kind }) => kind)).toEqual(['read-status', 'scan'])
  })

  test('an interrupted transaction can be finished from Overview', () => {
    const cut = after(fresh, { kind: 'status', result: ready({ ...made.status, interrupted: true }) })
    expect(play(cut, 'f').effects).toEqual([{ kind: 'recover' }])
    expect(play(usual, 'f').effects).toEqual([])
    expect(play(cut, 'a', 'e').effects).toEqual([])
  })

  test('Escape leads back from every screen to Overview', () => {
    for (const state of [opened, planned, history]) expect(after(state, 'Escape').screen).toBe('overview')
    expect(after(usual, 'a', 'Escape', 'Escape').screen).toBe('overview')
  })

  test('History compares, then down to files, pages through, and goes back only after y', () => {
    expect(history.history.cursor).toBe(1)
    const asked = play(history, 'Enter')
    expect(asked.effects).toEqual([{ kind: 'compare', wanted: { from: 2, to: 1, files: false } }])
    expect(play(asked.state, 'Enter').effects).toEqual([
      { kind: 'compare', wanted: { from: 2, to: 1, files: true } },
    ])
    expect(play(history, 'b').effects).toEqual([{ kind: 'plan-rollback', state: 1 }])
    const rolling = play(
      history,
      'b',
      { kind: 'rollback-planned', state: 1, result: ready(made.rollbackPlan) },
      'y',
    )
    expect(rolling.effects.at(-1)).toEqual({ kind: 'rollback', plan: made.rollbackPlan })
    const packages = Array.from({ length: 30 }, (_, n) => ({ name: `p${n}`, to: '1' }))
    const [effect] = asked.effects
    if (effect?.kind !== 'compare') throw new Error('no comparison was asked for')
    const long = after(asked.state, {
      kind: 'compared',
      wanted: effect.wanted,
      result: ready(made.diffOf(packages)),
    })
    expect(after(long, 'Right', 'Right', 'Left').history.offset).toBe(8)
  })

  test('the current state offers no way back to itself', () => {
    const current = after(history, 'Down')
    expect(play(current, 'b').effects).toEqual([])
    expect(play(current, 'Enter').effects).toEqual([])
  })

  test('q leaves from every idle screen, and so does Ctrl-C', () => {
    for (const state of [fresh, usual, opened, planned, history])
      for (const key of ['q', 'Stop'])
        expect(play(state, key).effects.at(-1)).toEqual({ kind: 'leave', isInterrupted: false })
  })

  test('long work is left only after a question that says what stays', () => {
    for (const key of ['q', 'Stop', 'Escape']) {
      const asked = after(applying, key)
      expect(asked.question?.text).toContain('the current state stays')
      expect(play(asked, 'n').state.work).toBeDefined()
      expect(play(asked, 'y').effects).toEqual([{ kind: 'leave', isInterrupted: true }])
    }
    expect(after(applying, progress('publish'), 'q').question?.text).toContain(
      'the new state is current already',
    )
    expect(play(applying, 'Enter', 'h', 'p', 'j').effects).toEqual([])
  })

  test('a question about leaving goes away with the work it was about', () => {
    const done = after(applying, 'q', { kind: 'applied', result: ready(made.applied) })
    expect(done.question).toBeUndefined()
  })

  test('every key that works is on the last two lines, and they fit into 80 columns', () => {
    const states = [
      fresh,
      usual,
      opened,
      takenIn,
      planned,
      deciding,
      applying,
      history,
      after(history, 'Enter'),
    ]
    for (const state of states) {
      if (state.question !== undefined) continue
      for (const { shown: key, label } of bindingsNow(state))
        expect(lastLines(state).join('\n')).toContain(`${key} ${label}`)
      for (const line of lastLines(state)) expect(line.length).toBeLessThanOrEqual(80)
    }
  })

  test('the reducer changes nothing in the state that it is given', () => {
    const before = JSON.stringify(planned)
    for (const key of ['Down', '/', 'Enter', 'Escape', 'r', 'h']) reduce(planned, { kind: 'key', key })
    expect(JSON.stringify(planned)).toBe(before)
  })
})
