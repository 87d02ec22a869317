// Wrong usage: what was typed, or stands in the model.
import { display } from '../display.ts'
import { exits } from '../exits.ts'
import { formatBytes, formatCount } from '../format.ts'
import { type Entry, entry } from './entry.ts'

export const usageCodes = {
  CLI_USAGE: entry<{ problem: string; see?: string }>(
    exits.usage,
    (d) => display(d.problem),
    (d) => `see moss ${d.see === undefined ? 'help' : `help ${d.see}`}`,
  ),
  MODEL_INVALID: entry<{ path: string; problem: string }>(
    exits.usage,
    (d) => `the model ${display(d.path)} is not valid: ${display(d.problem)}`,
    (d) => `correct ${display(d.path)}; nothing was changed`,
  ),
  CHANNEL_INVALID: entry<{ path: string; problem: string }>(
    exits.usage,
    (d) => `${display(d.path)} does not say what its channel is laid over: ${display(d.problem)}`,
    (d) => `correct ${display(d.path)}; nothing was changed`,
  ),
  SOURCES_INVALID: entry<{ path: string; problem: string }>(
    exits.usage,
    (d) => `${display(d.path)} does not say where an archive is: ${display(d.problem)}`,
    () =>
      'write it as sources.list(5) says for .sources files (apt modernize-sources makes one), or name the archive with --from and --suite',
  ),
  RECIPE_INVALID: entry<{ path: string; problem: string }>(
    exits.usage,
    (d) => `the recipe ${display(d.path)} is not valid: ${display(d.problem)}`,
    () => 'correct the recipe (moss-recipe(5)); no package was made',
  ),
  RECIPES_ALIKE: entry<{ package: string; recipe: string; other: string }>(
    exits.usage,
    (d) =>
      `package ${display(d.package)} would be made twice, by ${display(d.recipe)} and ${display(d.other)}`,
    () =>
      'give one of the packages another name or version, or build one recipe after the other; no package was made',
  ),
  CAPABILITY_INVALID: entry<{ text: string; problem: string }>(
    exits.usage,
    (d) => `${display(d.text)} is not a capability: ${display(d.problem)}`,
    () => 'write a package name such as bash, or kind(name), each with a bound if needed: "bash >= 5.2"',
  ),
  VOLUME_TOO_SMALL: entry<{ limitBytes: number; leastBytes: number }>(
    exits.usage,
    (d) =>
      `volumes of ${formatBytes(d.limitBytes)} are too small for what each must have: ${formatCount(d.leastBytes)} bytes are the least`,
    (d) => `say --volume ${d.leastBytes} or more; nothing was written`,
  ),
} as const satisfies Record<string, Entry<never>>
