// The names of things: branded strings and numbers that cannot be mixed up.
// Digests are 64 lower-case hexadecimal digits in memory and 32 raw bytes on disk.

declare const brand: unique symbol
/** Kinds as keys: an intersection of two brands has both, and neither is taken for a third. */
type Branded<T, Kinds extends string> = T & { readonly [brand]: { readonly [kind in Kinds]: true } }

/** SHA-256 of some bytes, as 64 lower-case hexadecimal digits. */
export type Digest = Branded<string, 'Digest'>
/** Names a chunk: SHA-256 of its plain bytes. */
export type ChunkId = Branded<string, 'Digest' | 'ChunkId'>
/** Names a file's bytes: SHA-256 of the whole content. A content of one chunk has that chunk's id. */
export type ContentDigest = Branded<string, 'Digest' | 'ContentDigest'>
/** Names a file body with its attributes inside a store; never leaves the store. */
export type AssetId = Branded<string, 'Digest' | 'AssetId'>
/** Names a package: SHA-256 of its manifest's canonical bytes. */
export type PackageId = Branded<string, 'Digest' | 'PackageId'>
/** Names a key: SHA-256 of its algorithm and public key. */
export type KeyId = Branded<string, 'Digest' | 'KeyId'>
/** Names a container: SHA-256 of its head. */
export type ContainerId = Branded<string, 'Digest' | 'ContainerId'>
/** Names a host: the first 16 digits of its key's id. */
export type HostId = Branded<string, 'HostId'>
/** The number of a state, from 0. */
export type StateNumber = Branded<number, 'StateNumber'>

export const isDigest = (text: string): text is Digest => /^[0-9a-f]{64}$/.test(text)
