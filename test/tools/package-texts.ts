// What a package says about itself.
import type { Architecture } from './package-node.ts'

interface Said {
  readonly name: string
  readonly version: string
  readonly architecture: Architecture
  readonly isSingle: boolean
  readonly withLibc: boolean
  readonly loader: string
  readonly glibc: string
  readonly missing: readonly string[]
  readonly isTested: boolean
}

const system = ({ withLibc, glibc }: Said): string =>
  withLibc
    ? 'It brings its own C library and needs nothing of the system but a Linux kernel'
    : `It needs a Linux with the GNU C library ${glibc} or newer`

const start = ({ name, isSingle, withLibc, loader }: Said): string => {
  if (!withLibc) return `  ln -s /opt/moss/moss /usr/local/bin/moss\n`
  const line = `/opt/moss/lib/libc/${loader} --library-path /opt/moss/lib/libc`
  return isSingle
    ? `
It is started by the loader that it brings, with or without a shell:

  ${line} /opt/moss/moss status
`
    : `  ln -s /opt/moss/moss /usr/local/bin/moss

The launcher needs a shell. Where there is none, take ${name.replace(/-libc$/, '')}-single-libc.
`
}

const programs = ({ isSingle, withLibc, loader }: Said): readonly string[] => [
  '/opt/moss/moss',
  ...(isSingle ? [] : ['/opt/moss/lib/node']),
  ...(withLibc ? [`/opt/moss/lib/libc/${loader}`] : []),
]

export function installText(said: Said): string {
  const { name, version, architecture, missing, isTested, isSingle } = said
  return `moss ${version} for Linux on ${architecture}${isSingle ? ', one executable' : ''}

${system(said)}.
${missing.length === 0 ? '' : `\nNot brought, so the system has to have: ${missing.join(', ')}.\n`}${isTested ? '' : '\nNOT TESTED: the machine that made it cannot run it.\n'}
Compare what came with what the station said, on paper or by phone; then copy it to a disk of this machine and give
back the modes that a stick does not keep:

  cd MEDIUM/moss/bin/${name}
  sha256sum SHA256SUMS      # these 64 digits are to be compared
  sha256sum -c SHA256SUMS   # and then all that came is what was compared
  minisign -Vm TOOL -P KEY  # with the station's key, where there is a TOOL.minisig: TOOL names the 64 digits
  mkdir -p /opt && cp -r . /opt/moss
  chmod 755 ${programs(said).join(' ')}
${start(said)}
Never run it from the stick. share/man/man7/moss-install.7 says more. Once the machine is managed, moss comes as a
package of its channel like everything else.
`
}
