// The right half of the loop on the host: import, plan, apply, rollback.
import { MossError } from '../base/error.ts'
import { sharedFlags } from './export-verbs.ts'
import { exitOf, formatApplied, formatApplyPlan, formatImported } from './update-text.ts'
import { effortWords, optionalPath, type Verb } from './verb.ts'

export const updateVerbs: readonly Verb[] = [
  {
    words: 'plan',
    side: 'either',
    summary:
      'what would change and why: on a host for the waiting bundle, with --for on a station; writes nothing',
    flags: [
      { name: 'from', value: 'BUNDLE', summary: 'on a host: plan for this bundle without taking it in' },
      {
        name: 'for',
        value: 'HOST',
        kind: 'host-or-medium',
        repeats: true,
        summary: 'on a station: plan a bundle for this host, as moss export --for names it',
      },
      {
        name: 'channel',
        value: 'CHANNEL',
        kind: 'channel',
        summary: 'on a station: from this channel (default: the one the host follows)',
      },
      {
        name: 'effort',
        value: '1-9',
        kind: effortWords,
        summary:
          'on a station: how hard to compress: fast, 1 to 9, small (default 5); 9 costs the host time too',
      },
      ...sharedFlags,
      { name: 'changelog', summary: 'on a host: with what packages say of their newer versions' },
      { name: 'output', short: 'o', value: 'FILE', summary: 'write the plan as JSON' },
    ],
    run: async (call) => {
      if (call.has('for') && call.has('changelog'))
        throw new MossError('CLI_USAGE', { problem: '--changelog says nothing to a station', see: 'plan' })
      if (call.has('for')) {
        const { planForHosts } = await import('./export-verbs.ts')
        return planForHosts(call)
      }
      const { planApply } = await import('../ops/apply.ts')
      const { writePlan } = await import('../ops/plan-file.ts')
      const plan = await planApply(call.outside, {
        root: call.root,
        from: optionalPath(call, 'from'),
        withChangelogs: call.has('changelog'),
      })
      const output = call.value('output')
      if (output !== undefined) await writePlan(call.outside, { plan, path: call.path(output) })
      const written = output === undefined ? '' : `\nplan written to ${call.path(output)}`
      return { json: plan, text: `${formatApplyPlan(plan, call.nowSeconds)}${written}` }
    },
  },
  {
    words: 'import',
    side: 'host',
    operands: [{ name: 'FILE', kind: 'medium-or-file', repeats: true }],
    flags: [{ name: 'apply', summary: 'apply it afterwards' }],
    summary: 'take a bundle in: copied once, verified, kept; the medium may be pulled when it is done',
    run: async (call) => {
      if (call.has('apply')) call.mustBeAble('apply')
      const { importBundles } = await import('../ops/import.ts')
      const done = await importBundles(
        call.outside,
        { root: call.root, files: call.operands.map(call.path) },
        call.report,
      )
      const text = done.bundles.map(formatImported).join('\n')
      if (!call.has('apply')) return { json: done, text }
      const { assertMayApply, executeApply, planApply } = await import('../ops/apply.ts')
      const plan = await planApply(call.outside, { root: call.root })
      assertMayApply(plan)
      if (!(await call.confirm('apply', `${text}\n${formatApplyPlan(plan, call.nowSeconds)}`)))
        return { json: { ...done, applied: null }, text: 'not applied; it waits for moss apply' }
      const applied = await executeApply(call.outside, plan, call.report)
      return { json: { ...done, applied }, text: formatApplied(applied), exit: exitOf(applied) }
    },
  },
  {
    words: 'apply',
    side: 'host',
    flags: [
      { name: 'again', summary: 'also what was gone back from before' },
      { name: 'dry-run', short: 'n', summary: 'only show the plan' },
    ],
    summary: 'run the transaction: the new state becomes current as a whole or not at all; then the checks',
    run: async (call) => {
      const { assertMayApply, executeApply, planApply } = await import('../ops/apply.ts')
      const plan = await planApply(call.outside, { root: call.root, again: call.has('again') })
      const shown = formatApplyPlan(plan, call.nowSeconds)
      if (call.has('dry-run') || plan.isNothing) return { json: plan, text: shown }
      assertMayApply(plan)
      if (!(await call.confirm('apply', shown)))
        return { json: { applied: null }, text: 'not applied; nothing was changed' }
      const applied = await executeApply(call.outside, plan, call.report)
      return { json: applied, text: formatApplied(applied), exit: exitOf(applied) }
    },
  },
  {
    words: 'rollback',
    side: 'host',
    operands: [{ name: 'STATE', kind: 'state', optional: true }],
    flags: [
      { name: 'with-model', summary: 'restore that state’s model too' },
      { name: 'dry-run', short: 'n', summary: 'only show what would change' },
    ],
    summary: 'make a kept state current (default: the one before)',
    run: async (call) => {
      const { executeRollback, planRollback } = await import('../ops/rollback.ts')
      const plan = await planRollback(call.outside, {
        root: call.root,
        state: call.operands[0],
        withModel: call.has('with-model'),
      })
      const shown = formatApplyPlan(plan, call.nowSeconds)
      if (call.has('dry-run') || plan.isNothing) return { json: plan, text: shown }
      if (!(await call.confirm('roll back', shown)))
        return { json: { applied: null }, text: 'nothing was changed' }
      const applied = await executeRollback(call.outside, plan, call.report)
      return { json: applied, text: formatApplied(applied), exit: exitOf(applied) }
    },
  },
]
