// A pair of files with the packed members of both opened, and what stream `forms` says of them so that the host opens the
// base in the same way and packs the target again.
import { limits } from '../base/limits.ts'
import { openMembers, openStreams } from './find-members.ts'
import type { MemberCoding } from './members/coding.ts'

export interface PackedPair {
  readonly base: Uint8Array
  readonly target: Uint8Array
}

export interface OpenedPair extends PackedPair {
  /** Behind the form. */
  readonly forms: readonly number[]
}

/** Undefined if the target has no members, or base or target would be larger than `mostBytes`. */
export function openPair(
  pair: PackedPair,
  coding: MemberCoding,
  mostBytes: { readonly base: number; readonly target: number },
): OpenedPair | undefined {
  if (pair.base.length > limits.deltaUnpackedBytes) return undefined
  const target = openMembers(pair.target, coding)
  if (target.members.length === 0 || target.opened.length > mostBytes.target) return undefined
  const base = openStreams(pair.base, coding)
  if (base.opened.length > mostBytes.base) return undefined
  const forms = [pair.target.length, base.members.length]
  for (const { skip, packedBytes, plainBytes } of base.members) forms.push(skip, packedBytes, plainBytes)
  forms.push(target.members.length)
  for (const { skip, plainBytes, maker } of target.members) forms.push(skip, plainBytes, maker)
  return { base: base.opened, target: target.opened, forms }
}
