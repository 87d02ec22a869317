// The two pure decisions: which states stay, and what is delivered to /etc and /var.
import { describe, expect, test } from 'vitest'
import { planDeliveries } from '../../../src/state/deliveries.ts'
import { statesToKeep } from '../../../src/state/keep-rule.ts'

const state = (
  number: number,
  marks: Partial<Record<'isPinned' | 'isLastConfirmed' | 'wasCurrentThisBoot', boolean>> = {},
) => ({
  number,
  isPinned: false,
  isLastConfirmed: false,
  wasCurrentThisBoot: false,
  ...marks,
})

describe('the keep rule', () => {
  test('keeps the current state and the three newest', () => {
    const states = [1, 2, 3, 4, 5, 6].map((number) => state(number))
    expect([...statesToKeep(states, 2)].toSorted((a, b) => a - b)).toEqual([2, 4, 5, 6])
  })
  test('keeps every pinned state, those of this boot, and the one that was confirmed last', () => {
    const states = [
      state(1, { isPinned: true }),
      state(2),
      state(3, { isLastConfirmed: true }),
      state(4, { wasCurrentThisBoot: true }),
      ...[5, 6, 7, 8].map((number) => state(number)),
    ]
    expect([...statesToKeep(states, 8)].toSorted((a, b) => a - b)).toEqual([1, 3, 4, 6, 7, 8])
  })
})

describe('deliveries', () => {
  /** One path: what the factory offers, what a row remembers, what stands there. */
  const decide = (offered: string, row: string | undefined, standing: string, isRemade = false) => {
    const plan = planDeliveries({
      offered: new Map(offered === '' ? [] : [['etc/x', offered]]),
      remade: new Set(isRemade ? ['etc/x'] : []),
      rows: row === undefined ? [] : [{ path: 'etc/x', digest: row, state: 1, pending: undefined }],
      standingAt: () => standing,
    })
    return plan.deliveries[0]?.kind ?? (plan.forgotten.length > 0 ? 'forget' : 'leave')
  }
  test.for([
    ['a missing one is placed', 'file new', undefined, '', 'place'],
    ['one that the machine has stays', 'file new', undefined, 'file own', 'leave'],
    ['one that the machine has stays, though the same', 'file new', undefined, 'file new', 'leave'],
    ['an unmodified one follows its package', 'file new', 'file old', 'file old', 'replace'],
    ['an unchanged one stays', 'file old', 'file old', 'file old', 'leave'],
    ['a modified one stays', 'file new', 'file old', 'file mine', 'leave'],
    ['a deleted one stays deleted', 'file new', 'file old', '', 'leave'],
    ['an unmodified one goes with its package', '', 'file old', 'file old', 'remove'],
    ['a modified one becomes the machine’s own', '', 'file old', 'file mine', 'forget'],
    [
      'a deleted one stays known when its package goes, so that it stays deleted',
      '',
      'file old',
      '',
      'leave',
    ],
    ['nothing is put below a link', 'file new', undefined, 'blocked', 'leave'],
    ['a folder is never replaced', 'file new', 'folder', 'folder', 'leave'],
  ] as const)('%s', ([, offered, row, standing, expected]) => {
    expect(decide(offered, row, standing)).toBe(expected)
  })
  test.for([
    ['one that the machine removed is made again', 'file new', 'file old', '', 'place'],
    ['one that the machine changed stays', 'file new', 'file old', 'file mine', 'leave'],
    ['one that the machine had before stays', 'file new', undefined, 'file mine', 'leave'],
  ] as const)('of what must be there, %s', ([, offered, row, standing, expected]) => {
    expect(decide(offered, row, standing, true)).toBe(expected)
  })
  test('parents come before children, removals last and deepest first', () => {
    const plan = planDeliveries({
      offered: new Map([
        ['etc/a/b', 'file'],
        ['etc/a', 'folder'],
      ]),
      remade: new Set(),
      rows: ['etc/old', 'etc/old/deep'].map((path) => ({
        path,
        digest: 'folder',
        state: 1,
        pending: undefined,
      })),
      standingAt: (path) => (path.startsWith('etc/old') ? 'folder' : ''),
    })
    expect(plan.deliveries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'place etc/a',
      'place etc/a/b',
      'remove etc/old/deep',
      'remove etc/old',
    ])
  })
})
