// What a tree says it is, as os-release(5) has it.
import { decodeUtf8 } from '../base/bytes.ts'
import type { Outside } from '../host/outside.ts'
import type { Places } from '../state/places.ts'

/** Such as `Debian GNU/Linux 12 (bookworm)`; empty where it says nothing. The file of etc may be a link, and then leads to the other one. */
export function readSystem({ disk }: Pick<Outside, 'disk'>, { usr, etc }: Places): string {
  const path = [`${usr}/lib/os-release`, `${etc}/os-release`].find(
    (each) => disk.lstat(each)?.kind === 'file',
  )
  const text = path === undefined ? undefined : decodeUtf8(disk.readFile(path, 64 * 1024))
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}=(.*)$`, 'm')
      .exec(text ?? '')?.[1]
      ?.trim()
      .replace(/^(["'])(.*)\1$/, '$2')
  return (value('PRETTY_NAME') ?? value('NAME') ?? value('ID') ?? '').slice(0, 200)
}
