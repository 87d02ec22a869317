// The first 64 bytes of every container, fixed for ever: they say whether this is one, whether it is too new, and
// how much to read next. Every bit is checked, here or against the head, so none is free.
import { MossError } from '../base/error.ts'
import { fromHex, toHex } from '../base/bytes.ts'
import type { ContainerId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { kindOfNumber, kinds, type Kind } from './kinds.ts'
import { viewOf, writeU32 } from './little-endian.ts'
import { isSealed, openingBytes } from '../host/sealed-start.ts'
import { readVolume, type Volume, writeVolume } from './volume.ts'

export const preludeBytes = 64
export const formatVersion = 1

/** A high bit, carriage return, ^Z and line feed: a copy made as text does not look like one. */
export const magic = Uint8Array.of(0x89, 0x4d, 0x4f, 0x53, 0x53, 0x0d, 0x1a, 0x0a)

const at = { kind: 8, headBytes: 12, signaturesBytes: 16, id: 20, volume: 52, version: 60 } as const

export interface Prelude {
  readonly kind: Kind
  /** Absent in a container that is not cut. */
  readonly volume?: Volume
  readonly headBytes: number
  readonly signaturesBytes: number
  /** SHA-256 of the head. */
  readonly id: ContainerId
}

export function encodePrelude(prelude: Prelude): Uint8Array {
  const bytes = new Uint8Array(preludeBytes)
  const view = viewOf(bytes)
  bytes.set(magic)
  view.setUint16(at.kind, kinds[prelude.kind].number, true)
  writeVolume(view, prelude.volume)
  writeU32(view, at.headBytes, prelude.headBytes)
  writeU32(view, at.signaturesBytes, prelude.signaturesBytes)
  bytes.set(fromHex(prelude.id), at.id)
  writeU32(view, at.version, formatVersion)
  return bytes
}

/** `bytes` are as many of the first 64 as there are; `path` names the file. */
export function decodePrelude(bytes: Uint8Array, path: string): Prelude {
  checkMagic(bytes, path)
  if (bytes.length < preludeBytes)
    throw new MossError('CONTAINER_TRUNCATED', {
      part: 'prelude',
      presentBytes: bytes.length,
      wantedBytes: preludeBytes,
    })
  const view = viewOf(bytes)
  const version = view.getUint32(at.version, true)
  if (version > formatVersion) throw new MossError('CONTAINER_TOO_NEW', { path, version })
  if (version !== formatVersion) refuse(`format version ${version}`)
  const kind = kindOfNumber(view.getUint16(at.kind, true))
  if (kind === undefined) refuse('unknown kind')
  const volume = readVolume(view)
  if (volume !== undefined && !kinds[kind].hasFrames) refuse(`a volume of a ${kind}, which has no frames`)
  const headBytes = view.getUint32(at.headBytes, true)
  if (headBytes === 0 || headBytes > limits.headBytes) refuse(`a head of ${headBytes} bytes`)
  const signaturesBytes = view.getUint32(at.signaturesBytes, true)
  if (signaturesBytes > limits.signaturesBytes) refuse(`signatures of ${signaturesBytes} bytes`)
  return {
    kind,
    headBytes,
    signaturesBytes,
    id: toHex(bytes.subarray(at.id, at.volume)) as ContainerId,
    ...(volume !== undefined && { volume }),
  }
}

function checkMagic(bytes: Uint8Array, path: string): void {
  const present = bytes.subarray(0, magic.length)
  if (present.length > 0 && present.every((byte, index) => byte === magic[index])) {
    if (present.length === magic.length) return
    throw new MossError('CONTAINER_TRUNCATED', {
      part: 'prelude',
      presentBytes: bytes.length,
      wantedBytes: preludeBytes,
    })
  }
  const named = present.length >= 5 && toHex(present.subarray(1, 5)) === '4d4f5353'
  const problem =
    bytes.length === 0
      ? 'it is empty'
      : named
        ? 'it was altered, as by a copy made as text'
        : isParity(present)
          ? 'it is parity: name the file beside it, which it is for'
          : isSealed(bytes.subarray(0, openingBytes))
            ? 'it is sealed'
            : 'it begins otherwise'
  throw new MossError('CONTAINER_NOT_ONE', { path, problem })
}

const isParity = (present: Uint8Array): boolean =>
  present.length >= 5 && toHex(present.subarray(1, 5)) === '4d4f5350'

function refuse(problem: string): never {
  throw new MossError('CONTAINER_DAMAGED', { part: 'prelude', problem })
}
