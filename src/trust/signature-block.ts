// The text that carries a signature: four lines as minisign writes and reads them. Ours are always prehashed
// (BLAKE2b-512, algorithm `ED`) and have fixed comments, and a block is accepted only if formatting what was
// parsed gives the same text back: no bit of a block is free.
import { blake2b } from '@noble/hashes/blake2.js'
import { concatBytes, encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'

export interface SignatureBlock {
  /** 8 bytes: minisign's label of the key. */
  readonly minisignId: Uint8Array
  /** 64 bytes over the message's BLAKE2b-512. */
  readonly signature: Uint8Array
  /** 64 bytes over the signature and the trusted comment. */
  readonly commentSignature: Uint8Array
}

const untrustedComment = 'untrusted comment: signature made by moss'
const trustedText = 'head of a moss container'
const trustedComment = `trusted comment: ${trustedText}`
const algorithm = encodeUtf8('ED')

/** What one block occupies, as text and as bytes. */
export const signatureBlockBytes = untrustedComment.length + 1 + 100 + 1 + trustedComment.length + 1 + 88 + 1

export const prehash = (message: Uint8Array): Uint8Array => blake2b(message, { dkLen: 64 })

/** What the second signature of a block is over. */
export const signedComment = (signature: Uint8Array): Uint8Array =>
  concatBytes([signature, encodeUtf8(trustedText)])

/** Whether a text says first what it is: a line such as `moss-bundle 1`. Nothing else is signed or verified. */
export const statesPurpose = (message: Uint8Array): boolean =>
  /^moss-[a-z]{1,16} [1-9][0-9]{0,3}\n/.test(String.fromCharCode(...message.subarray(0, 32)))

export function formatSignatureBlock(block: SignatureBlock): string {
  const first = concatBytes([algorithm, block.minisignId, block.signature])
  return `${untrustedComment}\n${first.toBase64()}\n${trustedComment}\n${block.commentSignature.toBase64()}\n`
}

/** Throws TRUST_SIGNATURE_INVALID; `part` names the block in it. */
export function parseSignatureBlock(text: string, part = 'a signature'): SignatureBlock {
  const refuse = (problem: string): never => {
    throw new MossError('TRUST_SIGNATURE_INVALID', { part, problem })
  }
  if (text.length !== signatureBlockBytes) return refuse('the signature block has a wrong length')
  const [, first = '', , second = ''] = text.split('\n')
  const signed = strictBase64(first)
  const commentSignature = strictBase64(second)
  if (signed?.length !== 74 || commentSignature?.length !== 64)
    return refuse('the signature block is malformed')
  const block = { minisignId: signed.slice(2, 10), signature: signed.slice(10), commentSignature }
  if (formatSignatureBlock(block) !== text)
    return refuse('the signature block is not written as moss writes it')
  return block
}

/** Standard alphabet, padded, no spaces, no stray bits; anything else is undefined. */
export function strictBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' })
    return bytes.toBase64() === text ? bytes : undefined
  } catch {
    return undefined
  }
}
