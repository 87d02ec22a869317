// OSTree: both trees are commits of an archive repository (not counted). Make is `static-delta generate` without
// fallbacks, so that everything is in the delta, and with bsdiff for pairs of up to 1024 MB together: by itself it gives
// up at 128 MB and carries a program like node whole. The delta's files are what is carried. Apply is `apply-offline`
// into a repository that has A, and a checkout by hard links, as a machine that boots from checkouts does.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { leastOf, run } from './timed.ts'
import { differences, sizeBelow } from './trees.ts'
import { assertSame, type Peer } from './way.ts'

const commit = '--no-xattrs --owner-uid=0 --owner-gid=0 --timestamp=@0'

export const ostree: Peer = {
  name: 'ostree static-delta',
  programs: ['ostree'],
  version: "ostree --version | sed -n 's/.*Version: *//p' | tr -d \"'\"",
  measure: ({ a, b, work, timed }) => {
    run(
      `ostree --repo=repo init --mode=archive
      ostree --repo=repo config set core.fsync false
      ostree --repo=repo commit -b before --tree=dir='${a}' ${commit}
      ostree --repo=repo commit -b after --tree=dir='${b}' ${commit}`,
      work,
    )
    const make = timed(
      'ostree --repo=repo static-delta generate --from=before --to=after --min-fallback-size=0 --max-bsdiff-size=1024',
    )
    const deltas = join(work, 'repo/deltas')
    const [first = ''] = readdirSync(deltas)
    const [second = ''] = readdirSync(join(deltas, first))
    run(
      `cp -r repo/deltas/${first}/${second} delta
      ostree --repo=host init --mode=bare-user
      ostree --repo=host config set core.fsync false
      ostree --repo=host pull-local repo before
      ostree --repo=host config unset core.fsync`,
      work,
    )
    const commitOfB = run('ostree --repo=repo rev-parse after', work).trim()
    const apply = leastOf((round) => {
      run(`cp -a host host-${round}; sync`, work)
      return timed(
        `ostree --repo=host-${round} static-delta apply-offline delta
        ostree --repo=host-${round} checkout -U -H ${commitOfB} out-${round}`,
      )
    })
    assertSame('ostree', differences(b, join(work, 'out-0')))
    return { bytes: sizeBelow(deltas), make, apply }
  },
}
