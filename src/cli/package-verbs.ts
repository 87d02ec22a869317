// Packages of one's own: from a directory as it is, or from a recipe.
import { display } from '../base/display.ts'
import { formatBytes, formatDate, plural } from '../base/format.ts'
import type { BuildPlan, BuiltPackage } from '../ops/build.ts'
import { formatFields, formatTable } from './format.ts'
import { type Call, type Flag, optionalPath, type Verb } from './verb.ts'

const output: Flag = {
  name: 'output',
  short: 'o',
  value: 'DIR',
  summary: 'the folder that packages go to; made if absent (default: the current one)',
}

const outputOf = (call: Call): string => optionalPath(call, 'output') ?? call.path('.')

const madeRows = (made: readonly BuiltPackage[]): readonly (readonly string[])[] =>
  made.map((each) => [
    each.isMended ? 'damaged, now mended' : each.isNew ? 'made' : 'already there',
    `${each.name} ${each.version}`,
    `${plural(each.files, 'file')}, ${formatBytes(each.sizeBytes)} → ${formatBytes(each.storedBytes)}`,
    each.file,
  ])

const formatMade = (made: readonly BuiltPackage[]): string =>
  [
    formatTable(madeRows(made)),
    ...made.flatMap((each) => each.notes.map((note) => `  note: ${display(note)}`)),
    'next     moss add CHANNEL FILE…',
  ].join('\n')

const formatPlan = (plan: BuildPlan): string =>
  formatFields([
    ['recipe', `${plan.recipe}, version ${plan.version} of ${formatDate(plan.date)}`],
    ['packages', plan.packages.map(({ name, architecture }) => `${name} (${architecture})`).join(', ')],
    [
      'sources',
      plan.sources.map(
        ({ path, sizeBytes, isUnpacked }) =>
          `${path}, ${formatBytes(sizeBytes)}${isUnpacked ? ', unpacked' : ''}: its digest is right`,
      ),
    ],
    [
      'steps',
      plan.steps.length === 0
        ? 'none: files are packed as they are'
        : `${plan.steps.map(({ name }) => name).join(', ')}: in namespaces of their own, without network`,
    ],
    ['goes to', plan.output],
  ])

export const packageVerbs: readonly Verb[] = [
  {
    words: 'pack',
    side: 'station',
    operands: [{ name: 'DIR' }],
    flags: [
      output,
      { name: 'name', value: 'NAME', summary: 'the package’s name, before what its moss-package.toml says' },
      { name: 'version', value: 'VERSION', summary: 'its version, likewise' },
      {
        name: 'place',
        value: 'FROM=TO',
        repeats: true,
        summary: 'put a folder of the package elsewhere, such as opt=usr/lib/opt',
      },
      { name: 'dry-run', short: 'n', summary: 'only say what would be made' },
    ],
    summary: 'make a package of a directory, in a file of its own',
    run: async (call) => {
      const { planPack, executePack } = await import('../ops/pack.ts')
      const plan = await planPack(call.outside, {
        home: call.home,
        folder: call.path(call.operands[0] ?? ''),
        output: outputOf(call),
        name: call.value('name'),
        version: call.value('version'),
        place: call.values('place'),
      })
      if (call.has('dry-run')) {
        const { name, version, architecture, folder } = plan
        const text = formatFields([
          ['package', `${name} ${version} (${architecture})`],
          ['from', folder],
          ['goes to', plan.output],
        ])
        return { json: plan, text }
      }
      const made = await executePack(
        call.outside,
        { plan, ask: (what) => call.passphrase(what) },
        call.report,
      )
      return { json: made, text: formatMade([made]) }
    },
  },
  {
    words: 'build',
    side: 'station',
    operands: [{ name: 'RECIPE', repeats: true }],
    flags: [
      output,
      {
        name: 'sources',
        value: 'DIR',
        summary: 'where the sources are (default: beside the recipe); nothing is ever fetched',
      },
      { name: 'dry-run', short: 'n', summary: 'only show the plan, with the sources’ digests compared' },
    ],
    summary: 'make the packages of a recipe (moss-recipe(5)), the same bytes each time',
    run: async (call) => {
      const { planBuilds, executeBuild } = await import('../ops/build.ts')
      const sources = optionalPath(call, 'sources')
      const plans = await planBuilds(call.outside, {
        home: call.home,
        recipes: call.operands.map(call.path),
        ...(sources !== undefined && { sources }),
        output: outputOf(call),
      })
      if (call.has('dry-run')) return { json: { plans }, text: plans.map(formatPlan).join('\n\n') }
      const made: BuiltPackage[] = []
      for (const plan of plans) {
        const ask = (what: string) => call.passphrase(what)
        made.push(...(await executeBuild(call.outside, { plan, ask }, call.report)).made)
      }
      return { json: { made }, text: formatMade(made) }
    },
  },
]
