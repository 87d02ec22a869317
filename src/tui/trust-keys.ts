// Keys of Trust: read on, and compare the root's fingerprint with the one that was told by another way.
import { bind, type Binding, pageOf } from './binding.ts'
import { type Step, step } from './events.ts'
import { leave, quiet, toOverview } from './go.ts'
import { isCharacter, type Key, withoutLast } from './keys.ts'
import { readyValue, type ScreensState, type TrustView } from './state.ts'
import { trustedLines } from './trust-view.ts'

const withTrust = (state: ScreensState, change: Partial<TrustView>): ScreensState => ({
  ...quiet(state),
  trust: { ...state.trust, ...change },
})

export function trustBindings(state: ScreensState): readonly Binding[] {
  const { shown, offset } = state.trust
  const trust = readyValue(shown)
  // But for the title, its rule and two lines of keys.
  const room = Math.max(1, state.size.rows - 4)
  const last = trust === undefined ? 0 : Math.max(0, trustedLines(trust, state.size.columns).length - room)
  const scroll = (key: Key): Step => {
    const by = { Up: -1, Down: 1, k: -1, j: 1, PageUp: -pageOf(state), PageDown: pageOf(state) }[key] ?? 0
    return step(withTrust(state, { offset: Math.max(0, Math.min(offset + by, last)) }))
  }
  return [
    ...(last === 0
      ? []
      : [
          {
            keys: ['Up', 'Down', 'k', 'j', 'PageUp', 'PageDown'],
            shown: 'Arrows',
            label: 'scroll',
            act: scroll,
          },
        ]),
    ...(trust === undefined
      ? []
      : [bind('Enter', 'compare', () => step(withTrust(state, { isTyping: true, typed: '', offset: 0 })))]),
    bind('Esc', 'back', () => toOverview(state)),
    bind('q', 'quit', () => leave(state)),
  ]
}

/** Keys while a fingerprint is typed. */
export function typeFingerprint(state: ScreensState, key: Key): Step {
  const { typed } = state.trust
  if (key === 'Escape') return step(withTrust(state, { isTyping: false, typed: '' }))
  if (key === 'Backspace') return step(withTrust(state, { typed: withoutLast(typed) }))
  if (key !== 'Enter') return step(isCharacter(key) ? withTrust(state, { typed: typed + key }) : state)
  const next = withTrust(state, { isTyping: false, typed: '' })
  return typed.trim() === '' ? step(next) : step(next, { kind: 'read-trust', typed })
}
