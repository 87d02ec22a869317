// Plans as files: a plan is plain data, so it is JSON. What comes back is made again
// from what it was made from, and compared; it is trusted for nothing.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { isEffort } from '../carry/effort.ts'
import { checkChannelName } from '../base/names.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { type ExportPlan, planExport } from './plan-export.ts'

const planBytes = 256 * 1024 * 1024

const planText = (plan: object): string => `${JSON.stringify(plan)}\n`

export async function writePlan(
  outside: Outside,
  { plan, path }: { readonly plan: object; readonly path: string },
): Promise<void> {
  writeDurably(outside.disk, path, encodeUtf8(planText(plan)), { mode: 0o644, replace: true })
}

/**
 * The file is anybody's: from it comes only what is to be planned, the plan is made again, and it must be the same to the
 * byte. Throws PLAN_STALE, CLI_USAGE for what is no plan of this station.
 */
export async function readPlan(
  outside: Outside,
  { path, home }: { readonly path: string; readonly home: string },
): Promise<ExportPlan> {
  if (outside.disk.lstat(path) === undefined) throw new MossError('NOT_FOUND', { what: 'plan', name: path })
  const refuse = (problem: string): never => {
    throw new MossError('CLI_USAGE', { problem, see: 'export' })
  }
  const noPlan = `${path} is not a plan that moss plan --for … -o wrote`
  const text = decodeUtf8(outside.disk.readFile(path, planBytes))
  const said = parse(text ?? '')
  if (said === undefined) return refuse(noPlan)
  const { states, channel, effort, snapshot, serial, isNewest, grants, sealedFor, isOneWay } = said
  if (
    !isTexts(states) ||
    !isTextList(grants) ||
    !isTextList(sealedFor) ||
    typeof serial !== 'number' ||
    typeof channel !== 'string' ||
    !isEffort(effort)
  )
    return refuse(noPlan)
  if (said['home'] !== home) return refuse(`${path} is the plan of another station; this one is at ${home}`)
  checkChannelName(channel, 'export')
  const older = isNewest === false ? { serial } : {}
  const plan = await planExport(outside, {
    home,
    states,
    channel,
    effort,
    grants,
    isSealed: sealedFor.length > 0,
    isOneWay: isOneWay === true,
    ...older,
  })
  if (plan.snapshot !== snapshot) throw new MossError('PLAN_STALE', { what: `channel ${channel}` })
  if (planText(plan) !== text) throw new MossError('PLAN_STALE', { what: 'what it was made from' })
  return plan
}

function parse(text: string): { readonly [key: string]: unknown } | undefined {
  try {
    const said: unknown = JSON.parse(text)
    return typeof said === 'object' && said !== null && 'kind' in said && said.kind === 'export'
      ? { ...said }
      : undefined
  } catch {
    return undefined
  }
}

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const isTexts = (value: unknown): value is readonly string[] => isTextList(value) && value.length > 0
