// Keys of Import: verify, take in, and see what it would change. Taking in is offered only once the bundle was judged.
import { bind, type Binding } from './binding.ts'
import { step } from './events.ts'
import { leave, quiet, toBundle, toOverview, toPlan, toPreview } from './go.ts'
import { readyValue, type BundleView, type ScreensState } from './state.ts'
import { startWork } from './work.ts'

export function importBindings(state: ScreensState): readonly Binding[] {
  const back = [bind('Esc', 'back', () => toOverview(state)), bind('q', 'quit', () => leave(state))]
  const { bundle } = state
  if (bundle === undefined) return back
  return [...forBundle(state, bundle), ...back]
}

function forBundle(state: ScreensState, bundle: BundleView): readonly Binding[] {
  const { path } = bundle
  const judged = readyValue(bundle.judged)
  if (bundle.imported.kind === 'ready') return [bind('Enter', 'see the plan', () => toPlan(state))]
  if (judged === undefined)
    return bundle.judged.kind === 'failed' ? [bind('r', 'look again', () => toBundle(state, path))] : []
  const start = (kind: 'import' | 'verify') =>
    step(
      {
        ...quiet(state),
        bundle: {
          ...bundle,
          ...(kind === 'import' ? { imported: { kind: 'reading' } } : { verified: { kind: 'reading' } }),
        },
        work: startWork(kind, state.nowMs),
      },
      { kind, path },
    )
  return [
    bind('Enter', 'import', () => start('import')),
    bind('v', 'verify only', () => start('verify')),
    bind('p', 'what would change', () => toPreview(state, path, judged)),
  ]
}
