// zstd --patch-from at level 3, as its manual shows it, over one tar of each tree. The station has both as tars (not
// counted); a host has a tree, so taking A up into a tar and putting B down counts as apply. zstd takes no base
// above 2 GiB.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './timed.ts'
import { differences } from './trees.ts'
import { assertSame, type Peer } from './way.ts'

const tar = 'tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner'

export const zstdPatch: Peer = {
  name: 'zstd --patch-from',
  programs: ['zstd', 'tar'],
  version: "zstd --version | grep -o 'v[0-9.]*'",
  measure: ({ a, b, work, timed }) => {
    run(`${tar} -cf a.tar -C '${a}' .; ${tar} -cf b.tar -C '${b}' .`, work)
    const make = timed('zstd -q -3 --long=31 --patch-from=a.tar b.tar -o patch.zst')
    const apply = timed(
      `mkdir out
      ${tar} -cf again.tar -C '${a}' .
      zstd -q -d --long=31 --memory=2048MB --patch-from=again.tar patch.zst -c | tar -xf - -C out`,
    )
    assertSame('zstd', differences(b, join(work, 'out'), { modes: true }))
    return { bytes: statSync(join(work, 'patch.zst')).size, make, apply }
  },
}
