// How a desktop knows moss's files: their types by the first bytes (shared-mime-info, and magic(5) for file(1)), and the entry that opens
// one in the screens. Made from the container's own table of kinds.
import { type Kind, kinds } from '../../src/container/kinds.ts'

interface FileType {
  readonly about: string
  readonly ending: string
}

/** Packages and bundles have one ending: which it is the bytes tell. */
const types: Readonly<Record<Kind, FileType>> = {
  bundle: { about: 'moss bundle', ending: 'moss' },
  package: { about: 'moss package', ending: 'moss' },
  state: { about: 'state of a host of moss', ending: 'moss-state' },
  channel: { about: 'snapshot of a channel of moss', ending: 'moss-channel' },
  root: { about: 'trust root of moss', ending: 'moss-root' },
  audit: { about: 'audit of a host of moss', ending: 'moss-audit' },
  grant: { about: 'grant of a channel of moss', ending: 'moss-grant' },
}

export const mimeType = (kind: Kind): string => `application/x-moss-${kind}`
const anyContainer = 'application/x-moss-container'
const all = Object.entries(types) as [Kind, FileType][]

/** As C and XML write it; the eight bytes of every container. */
const magic = String.raw`\x89MOSS\x0d\x1a\x0a`

const mimeOf = ([kind, { about, ending }]: readonly [Kind, FileType]): string =>
  `  <mime-type type="${mimeType(kind)}">
    <comment>${about}</comment>
    <sub-class-of type="${anyContainer}"/>
    <magic priority="80">
      <match type="string" offset="0" value="${magic}">
        <match type="little16" offset="8" value="${kinds[kind].number}"/>
      </match>
    </magic>${ending === 'moss' ? '' : `\n    <glob pattern="*.${ending}"/>`}
  </mime-type>
`

export const mimeInfo = `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="${anyContainer}">
    <comment>file of moss</comment>
    <magic priority="70">
      <match type="string" offset="0" value="${magic}"/>
    </magic>
    <glob pattern="*.moss"/>
  </mime-type>
${all.map(mimeOf).join('')}</mime-info>
`

/** For file(1): to be appended to /etc/magic, or read with file -m. */
export const magicFile = `# Files of moss: moss-bundle(5)
0\tstring\t${magic}\tmoss
${all
  .map(
    ([kind]) => `>8\tuleshort\t${kinds[kind].number}\t${kind}
!:mime\t${mimeType(kind)}
`,
  )
  .join('')}>58\tuleshort\t>1\t\\b, volume
>>10\tuleshort\tx\t%u
>>58\tuleshort\tx\tof %u
>60\tulelong\tx\t\\b, format version %u
0\tstring\t${magic.replace('SS', 'SP')}\tmoss parity
`

export const desktopEntry = `[Desktop Entry]
Type=Application
Name=moss
GenericName=Updates without a network
Comment=See what a bundle would change, take it in and apply it
Exec=moss tui %F
Terminal=true
Icon=package-x-generic
Categories=System;
MimeType=${mimeType('bundle')};
Keywords=update;package;offline;usb;
`
