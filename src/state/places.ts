// Where everything of a managed root lies. Paths outside this file are made from these alone, so that one file
// tells what moss may touch: `ROOT/.moss`, `ROOT/usr`, and what deliveries place in `ROOT/etc` and `ROOT/var`.

export interface Places {
  readonly root: string
  /** The current state's tree. */
  readonly usr: string
  readonly etc: string
  readonly var: string
  /** `ROOT/.moss` */
  readonly own: string
  readonly states: string
  readonly staging: string
  /** Damaged trees that were replaced, each in a folder of its own: nothing needs them. */
  readonly lost: string
  /** What was taken over as state 0, where something was: its record, and the list of what it held. */
  readonly adopted: string
  readonly keys: string
  readonly database: string
  /** Written last by init: a root without it is not managed yet. */
  readonly format: string
  readonly lock: string
  /** The machine's wishes; the model inside a state is the one it was made from. */
  readonly model: string
}

export function placesOf(root: string): Places {
  const base = root === '/' ? '' : root.replace(/\/+$/, '')
  const own = `${base}/.moss`
  return {
    root: base === '' ? '/' : base,
    usr: `${base}/usr`,
    etc: `${base}/etc`,
    var: `${base}/var`,
    own,
    states: `${own}/states`,
    staging: `${own}/staging`,
    lost: `${own}/lost`,
    adopted: `${own}/adopted`,
    keys: `${own}/keys`,
    database: `${own}/moss.db`,
    format: `${own}/format`,
    lock: `${own}/lock`,
    model: `${base}/etc/moss/model.toml`,
  }
}

/** The layout of `.moss` that this program writes and reads. */
export const rootFormat = 'moss root 1\n'

/** Of the state that was taken over: in its own tree nothing is written. */
export const adoptedRecord = ({ adopted }: Places): string => `${adopted}/state`
export const adoptedList = ({ adopted }: Places): string => `${adopted}/tree`

/** Inside a tree, relative to it. */
export const recordPath = 'lib/moss/state'
export const manifestsPath = 'lib/moss/manifests'
export const factoryPath = 'share/factory'

/** A kept state's tree, and the folder that holds it. */
export const keptFolder = (places: Places, number: number): string => `${places.states}/${number}`
export const keptTree = (places: Places, number: number): string => `${keptFolder(places, number)}/usr`

export const parentFolder = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')))
