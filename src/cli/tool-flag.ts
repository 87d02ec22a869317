// --with-tool, of export and sync alike: moss itself beside what a medium carries.
import { MossError } from '../base/error.ts'
import { formatBytes } from '../base/format.ts'
import type { LeftTool, ToolPlan } from '../ops/tool.ts'
import type { Call } from './verb.ts'

export const toolFlag = {
  name: 'with-tool',
  summary: 'put moss itself there too, below moss/bin, for a machine that has none yet (see moss-install(7))',
} as const

/** Of a verb that may ask twice: a passphrase is asked for once, and a descriptor has it once. */
export function askOnce(call: Call): (what: string) => Promise<Uint8Array | undefined> {
  const asked = new Map<string, Promise<Uint8Array | undefined>>()
  return (what) => asked.getOrInsertComputed(what, () => call.passphrase(what))
}

/** Undefined where nobody asked for it. Throws TOOL_ABSENT, CLI_USAGE where `medium` is a file's name. */
export async function planToolOf(call: Call, medium: string | undefined): Promise<ToolPlan | undefined> {
  if (!call.has(toolFlag.name)) return undefined
  if (medium === undefined || call.outside.disk.lstat(medium)?.kind !== 'folder')
    throw new MossError('CLI_USAGE', {
      problem: '--with-tool needs a medium to put it on: say its folder with -o',
      see: call.word,
    })
  const { planTool } = await import('../ops/tool.ts')
  return planTool(call.outside, { medium })
}

export async function leaveTool(
  call: Call,
  plan: ToolPlan | undefined,
  ask: (what: string) => Promise<Uint8Array | undefined>,
): Promise<LeftTool | undefined> {
  if (plan === undefined) return undefined
  const { executeTool } = await import('../ops/tool.ts')
  return executeTool(call.outside, { plan, home: call.home, ask }, call.report)
}

export const plannedToolFields = (plan: ToolPlan | undefined) =>
  [
    ['tool', plan && `${plan.name} ${plan.version}, ${formatBytes(plan.bytes)}, would lie below moss/bin`],
  ] as const

/** What stands on paper goes another way than the medium: each long word on a line of its own, as a narrow console has it. */
export const toolFields = (left: LeftTool | undefined) =>
  [
    ['tool', left && `${left.path}, ${formatBytes(left.bytes)}${left.isNew ? '' : '; it lay there already'}`],
    [
      'paper',
      left && [
        'sha256sum SHA256SUMS   # gives',
        left.digest,
        ...(left.signedBy === undefined
          ? ['not signed: no key of this station makes signatures of minisign']
          : ['minisign -Vm TOOL -P \\', left.signedBy]),
      ],
    ],
  ] as const
