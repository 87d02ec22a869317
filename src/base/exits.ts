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
