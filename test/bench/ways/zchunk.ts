// zchunk: one zchunk file of each tree's tar, A's made before (not counted). What is carried is what zck_delta_size
// says a reader with A downloads of B. It has no program that takes that from a medium: there is no apply.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './timed.ts'
import type { Peer } from './way.ts'

const tar = 'tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner'

export const zchunk: Peer = {
  name: 'zchunk',
  programs: ['zck', 'zck_delta_size', 'tar'],
  version: "zck --version | sed -n '1s/[^0-9]*//p'",
  measure: ({ a, b, work, timed }) => {
    run(`${tar} -cf a.tar -C '${a}' .; ${tar} -cf b.tar -C '${b}' .; zck -o a.zck a.tar`, work)
    const make = timed('zck -o b.zck b.tar')
    const told = run('zck_delta_size a.zck b.zck', work)
    const bytes = Number(/Would download (\d+) of (\d+) bytes/.exec(told)?.[1])
    if (!(bytes > 0 && bytes <= statSync(join(work, 'b.zck')).size))
      throw new Error(`zck_delta_size says: ${told.slice(0, 400)}`)
    return { bytes, make, note: 'its reader downloads; no program applies from a medium' }
  },
}
