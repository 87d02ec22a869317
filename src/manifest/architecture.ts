// Which machines a package is for. Architectures have Debian's names; others' are taken for the same. A package that is
// meant to stand beside those of the machine's own architecture says so in its name: `libc6:i386`.
import type { Manifest } from './manifest.ts'

const otherNames: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  i486: 'i386',
  i586: 'i386',
  i686: 'i386',
  armv7hl: 'armhf',
  armv7l: 'armhf',
  ppc64le: 'ppc64el',
}

export const isArchitecture = (text: string): boolean => /^[a-z0-9][a-z0-9_-]{0,31}$/.test(text)

/** As Debian calls it. */
export const plainArchitecture = (architecture: string): string => otherNames[architecture] ?? architecture

/** The architecture that a package's name ends with, or undefined. */
export const foreignIn = (name: string): string | undefined => /:([^:]*)$/.exec(name)?.[1]

export const withoutArchitecture = (name: string): string => name.replace(/:[^:]*$/, '')

/** `machine` undefined: nothing is said of it, and all may be for it. */
export const isFor = (
  { name, architecture }: Pick<Manifest, 'name' | 'architecture'>,
  machine: string | undefined,
): boolean =>
  machine === undefined ||
  architecture === 'any' ||
  plainArchitecture(architecture) === plainArchitecture(machine) ||
  foreignIn(name) === architecture
