// A deflate stream found in a file, and what the file says of who made it.

/** A stream at the beginning of some bytes. */
export interface OpenedStream {
  /** Plain bytes, or tokens. */
  readonly content: Uint8Array
  /** Of the stream. */
  readonly packedBytes: number
}

export interface PackedStream extends OpenedStream {
  readonly at: number
  /** What the header says of the level; 6 where it says nothing. */
  readonly level: number
  /** The header looks like that of gzip itself, or of zip. */
  readonly isOfGzip: boolean
}

/** Opens the stream at the beginning of the bytes, within the room that there is now. */
export type OpenStream = (packed: Uint8Array) => OpenedStream | undefined
