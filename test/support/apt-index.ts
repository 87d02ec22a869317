// What apt has here of a suite: the text of its indexes.
import { spawnSync } from 'node:child_process'

/** The Packages files of these suites, one after the other; empty where apt has none. */
export function aptIndex(...codenames: readonly string[]): string {
  const files = codenames.flatMap((codename) => {
    const asked = ['indextargets', '--format', '$(FILENAME)', 'Created-By: Packages', `Codename: ${codename}`]
    return spawnSync('apt-get', asked, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean)
  })
  return files
    .map((file) => {
      const { stdout } = spawnSync('/usr/lib/apt/apt-helper', ['cat-file', file], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      })
      return `${stdout.trimEnd()}\n\n`
    })
    .join('')
}
