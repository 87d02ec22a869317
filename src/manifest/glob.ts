// Globs over paths of a tree: `*` is any run of characters within a name, `?` is one of them, and `**` as a whole
// component is any number of folders, none included. Matching takes at most the product of both lengths: a pattern from a
// package cannot make it take long.

/** Whether a path, without a leading slash, fits. */
export function compileGlob(pattern: string): (path: string) => boolean {
  const components = pattern.split('/')
  // Most paths differ early: the part before the first wildcard decides without taking them apart.
  const plain = /^[^*?]*/.exec(pattern)?.[0] ?? ''
  const isPlain = plain.length === pattern.length
  return (path) =>
    path.startsWith(plain.replace(/\/$/, '')) &&
    (isPlain
      ? path === pattern
      : fitsAll(components, path.split('/'), { many: '**', fitsOne: (one, name) => fitsName(one, name) }))
}

/** `*` and `?` in one name. */
export const fitsName = (pattern: string, name: string): boolean =>
  fitsAll(pattern, name, { many: '*', fitsOne: (one, character) => one === '?' || one === character })

interface Kind {
  /** The item that stands for any number of items. */
  readonly many: string
  readonly fitsOne: (pattern: string, item: string) => boolean
}

/** What a wildcard takes grows by one whenever the rest does not fit; only the last wildcard need be tried again. */
function fitsAll(pattern: ArrayLike<string>, items: ArrayLike<string>, { many, fitsOne }: Kind): boolean {
  let at = 0
  let item = 0
  let lastMany = -1
  let retryAt = 0
  while (item < items.length) {
    const one = pattern[at]
    if (one === many) {
      lastMany = at++
      retryAt = item
    } else if (one !== undefined && fitsOne(one, items[item] as string)) {
      at++
      item++
    } else if (lastMany >= 0) {
      at = lastMany + 1
      item = ++retryAt
    } else return false
  }
  while (pattern[at] === many) at++
  return at === pattern.length
}
