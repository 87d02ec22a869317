/** Exit codes of the program, by kind of outcome. */
export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  findings: 3,
  damaged: 10,
  notGenuine: 11,
  notAllowed: 12,
  unsolvable: 13,
  busy: 14,
  noRoom: 15,
  wentBack: 17,
  bug: 70,
  stopped: 130,
} as const

/** What each says, for the manual. */
export const exitMeanings: Readonly<Record<keyof typeof exits, string>> = {
  done: 'done, or nothing to do',
  failed: 'failed; the system is unchanged, or the next verb that changes the root finishes what was begun',
  usage: 'wrong usage',
  findings: 'finished, with findings',
  damaged: 'damaged or malformed',
  notGenuine: 'not genuine',
  notAllowed: 'genuine, but not allowed',
  unsolvable: 'no solution, or pieces missing',
  busy: 'busy, or changed underneath',
  noRoom: 'no room, no medium, or another volume is wanted',
  wentBack: 'the state before is current again, because the new one was not well',
  bug: 'a bug in moss; please report it',
  stopped: 'interrupted',
}
