// Where things lie on a medium. Names are made to survive FAT: lower case, no colons, no links. What a name
// says is a help for choosing, never believed: the containers' heads say it again under a signature.
import { volumeName } from '../base/volume-names.ts'

export const mediumFolders = {
  hosts: 'moss/hosts',
  bundles: 'moss/bundles',
  roots: 'moss/roots',
  tools: 'moss/bin',
} as const

export interface BundleName {
  readonly channel: string
  readonly serial: number
  /** The first digits of the container's id. */
  readonly id: string
  /** Of a bundle that is cut into several files, from the second on. */
  readonly volume?: number
}

export const formatBundleName = (name: BundleName): string =>
  volumeName(`${name.channel}-${name.serial}-${name.id.slice(0, 8)}.moss`, name.volume ?? 1)

export function parseBundleName(file: string): BundleName | undefined {
  const match = /^([a-z0-9][a-z0-9._+-]*)-([1-9][0-9]{0,14})-([0-9a-f]{4,64})(?:\.([0-9]{3,5}))?\.moss$/.exec(
    file,
  )
  if (match === null) return undefined
  const [, channel = '', serial = '', id = '', number] = match
  const name = { channel, serial: Number(serial), id }
  if (number === undefined) return name
  const volume = Number(number)
  return volume > 1 && volumeName('', volume) === `.${number}` ? { ...name, volume } : undefined
}

/** `412.moss-state` → 412, sealed or not. */
export const parseStateName = (file: string): number | undefined =>
  numbered(file.replace(/\.age$/, ''), 'moss-state')
export const parseRootName = (file: string): number | undefined => numbered(file, 'moss-root')

function numbered(file: string, extension: string): number | undefined {
  const match = /^(0|[1-9][0-9]{0,14})\.([a-z-]+)$/.exec(file)
  return match?.[2] === extension ? Number(match[1]) : undefined
}

/** What systems leave on sticks; never looked into. */
export const isDropping = (name: string): boolean =>
  name.startsWith('.') || /^(system volume information|\$recycle\.bin|thumbs\.db|desktop\.ini)$/i.test(name)
