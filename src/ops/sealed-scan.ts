// Sealed bundles on a medium. Whether this host can open one its header tells; of which channel and serial it is, until it is
// taken in, its name alone.
import { compareText } from '../base/bytes.ts'
import { isMossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { type BundleName, mediumFolders, parseBundleName } from '../medium/layout.ts'
import { listed, type MediumBundle } from './medium-scan.ts'
import { openerWith } from './sealing.ts'
import { parityIdBeside } from './stored-file.ts'

/** To find out that a header is for others takes a third of a millisecond for each hundred bytes of it. */
const mostHeaderBytes = 2 * 1024 * 1024
const mostCuts = 256

type Opener = Awaited<ReturnType<typeof openerWith>>

/** `accepted` are ids of bundles that this host took in. Of one that is cut a volume stands for all: whoever takes that in finds the others. */
export async function sealedOn(
  outside: Outside,
  {
    medium,
    keys,
    accepted,
  }: { readonly medium: string; readonly keys: string; readonly accepted: ReadonlySet<string> },
): Promise<readonly MediumBundle[]> {
  const folder = `${medium}/${mediumFolders.bundles}`
  const names = listed(outside, folder)
    .filter(({ kind, name }) => kind === 'file' && name.endsWith('.moss.age'))
    .map(({ name }) => name)
  if (names.length === 0) return []
  const opens = await openerWith(outside, keys, mostHeaderBytes)
  const cuts = Map.groupBy(names.toSorted(compareText), (name) => {
    const said = sealedName(name)
    return said === undefined ? name : `${said.channel}-${said.serial}-${said.id}`
  })
  const found: MediumBundle[] = []
  for (const volumes of [...cuts.values()].slice(0, mostCuts)) {
    const seen: MediumBundle[] = []
    for (const name of volumes) {
      if (seen.some(isToTake)) break
      seen.push(await lookAt(outside, { path: `${folder}/${name}`, medium, opens, accepted }))
    }
    const [chosen = seen[0]] = seen.filter(isToTake)
    if (chosen !== undefined) found.push(chosen)
  }
  return found
}

const isToTake = ({ isForThisHost, isMendable }: MediumBundle): boolean =>
  isForThisHost || isMendable === true

/** What its name says, as far as it is one. */
export const sealedName = (file: string): BundleName | undefined =>
  parseBundleName(file.replace(/\.age$/, ''))

async function lookAt(
  outside: Outside,
  {
    path,
    medium,
    opens,
    accepted,
  }: {
    readonly path: string
    readonly medium: string
    readonly opens: Opener
    readonly accepted: ReadonlySet<string>
  },
): Promise<MediumBundle> {
  const said = sealedName(path.slice(path.lastIndexOf('/') + 1))
  const bundle = {
    path,
    medium,
    sizeBytes: 0,
    hosts: [],
    isForThisHost: false,
    isSealed: true,
    ...(said && { channel: said.channel, serial: said.serial }),
  }
  const isTaken = (id: string | undefined): { readonly wasTaken?: boolean } =>
    id !== undefined && [...accepted].some((each) => each.startsWith(id)) ? { wasTaken: true } : {}
  try {
    return { ...bundle, isForThisHost: await opens(path), ...isTaken(said?.id) }
  } catch (error) {
    if (!isMossError(error)) throw error
    const id = parityIdBeside(outside, path)
    return {
      ...bundle,
      problem: error.message,
      ...(id !== undefined && { id, isMendable: true, ...isTaken(id) }),
    }
  }
}
