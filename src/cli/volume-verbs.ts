// Containers that are too long for a medium, for anyone: no keys, no root.
import { MossError } from '../base/error.ts'
import { formatBytes, plural, shortId } from '../base/format.ts'
import { formatFields, formatTable } from './format.ts'
import { parseSize } from './sizes.ts'
import { type Call, needed, optionalPath, type Verb } from './verb.ts'

/** Of split and export alike. */
export const volumeFlag = {
  name: 'volume',
  value: 'SIZE',
  summary: 'how long a volume may be, such as 700M or 4G (of 1000)',
} as const

export const fromFlag = {
  name: 'from-volume',
  value: 'N',
  summary: 'go on with this volume, on the next medium',
} as const

/** Throws CLI_USAGE. */
export function fromVolume(call: Call): number | undefined {
  const text = call.value('from-volume')
  if (text === undefined) return undefined
  needed(call, 'volume')
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new MossError('CLI_USAGE', { problem: '--from-volume takes the number of a volume', see: call.word })
}

/** Throws CLI_USAGE. */
export function volumeBytes(call: Call): number | undefined {
  const text = call.value('volume')
  if (text === undefined) return undefined
  const size = parseSize(text)
  if (size !== undefined) return size
  throw new MossError('CLI_USAGE', {
    problem: '--volume takes bytes, such as 700M, 4G or 1440000',
    see: call.word,
  })
}

export const volumeVerbs: readonly Verb[] = [
  {
    words: 'split',
    side: 'either',
    operands: [{ name: 'FILE' }],
    flags: [
      { ...volumeFlag, summary: `needed: ${volumeFlag.summary}` },
      fromFlag,
      { name: 'output', short: 'o', value: 'FOLDER', summary: 'where the volumes go (default: here)' },
    ],
    summary: 'cut a bundle or package into volumes, NAME.moss, NAME.002.moss and so on; needs no key',
    run: async (call) => {
      needed(call, 'volume')
      const { splitContainer } = await import('../ops/split.ts')
      const limitBytes = volumeBytes(call) ?? 0
      const done = await splitContainer(
        call.outside,
        {
          file: call.path(call.operands[0] ?? ''),
          folder: optionalPath(call, 'output') ?? call.path('.'),
          limitBytes,
          from: fromVolume(call),
        },
        call.report,
      )
      const rows = done.volumes.map(({ path, frames: [first, last], fileBytes, isNew }) => [
        `  ${path}`,
        `frames ${first} to ${last}`,
        formatBytes(fileBytes),
        isNew ? '' : 'was there',
      ])
      const text =
        rows.length === 0
          ? `it is no longer than ${formatBytes(limitBytes)}: nothing to cut`
          : [
              formatFields([
                ['volumes', plural(rows.length, 'file')],
                ['id', shortId(done.id)],
              ]),
              formatTable(rows),
              formatFields([
                ['', 'flushed and read back'],
                ['next', 'moss import takes volumes in any order; moss join puts them together'],
              ]),
            ].join('\n')
      return { json: done, text }
    },
  },
  {
    words: 'join',
    side: 'either',
    operands: [{ name: 'VOLUME', repeats: true }],
    flags: [
      {
        name: 'output',
        short: 'o',
        value: 'FILE',
        summary: 'the whole, or a folder for it (default: here)',
      },
    ],
    summary: 'put volumes together, in any order, with those that lie beside them; needs no key',
    run: async (call) => {
      const { joinVolumes } = await import('../ops/join.ts')
      const done = await joinVolumes(
        call.outside,
        {
          files: call.operands.map(call.path),
          output: optionalPath(call, 'output') ?? call.path('.'),
        },
        call.report,
      )
      const text = formatFields([
        ['whole', `${done.path}, ${formatBytes(done.fileBytes)} of ${plural(done.volumes, 'volume')}`],
        ['id', shortId(done.id)],
        ['', `${done.isNew ? 'flushed' : 'it was there already'} and read back`],
      ])
      return { json: done, text }
    },
  },
]
