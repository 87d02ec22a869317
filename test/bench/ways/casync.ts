// casync: the station's chunk store holds A already (not counted); what B adds to it and B's index are carried.
// Apply is an extraction from the new chunks alone, with tree A as seed.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './timed.ts'
import { differences, sizeBelow } from './trees.ts'
import { assertSame, type Peer } from './way.ts'

export const casync: Peer = {
  name: 'casync, new chunks',
  programs: ['casync'],
  version: "casync --version | sed -n '1s/casync //p'",
  measure: ({ a, b, work, timed }) => {
    run(`casync make --store=chunks before.caidx '${a}'; cp -al chunks old`, work)
    const make = timed(`casync make --store=chunks after.caidx '${b}'`)
    run(
      `mkdir new
      (cd chunks; find . -name '*.cacnk') | sort > all
      (cd old; find . -name '*.cacnk') | sort > had
      comm -23 all had | (cd chunks; xargs -r cp --parents -t ../new)`,
      work,
    )
    const apply = timed(`casync extract --store=new --seed='${a}' after.caidx out`)
    assertSame('casync', differences(b, join(work, 'out'), { modes: true }))
    return { bytes: sizeBelow(join(work, 'new')) + statSync(join(work, 'after.caidx')).size, make, apply }
  },
}
