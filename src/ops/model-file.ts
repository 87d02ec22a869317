// The machine's model as it stands in etc/moss/model.toml.
import { decodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { type Model, parseModel } from '../solve/model.ts'
import type { Places } from '../state/places.ts'

const modelBytes = 1024 * 1024

export interface ModelText {
  readonly text: string
  readonly model: Model
}

/** Throws MODEL_INVALID. */
export function readModel({ disk }: Outside, places: Places): ModelText {
  if (disk.lstat(places.model) === undefined)
    throw new MossError('MODEL_INVALID', { path: places.model, problem: 'it is missing' })
  const text = decodeUtf8(disk.readFile(places.model, modelBytes))
  if (text === undefined)
    throw new MossError('MODEL_INVALID', { path: places.model, problem: 'it is not UTF-8' })
  return { text, model: parseModel(text, places.model) }
}
