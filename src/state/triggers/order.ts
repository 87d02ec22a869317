// In which order triggers run: each after those that it names, else by name, so that it is the same everywhere. A circle
// is an error that names those who are in it.
import { compareText } from '../../base/bytes.ts'
import { MossError } from '../../base/error.ts'
import type { Trigger } from '../../manifest/trigger.ts'

/** Names that nothing has are passed over: their packages may be absent. Throws TRIGGER_INVALID. */
export function orderTriggers(triggers: readonly Trigger[]): readonly Trigger[] {
  const byName = new Map(triggers.map((trigger) => [trigger.name, trigger]))
  const ordered = new Set<Trigger>()
  const way: string[] = []
  const visit = (trigger: Trigger): void => {
    if (ordered.has(trigger)) return
    const start = way.indexOf(trigger.name)
    if (start >= 0) refuseCircle(way.slice(start))
    way.push(trigger.name)
    for (const name of trigger.after.toSorted(compareText)) {
      const earlier = byName.get(name)
      if (earlier === undefined) continue
      if (earlier.scope === 'system' && trigger.scope === 'transaction') refuseLater(trigger, earlier)
      visit(earlier)
    }
    way.pop()
    ordered.add(trigger)
  }
  for (const trigger of triggers.toSorted((a, b) => compareText(a.name, b.name))) visit(trigger)
  return [...ordered]
}

function refuseCircle(names: readonly string[]): never {
  const [first = ''] = names
  const problem = `each waits for the next: ${[...names, first].join(' → ')}`
  throw new MossError('TRIGGER_INVALID', { path: first, problem })
}

function refuseLater({ name }: Trigger, earlier: Trigger): never {
  const problem = `it cannot run after ${earlier.name}, which runs when the state is published`
  throw new MossError('TRIGGER_INVALID', { path: name, problem })
}
