// Where an ELF file for x86-64 refers to other places of itself, as kernel/references.ts finds it, taken out of the kernel.
// What a reference is, and how it is predicted, is said there.
import { lendBase } from '../../src/delta/base-in-kernel.ts'
import { takeKernel } from '../../src/delta/kernel.ts'
import { strictBase } from './strict-base.ts'

/** A field is 32 bits, little-endian, and rises by (how far its target moved − how far its origin moved) / scale. */
export interface ReferenceKind {
  /** An offset in the file; or what stays where it is, such as an address; or the field itself. */
  readonly origin: number | 'nothing' | 'field'
  readonly scale: number
}

/** Sorted by field; fields do not overlap. */
export interface References {
  readonly count: number
  /** Offsets of fields, and of what they point at. */
  readonly fields: Uint32Array
  readonly targets: Uint32Array
  /** Index of each one's kind. */
  readonly kindOf: Uint8Array
  readonly kinds: readonly ReferenceKind[]
}

/** Undefined of anything but a well-formed ELF file for x86-64. One that is longer than `heldBytes` is read as a long base is. */
export function findReferences(file: Uint8Array, heldBytes?: number): References | undefined {
  using kernel = takeKernel()
  const { calls } = kernel
  lendBase(kernel, strictBase(file), heldBytes)
  const count = calls.findReferences()
  if (count < 0) return undefined
  const found = kernel.view(calls.referencesAt(), 8 * count)
  const words = new Uint32Array(found.buffer, found.byteOffset, 2 * count)
  const fields = new Uint32Array(count)
  const targets = new Uint32Array(count)
  const kindOf = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const low = words[2 * i]!
    const high = words[2 * i + 1]!
    fields[i] = low & 0xfff_ffff
    targets[i] = (low >>> 28) | ((high & 0xff_ffff) << 4)
    kindOf[i] = high >>> 24
  }
  const kinds = kernel.view(calls.kindsAt(), 8 * calls.kindsCount())
  const view = new DataView(kinds.buffer, kinds.byteOffset, kinds.length)
  return {
    count,
    fields,
    targets,
    kindOf,
    kinds: Array.from({ length: calls.kindsCount() }, (_, kind) => ({
      origin: originOf(view.getUint32(8 * kind, true)),
      scale: view.getInt32(8 * kind + 4, true),
    })),
  }
}

function originOf(word: number): ReferenceKind['origin'] {
  if (word === 0xffff_ffff) return 'field'
  return word === 0xffff_fffe ? 'nothing' : word
}
