// What repair says before and after.
import { display } from '../base/display.ts'
import { plural } from '../base/format.ts'
import type { LostDatabase, Renewed } from '../ops/renew-database.ts'
import type { Repaired, RepairPlan } from '../ops/repair.ts'
import { formatFields } from './format.ts'

const next = 'moss state export: the next bundle brings what is lacking whole'
const ofStates = (count: number): string => `${count} of what kept states are made of`

export function formatRepairPlan(plan: RepairPlan): string {
  if (plan.damaged.length + plan.trees.length === 0)
    return formatFields([
      ['damaged', 'nothing: the store and every state are whole'],
      ['lacking', plan.lacking === 0 ? undefined : ofStates(plan.lacking)],
      ['next', plan.lacking === 0 ? undefined : next],
    ])
  const files = plan.damaged.map((one) => `! ${display(one.name)}: ${display(one.problem)}; ${sayFrom(one)}`)
  return [
    ...(files.length === 0 ? [] : [`damaged: ${plural(files.length, 'file')} of the store`, ...files]),
    ...plan.trees.flatMap(sayTree),
  ].join('\n')
}

function sayFrom({ from }: RepairPlan['damaged'][number]): string {
  if (from === undefined) return 'nobody here has it: it will be forgotten'
  return from.kind === 'store' ? 'the store has its bytes' : `${display(from.path)} has its bytes`
}

function sayTree(tree: RepairPlan['trees'][number]): string[] {
  const { state, isCurrent, findings, extra, isMendable } = tree
  const name = `state ${state}${isCurrent ? ', current' : ''}`
  return [
    `damaged: ${name}, ${plural(findings.length, 'path')}; ${sayMending(tree)}`,
    ...findings.map((finding) => `! ${display(finding)}`),
    ...(isMendable && extra.length > 0
      ? [`  moved aside with the damaged tree: ${extra.map(display).join(', ')}`]
      : []),
  ]
}

function sayMending({ isMendable, isAdopted }: RepairPlan['trees'][number]): string {
  if (isMendable) return 'a sound tree takes its place'
  return isAdopted === true
    ? 'stays as it is: it was taken over and not made by moss, which has no second copy of it'
    : 'stays as it is: not all of it is here'
}

export const formatRepaired = (plan: RepairPlan, done: Repaired): string =>
  formatFields([
    ['mended', done.mended === 0 ? undefined : `${plural(done.mended, 'file')} of the store`],
    [
      'states',
      done.trees.map(
        ({ state, aside }) => `${state} is whole; its damaged tree lies in ${aside} until moss gc`,
      ),
    ],
    [
      'left',
      plan.trees
        .filter(({ state }) => !done.trees.some((tree) => tree.state === state))
        .map(({ state }) => `state ${state} is still damaged`),
    ],
    ['forgotten', done.left],
    ['lacking', done.lacking === 0 ? undefined : ofStates(done.lacking)],
    ['next', done.lacking === 0 ? undefined : `${next}; import it, then moss repair again`],
  ])

export const formatLostDatabase = ({ path, problem }: LostDatabase): string =>
  [
    `! ${display(path)}: ${display(problem)}`,
    'a new one is made from the states and the store as they lie on the disk; nothing of them is lost',
    'lost are pins, confirmations and the history; what was imported and not applied is imported again',
  ].join('\n')

export const formatRenewed = ({ assets, waiting }: Renewed): string =>
  `the database is new: ${plural(assets, 'file')} of the store are known again${waiting === 0 ? '' : `; ${plural(waiting, 'bundle')} must be imported again`}`
