// Reads decoded CBOR into typed values. A shape says exactly what may stand there; anything else, an unknown
// or missing field included, is SHAPE_INVALID with the place. So no part of a signed record is free.
import { toHex } from './bytes.ts'
import type { CborValue } from './cbor.ts'
import { MossError } from './error.ts'
import type { Digest } from './ids.ts'

/** Turns a value into a T or throws; `place` is where it stands, such as `head.hosts[2].id`. */
export type Shape<T> = (value: CborValue | undefined, place: string) => T

function refuse(place: string, problem: string): never {
  throw new MossError('SHAPE_INVALID', { part: place, problem })
}

export const integer =
  (min = 0, max: number = Number.MAX_SAFE_INTEGER): Shape<number> =>
  (value, place) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : refuse(place, `expected a whole number from ${min} to ${max}`)

export const text =
  (maxLength = 4096, minLength = 0): Shape<string> =>
  (value, place) =>
    typeof value === 'string' && value.length >= minLength && value.length <= maxLength
      ? value
      : refuse(place, `expected text of ${minLength} to ${maxLength} characters`)

export const oneOf =
  <const T extends string>(...choices: readonly T[]): Shape<T> =>
  (value, place) =>
    choices.includes(value as T) ? (value as T) : refuse(place, `expected one of ${choices.join(', ')}`)

export const boolean: Shape<boolean> = (value, place) =>
  typeof value === 'boolean' ? value : refuse(place, 'expected true or false')

export const bytes =
  (max: number, min = 0): Shape<Uint8Array> =>
  (value, place) =>
    value instanceof Uint8Array && value.length >= min && value.length <= max
      ? value
      : refuse(place, min === max ? `expected ${max} bytes` : `expected ${min} to ${max} bytes`)

/** 32 raw bytes, as the digest they are. */
export const digest =
  <T extends Digest = Digest>(): Shape<T> =>
  (value, place) =>
    toHex(bytes(32, 32)(value, place)) as T

/** Unless a shape says otherwise. */
export const longestList = 1_000_000

export const list =
  <T>(item: Shape<T>, max = longestList): Shape<readonly T[]> =>
  (value, place) => {
    if (!Array.isArray(value)) return refuse(place, 'expected a list')
    if (value.length > max) return refuse(place, `more than ${max} items`)
    return (value as readonly CborValue[]).map((entry, index) => item(entry, `${place}[${index}]`))
  }

/** Any text keys, all values of one shape. */
export const dictionary =
  <T>(item: Shape<T>, max = 10_000): Shape<Readonly<Record<string, T>>> =>
  (value, place) => {
    const entries = Object.entries(asMap(value, place))
    if (entries.length > max) return refuse(place, `more than ${max} entries`)
    return Object.fromEntries(entries.map(([key, entry]) => [key, item(entry, `${place}.${key}`)]))
  }

/** Marks a field of a record that may be absent. */
export interface Optional<T> {
  readonly optional: Shape<T>
}
export const optional = <T>(shape: Shape<T>): Optional<T> => ({ optional: shape })

type Field = Shape<unknown> | Optional<unknown>
type RequiredKeys<F> = { [K in keyof F]: F[K] extends Optional<unknown> ? never : K }[keyof F]
type OptionalKeys<F> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F]
export type RecordOf<F> = { readonly [K in RequiredKeys<F>]: F[K] extends Shape<infer T> ? T : never } & {
  readonly [K in OptionalKeys<F>]?: F[K] extends Optional<infer T> ? T : never
}

/** A map with exactly these fields. Absent optional fields are absent in the result too. */
export const record = <F extends Readonly<Record<string, Field>>>(fields: F): Shape<RecordOf<F>> => {
  const wanted = Object.entries(fields)
  return (value, place) => {
    const map = asMap(value, place)
    for (const key of Object.keys(map))
      if (!Object.hasOwn(fields, key)) refuse(`${place}.${key}`, 'unknown field')
    const out: Record<string, unknown> = {}
    for (const [key, field] of wanted) {
      // A field may be named as something that every object inherits.
      const entry = Object.hasOwn(map, key) ? map[key] : undefined
      if (typeof field === 'function') out[key] = field(entry, `${place}.${key}`)
      else if (entry !== undefined) out[key] = field.optional(entry, `${place}.${key}`)
    }
    return out as RecordOf<F>
  }
}

function asMap(
  value: CborValue | undefined,
  place: string,
): { readonly [key: string]: CborValue | undefined } {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || Array.isArray(value))
    return refuse(place, value === undefined ? 'missing' : 'expected a map')
  return value as { readonly [key: string]: CborValue | undefined }
}
