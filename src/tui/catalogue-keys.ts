// Keys of Catalogue: search as one types, see what would come with a package, and put it on the list of wishes, which the
// next state export carries.
import { bind, type Binding, bindMoves } from './binding.ts'
import { type Effect, type Step, step } from './events.ts'
import { leave, quiet, toOverview } from './go.ts'
import { isCharacter, type Key, withoutLast } from './keys.ts'
import { type CatalogueView, readyValue, type ScreensState } from './state.ts'

const withCatalogue = (state: ScreensState, change: Partial<CatalogueView>): ScreensState => ({
  ...quiet(state),
  catalogue: { ...state.catalogue, ...change },
})

/** What was found before stays on the screen until the answer comes. */
const seek = (state: ScreensState, words: string, isTyping: boolean): Step => {
  const effect: Effect = { kind: 'seek', words }
  const next = withCatalogue(state, { words, isTyping, cursor: 0, explained: { kind: 'none' } })
  return words === state.catalogue.words ? step(next) : step(next, effect)
}

export function catalogueBindings(state: ScreensState): readonly Binding[] {
  const { found, cursor, words } = state.catalogue
  const packages = readyValue(found)?.packages ?? []
  const chosen = packages[cursor]
  const wish = (name: string, isWanted: boolean): Step => step(quiet(state), { kind: 'wish', name, isWanted })
  return [
    ...bindMoves({
      state,
      cursor,
      count: packages.length,
      to: (to) => withCatalogue(state, { cursor: to, explained: { kind: 'none' } }),
    }),
    ...(readyValue(found) === undefined
      ? []
      : [bind('/', 'search', () => step(withCatalogue(state, { isTyping: true })))]),
    ...(chosen === undefined
      ? []
      : [
          bind('Enter', 'what would come', () =>
            step(withCatalogue(state, { explained: { kind: 'reading' } }), {
              kind: 'explain',
              name: chosen.name,
            }),
          ),
          chosen.isAsked === true
            ? bind('u', 'unsubscribe', () => wish(chosen.name, false))
            : bind('s', 'subscribe', () => wish(chosen.name, true)),
        ]),
    bind('Esc', words === '' ? 'back' : 'clear', () =>
      words === '' ? toOverview(state) : seek(state, '', false),
    ),
    bind('q', 'quit', () => leave(state)),
  ]
}

/** Keys while words are typed. */
export function typeWords(state: ScreensState, key: Key): Step {
  const { words } = state.catalogue
  if (key === 'Enter') return step(withCatalogue(state, { isTyping: false }))
  if (key === 'Escape') return seek(state, '', false)
  if (key === 'Backspace') return seek(state, withoutLast(words), true)
  return isCharacter(key) ? seek(state, words + key, true) : step(state)
}
