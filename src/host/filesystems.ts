// Filesystems that cannot keep a managed root though they may seem to, by the number that statfs gives: what is one step
// here is not one for others who look, or they know no owners, modes and links. All others are tried out. And how long files
// may become where that is soon.

const network = (name: string): string =>
  `${name} is a network filesystem, where a change is not one step for all who look`
const foreign = (name: string): string => `${name} keeps neither owners nor modes nor links`

const fat = 0x4d44

const unfit: ReadonlyMap<number, string> = new Map([
  [0x6969, network('NFS')],
  [0x517b, network('SMB')],
  [0xff534d42, network('CIFS')],
  [0xfe534d42, network('SMB')],
  [0x01021997, network('9p')],
  [0x5346414f, network('AFS')],
  [0x6b414653, network('AFS')],
  [0x73757245, network('Coda')],
  [0x00c36400, network('Ceph')],
  [0x0bd00bd0, network('Lustre')],
  [0x47504653, network('GPFS')],
  [0x786f4256, network('a VirtualBox shared folder')],
  [fat, foreign('FAT')],
  [0x2011bab0, foreign('exFAT')],
  [0x5346544e, foreign('NTFS')],
  [0x7366746e, foreign('NTFS')],
  [0x4244, foreign('HFS')],
])

/** A sentence, or undefined where nothing speaks against it. */
export const unfitFilesystem = (type: number): string | undefined => unfit.get(type >>> 0)

/** FAT ends one byte before 4 GiB; a little is left for what other systems make of that. */
const fatFileBytes = 4000 * 1024 * 1024

export const longestFileOn = (type: number): number | undefined =>
  type >>> 0 === fat ? fatFileBytes : undefined
