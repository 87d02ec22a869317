// channel.toml in the folder of a channel that is laid over others: which, the one that counts most first. A channel without
// it stands alone.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { isChannelName } from '../base/names.ts'
import { parseToml } from '../base/toml.ts'
import type { Disk } from '../host/disk.ts'
import { writeDurably } from '../host/durable.ts'

const mostBytes = 64 * 1024
const pathIn = (folder: string): string => `${folder}/channel.toml`

/** Names in the home, or paths that begin with a slash; undefined without a file. Throws CHANNEL_INVALID. */
export function readOver(disk: Disk, folder: string): readonly string[] | undefined {
  const path = pathIn(folder)
  if (disk.lstat(path) === undefined) return undefined
  const refuse = (problem: string): never => {
    throw new MossError('CHANNEL_INVALID', { path, problem })
  }
  const text = decodeUtf8(disk.readFile(path, mostBytes)) ?? refuse('it is not UTF-8')
  const { over = [], ...others } = parseToml(text, refuse)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) refuse(`unknown key ${unknown}; known is over`)
  if (!Array.isArray(over)) return refuse('over must be a list of channels, such as [ "stable" ]')
  return over.map((each: unknown) => {
    const isChannel = typeof each === 'string' && (each.startsWith('/') || isChannelName(each))
    return isChannel ? each : refuse('over must name channels of this station, or their whole paths')
  })
}

/** Takes the place of what is there; without `over` nothing is. */
export function writeOver(disk: Disk, folder: string, over: readonly string[] = []): void {
  const path = pathIn(folder)
  if (over.length === 0) {
    if (disk.lstat(path) !== undefined) disk.remove(path)
    return
  }
  const text = [
    '# What these offer this channel offers too, but for names of packages of its own. Of two of',
    '# them the first that has a name counts. The next publishing takes over what they offer then.',
    `over = [ ${over.map((each) => JSON.stringify(each)).join(', ')} ]`,
    '',
  ].join('\n')
  writeDurably(disk, path, encodeUtf8(text), { mode: 0o644, replace: true })
}
