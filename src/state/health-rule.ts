// Does the current state stay, is it confirmed, or is the one before published again? Pure. Only what `apply` made
// current is ever gone back from, and only to a state that was confirmed: so going back happens once for each apply, a
// person's rollback stands, and two failing states never take turns.
import type { StateNumber } from '../base/ids.ts'

/** What the model's checks said; a model without checks says that all is well. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly why: string }
  /** They could not be run, or not yet. */
  | { readonly kind: 'unknown'; readonly why: string }

/** After the exchange; early in a boot, when nothing can be checked yet; when the machine is up, or should long have been. */
export type Moment = 'published' | 'booting' | 'up' | 'late'

export interface Situation {
  readonly moment: Moment
  readonly isConfirmed: boolean
  /** It was made current by apply, and nothing else has been since. */
  readonly isApplied: boolean
  /** This machine counts its boots: then what has not seen the end of a boot is not confirmed. */
  readonly isCounting: boolean
  /** This boot began with it. */
  readonly isOfThisBoot: boolean
  /** Boots that began with it, without this one. */
  readonly earlierBoots: number
  /** The state that was confirmed last, if it is another one and still kept. */
  readonly fallback: StateNumber | undefined
}

export type Health =
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'waiting'; readonly why: string }
  /** Not well, and there is no way back: it stays. */
  | { readonly kind: 'failing'; readonly why: string }
  | { readonly kind: 'back'; readonly to: StateNumber; readonly why: string }

const bootsAllowed = 2

export function decideHealth(situation: Situation, verdict: Verdict): Health {
  const { moment, isConfirmed, isApplied, isCounting, fallback } = situation
  if (isConfirmed) return { kind: 'confirmed' }
  if (verdict.kind === 'passed')
    return moment === 'up' || !isCounting
      ? { kind: 'confirmed' }
      : { kind: 'waiting', why: 'the end of the next boot confirms it' }
  const why = verdict.kind === 'failed' ? verdict.why : overdue(situation)
  if (why === undefined) return { kind: 'waiting', why: verdict.why }
  return isApplied && fallback !== undefined ? { kind: 'back', to: fallback, why } : { kind: 'failing', why }
}

function overdue({ moment, earlierBoots, isOfThisBoot }: Situation): string | undefined {
  if (moment === 'booting' && earlierBoots >= bootsAllowed)
    return `${bootsAllowed} boots without confirmation`
  // A state that was applied since waits for the next boot.
  return moment === 'late' && isOfThisBoot ? 'the boot did not come to its end in time' : undefined
}
