// Why there is no answer, as people read it: twelve small channels, what the solver says of each, and the same in the manual.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isMossError } from '../../src/base/error.ts'
import type { Candidate } from '../../src/solve/candidate.ts'
import { solve } from '../../src/solve/solve.ts'
import { modelOf, offer } from '../support/universe.ts'

interface Case {
  readonly what: string
  readonly asks: readonly string[]
  readonly offered: readonly Candidate[]
  readonly installed?: readonly Candidate[]
  readonly holds?: readonly string[]
  readonly pins?: readonly string[]
  readonly excluded?: readonly string[]
  readonly said: string
}

const libc = offer('libc6 2.36')
const git = offer('git 2.30', { requires: ['libc6'] })

const cases: readonly Case[] = [
  {
    what: 'a slip of the pen',
    asks: ['gti'],
    offered: [git, libc],
    said: 'the model cannot be satisfied: it asks for gti, which nothing provides (perhaps git was meant); adding gti to channel stable would help',
  },
  {
    what: 'a version that is not there',
    asks: ['git >= 3'],
    offered: [git, libc],
    said: 'the model cannot be satisfied: it asks for git >= 3, of which there is only git 2.30; asking for git in any version would help',
  },
  {
    what: 'a library that is not there, some steps away',
    asks: ['editor'],
    offered: [
      offer('editor 4', { requires: ['toolkit >= 3'] }),
      offer('toolkit 3', { requires: ['soname(libdraw.so.7)'] }),
      offer('draw 6', { provides: ['soname(libdraw.so.6)'] }),
    ],
    said: 'the model cannot be satisfied: it asks for editor; editor 4 requires toolkit >= 3, and toolkit 3 requires soname(libdraw.so.7), which nothing provides (perhaps soname(libdraw.so.6) was meant); adding soname(libdraw.so.7) to channel stable would help',
  },
  {
    what: 'all versions of it need something newer',
    asks: ['git'],
    offered: [
      offer('git 2.38', { requires: ['libc6 >= 2.38'] }),
      offer('git 2.39', { requires: ['libc6 >= 2.38'] }),
      libc,
    ],
    said: 'the model cannot be satisfied: it asks for git; git 2.39 and 2.38 require libc6 >= 2.38, of which there is only libc6 2.36; adding libc6 >= 2.38 to channel stable would help',
  },
  {
    what: 'a hold',
    asks: ['app'],
    offered: [offer('app 2', { requires: ['libc6 >= 2.38'] }), offer('libc6 2.38')],
    installed: [libc],
    holds: ['libc6'],
    said: 'the model cannot be satisfied: it asks for app; app 2 requires libc6 >= 2.38, and libc6 is held at 2.36; moss unhold libc6 would help',
  },
  {
    what: 'a pin',
    asks: ['app'],
    offered: [offer('app 2', { requires: ['libc6 >= 2.38'] }), offer('libc6 2.38'), libc],
    pins: ['libc6 << 2.37'],
    said: 'the model cannot be satisfied: it asks for app; app 2 requires libc6 >= 2.38, and libc6 is pinned to << 2.37; moss unpin libc6 would help',
  },
  {
    what: 'an exclusion',
    asks: ['feature(mail)'],
    offered: [offer('exim 4', { provides: ['feature(mail)'] })],
    excluded: ['exim'],
    said: 'the model cannot be satisfied: it asks for feature(mail), which only exim provides; exim is excluded; moss include exim would help',
  },
  {
    what: 'two that need different versions of a third',
    asks: ['app', 'tool'],
    offered: [
      offer('app 1', { requires: ['lib = 1'] }),
      offer('tool 2', { requires: ['lib = 2'] }),
      offer('lib 1'),
      offer('lib 2'),
    ],
    said: 'the model cannot be satisfied: it asks for app and tool; app 1 requires lib = 1, tool 2 requires lib = 2, and only one version of lib can be installed; moss unsubscribe tool would help',
  },
  {
    what: 'two that cannot be together',
    asks: ['exim', 'postfix'],
    offered: [
      offer('exim 4', { provides: ['mail-server'], conflicts: ['mail-server'] }),
      offer('postfix 3', { provides: ['mail-server'], conflicts: ['mail-server'] }),
    ],
    said: 'the model cannot be satisfied: it asks for exim and postfix; exim 4 conflicts with mail-server, which postfix 3 provides; moss unsubscribe postfix would help',
  },
  {
    what: 'alternatives, of which none is there',
    asks: ['report'],
    offered: [offer('report 1', { requires: ['exim | postfix | feature(mail)'] })],
    said: 'the model cannot be satisfied: it asks for report; report 1 requires exim or postfix or feature(mail), which nothing provides; adding exim or postfix or feature(mail) to channel stable would help',
  },
  {
    what: 'several things that are missing',
    asks: ['git', 'vim', 'feature(backup)'],
    offered: [git, libc],
    said: "the model cannot be satisfied: it asks for vim, which nothing provides, and feature(backup), which nothing provides; moss unsubscribe vim 'feature(backup)' would help",
  },
  {
    what: 'more than one thing in the way',
    asks: ['app', 'tool', 'vim'],
    offered: [
      offer('app 1', { conflicts: ['tool'] }),
      offer('tool 2'),
      offer('vim 9', { requires: ['python >= 3'] }),
      offer('python 2'),
    ],
    said: 'the model cannot be satisfied: it asks for app and tool; app 1 conflicts with tool; moss unsubscribe tool would be a first step, for vim cannot be satisfied either',
  },
]

function explanationOf({ asks, offered, installed = [], holds = [], ...limits }: Case): string {
  try {
    solve({ model: modelOf(asks, holds, limits), offered, installed })
  } catch (error) {
    if (isMossError(error, 'SOLVE_NO_SOLUTION')) return error.details.explanation
    throw error
  }
  return 'solved'
}

/** As one line, without the page's own marks. */
const page = readFileSync(join(import.meta.dirname, '../../man/moss-model.5'), 'utf8')
  .replaceAll('\\(aq', "'")
  .replaceAll(/\s+/g, ' ')

test.each(cases.map((each) => [each.what, each] as const))('%s is explained', (what, each) => {
  expect(explanationOf(each)).toBe(each.said)
  expect(page).toContain(`.It ${what}`)
  expect(page).toContain(each.said)
})
