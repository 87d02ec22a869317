// The bytes of a base as its decoder asks for them: some at a time, so that a long base need not be in memory.

export interface BaseBytes {
  readonly sizeBytes: number
  /** Fills all of `into` with what lies there; it lies inside the base. */
  read(at: number, into: Uint8Array): void
}

export const bytesInMemory = (bytes: Uint8Array): BaseBytes => ({
  sizeBytes: bytes.length,
  read: (at, into) => into.set(bytes.subarray(at, at + into.length)),
})
