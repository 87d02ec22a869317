// Plans as files: a plan is plain data, so it is JSON. What comes back is checked against what it was made from when
// it is executed, never trusted for more.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import type { ExportPlan } from './export.ts'

const planBytes = 256 * 1024 * 1024

export async function writePlan(
  outside: Outside,
  { plan, path }: { readonly plan: object; readonly path: string },
): Promise<void> {
  writeDurably(outside.disk, path, encodeUtf8(`${JSON.stringify(plan)}\n`), { mode: 0o644, replace: true })
}

export async function readPlan(outside: Outside, path: string): Promise<ExportPlan> {
  if (outside.disk.lstat(path) === undefined) throw new MossError('NOT_FOUND', { what: 'plan', name: path })
  const text = decodeUtf8(outside.disk.readFile(path, planBytes))
  try {
    const plan = JSON.parse(text ?? '') as ExportPlan
    if (plan.kind === 'export' && Array.isArray(plan.states)) return plan
  } catch {
    // told below
  }
  throw new MossError('CLI_USAGE', {
    problem: `${path} is not a plan that moss plan --for … -o wrote`,
    see: 'export',
  })
}
