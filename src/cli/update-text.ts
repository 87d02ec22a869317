// How plans and results of the update verbs read.
import { exits } from '../base/exits.ts'
import { display } from '../base/display.ts'
import { formatAge, formatBytes, plural, shortId } from '../base/format.ts'
import type { Applied, ApplyPlan, ImportedBundle, PackageChange, ToldChangelog } from '../ops/changes.ts'
import { formatFields, formatLongTable } from './format.ts'

/** Of a table of what comes, goes and changes. */
export function changeRow(change: PackageChange): readonly string[] {
  const mark = change.from === undefined ? '+' : change.to === undefined ? '-' : '~'
  const versions =
    change.from === undefined
      ? (change.to ?? '')
      : change.to === undefined
        ? change.from
        : `${change.from} → ${change.to}`
  return [`  ${mark}`, change.name, versions, change.reason ?? '']
}

function tally(changes: readonly PackageChange[]): string {
  const added = changes.filter((change) => change.from === undefined).length
  const removed = changes.filter((change) => change.to === undefined).length
  const changed = changes.length - added - removed
  const parts = [
    ...(changed > 0 ? [plural(changed, 'package changes', 'packages change')] : []),
    ...(added > 0 ? [`${added} new`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
  ]
  return parts.length === 0 ? 'no package changes' : parts.join(', ')
}

export function formatApplyPlan(plan: ApplyPlan, nowSeconds: number): string {
  if (plan.isNothing) {
    const nothing =
      plan.kind === 'apply'
        ? `nothing to do: state ${plan.from} is current, and no newer bundle waits`
        : `state ${plan.from} is current already`
    return [nothing, ...plan.warnings.map((warning) => `! ${display(warning)}`)].join('\n')
  }
  const { channel } = plan
  const fields = formatFields([
    ['plan', `${tally(plan.changes)}; state ${plan.from} → ${plan.to}`],
    ['signed', plan.signedBy.length === 0 ? undefined : plan.signedBy.map(shortId).join(', ')],
    ['note', plan.note === undefined ? undefined : `“${display(plan.note)}”`],
    [
      'serial',
      channel === undefined
        ? undefined
        : `${channel.fromSerial ?? 'none'} → ${channel.serial} of channel ${display(channel.name)}, signed ${formatAge(channel.created, nowSeconds)}`,
    ],
    [
      'after',
      `${plural(plan.packages, 'package')}, ${plural(plan.files, 'file')}, ${formatBytes(plan.sizeBytes)}`,
    ],
    [
      'disk',
      plan.kind === 'rollback'
        ? undefined
        : `needs at most ${formatBytes(plan.neededBytes)} and ${plural(plan.neededInodes, 'inode')} while working; ${formatBytes(plan.freeBytes)} free`,
    ],
  ])
  return [
    fields,
    ...formatLongTable(plan.changes.map(changeRow)),
    ...plan.advisories.map(sayAdvisory),
    ...plan.privileged.map((path) => `! privileged file: ${display(path)}`),
    ...plan.warnings.map((warning) => `! ${display(warning)}`),
    ...sayFailedBefore(plan),
    ...(plan.changelogs ?? []).flatMap(sayChangelog),
    ...(plan.changelogs?.length === 0 ? ['no package that changes has a changelog here'] : []),
  ].join('\n')
}

const sayChangelog = ({ package: name, lines }: ToldChangelog): readonly string[] => [
  '',
  `${display(name)}:`,
  ...lines.map((text) => (text === '' ? '' : `  ${display(text)}`)),
]

const sayAdvisory = ({ package: name, before, text, version, isMended }: ApplyPlan['advisories'][number]) =>
  isMended
    ? `* the channel says of ${display(name)} before ${display(before)}: ${display(text)}; this mends it`
    : `! the channel says of ${display(name)} before ${display(before)}: ${display(text)}; ${display(version)} has it still`

const sayFailedBefore = ({ failedBefore }: ApplyPlan): readonly string[] =>
  failedBefore === undefined
    ? []
    : [
        `! these packages were state ${failedBefore.state}, which was gone back from: ${display(failedBefore.why)}`,
        ...(failedBefore.isAccepted ? [] : ['! they are applied again only with moss apply --again']),
      ]

export function exitOf({
  health,
  isDelivered,
}: {
  readonly health?: Applied['health']
  readonly isDelivered: boolean
}): number {
  if (health?.kind === 'back') return exits.wentBack
  return health?.kind === 'failing' || !isDelivered ? exits.findings : exits.done
}

export function formatImported(done: ImportedBundle): string {
  return formatFields([
    ['bundle', `${shortId(done.bundle)} of channel ${display(done.channel)}, serial ${done.serial}`],
    ['signed', done.signedBy.map(shortId).join(', ')],
    [
      'trust',
      done.trustRoot === undefined ? undefined : `root ${done.trustRoot} came with it and counts now`,
    ],
    [
      'import',
      done.isNew
        ? `${formatBytes(done.fileBytes)} carried, ${plural(done.files, 'new file')} (${formatBytes(done.contentBytes)}) in ${done.seconds.toFixed(1)} s`
        : 'was taken in before; nothing to do',
    ],
    ['next', 'the medium may be pulled; run moss apply'],
  ])
}

export function formatApplied(done: Applied, isReceiptLeft = false): string {
  const isBack = done.health?.kind === 'back'
  return formatFields([
    ['publish', `state ${done.state} is current; state ${done.previous} is kept`],
    [
      'done',
      isBack
        ? undefined
        : `${tally(done.changes)}; ${plural(done.files, 'file')} in ${done.seconds.toFixed(1)} s`,
    ],
    ['triggers', done.triggers.map((trigger) => `${trigger.name}: ${trigger.outcome}`)],
    ['etc', done.deliveries.map((delivery) => `${delivery.path}: ${delivery.outcome}`).slice(0, 20)],
    ['note', done.notes],
    ['back', isBack ? undefined : `moss rollback ${done.previous} undoes this`],
    ['next', isReceiptLeft ? undefined : 'moss state export MEDIUM takes the receipt to the station'],
  ])
}
