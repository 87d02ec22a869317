// What a channel took in under an older trust root bears the keys of that one.
import { isMossError, type MossError } from '../base/error.ts'
import type { Root } from '../trust/root.ts'

/** The newest first. */
export type Roots = readonly [Root, ...Root[]]

/** With the newest root that it is good under. Throws what the newest says. */
export function underAnyRoot<T>(
  [newest, ...earlier]: Roots,
  verify: (root: Root) => T,
): { readonly by: Root; readonly value: T } {
  try {
    return { by: newest, value: verify(newest) }
  } catch (error) {
    if (!isByOtherKeys(error)) throw error
    for (const by of earlier) {
      const value = unlessByOtherKeys(() => verify(by))
      if (value !== undefined) return { by, value }
    }
    throw error
  }
}

export const isByOtherKeys = (error: unknown): error is MossError<'TRUST_UNKNOWN_KEY' | 'TRUST_THRESHOLD'> =>
  isMossError(error, 'TRUST_UNKNOWN_KEY') || isMossError(error, 'TRUST_THRESHOLD')

function unlessByOtherKeys<T>(verify: () => T): T | undefined {
  try {
    return verify()
  } catch (error) {
    if (isByOtherKeys(error)) return undefined
    throw error
  }
}
