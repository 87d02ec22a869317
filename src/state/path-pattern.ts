// Paths by pattern, as in a shell: `*` is any run and `?` any one character of a component. Linear but for one step
// back, whatever the pattern. Pure.

/** Whether `path` is what the pattern means, or, if `below`, lies below it. */
export function matchesPath(pattern: string, path: string, below: boolean): boolean {
  const wanted = pattern.split('/')
  const components = path.split('/')
  if (below ? components.length < wanted.length : components.length !== wanted.length) return false
  return wanted.every((part, index) => matchesName(part, components[index] ?? ''))
}

/** Goes back to the last `*` alone: an earlier one can take no more than it has without loss. */
function matchesName(pattern: string, name: string): boolean {
  // A shell's `*` leaves hidden names out.
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  let [p, n, star, resume] = [0, 0, -1, 0]
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = n
    } else if (pattern[p] === '?' || pattern[p] === name[n]) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
