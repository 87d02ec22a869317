// Which of the bundles that wait is applied. Apply asks with bundles that it has judged, and who only looks with their marks.

interface Choosable {
  readonly channel: string
  readonly serial: number
  /** It rises with each import. */
  readonly order: number
  /** Where the grant leads back from that it needs. */
  readonly backFrom?: number | undefined
}

/**
 * Of the channel that the model follows: the newest, and of two with one serial the one that was imported last; but one that
 * leads back, as a grant allows, goes before what is no newer than where it leads from. Undefined if none waits.
 */
export function chooseNewest<T extends Choosable>(
  all: readonly T[],
  followed: string | undefined,
): T | undefined {
  const [newest, ...others] = all
    .filter(({ channel }) => channel === followed)
    .toSorted((a, b) => b.serial - a.serial || b.order - a.order)
  const back = others.find(({ backFrom }) => backFrom !== undefined)
  return newest !== undefined && back?.backFrom !== undefined && newest.serial <= back.backFrom
    ? back
    : newest
}
