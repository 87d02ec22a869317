// A trust root as a file: its record in a container that names beforehand who signs. The keys need not meet: a signature
// that is still missing is an empty block, and each signer fills in his own.
import { assertTrue } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import type { PublicKey, Signer } from '../trust/keys.ts'
import { encodeRoot, type Root } from '../trust/root.ts'
import { encodeAround } from './encode.ts'
import { type OpenedContainer, readStored } from './read.ts'
import { encodeContainer } from './write.ts'

/** Signed by those who can sign here; the blocks of the others are empty. */
export const encodeRootFile = (root: Root, signers: readonly Signer[]): Uint8Array =>
  encodeContainer(
    {
      kind: 'root',
      created: root.created,
      about: { version: root.version, epoch: root.epoch },
      sections: [{ name: 'record', bytes: encodeRoot(root) }],
    },
    signers,
  )

/** Somebody who signs elsewhere. */
export const absentSigner = (publicKey: PublicKey): Signer => ({ publicKey, sign: () => '' })

/** Who is named as a signer and has not signed. */
export const missingSigners = ({ head, blocks }: OpenedContainer): readonly KeyId[] =>
  head.signers.filter((_, index) => blocks[index] === '')

/** The same root with other signature blocks, one for each signer. */
export function withBlocks(opened: OpenedContainer, blocks: readonly string[]): Uint8Array {
  assertTrue(opened.kind === 'root', 'only roots are signed bit by bit')
  assertTrue(blocks.length === opened.head.signers.length, 'each signer has a block')
  const { headBytes, head, kind } = opened
  return encodeAround(
    { kind, head: headBytes, blocks },
    head.sections.map((entry) => readStored(opened, entry)),
  ).bytes
}
