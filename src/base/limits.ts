// Bounds that hold before anything is trusted, and the limits of the formats. Bytes unless the name says otherwise.

const KiB = 1024
const MiB = 1024 * KiB

export const limits = {
  headBytes: 1 * MiB,
  signaturesBytes: 64 * KiB,
  rootChainBytes: 1 * MiB,
  /** A host's state vouches for itself alone: anybody can make one. */
  stateBytes: 16 * MiB,
  cborDepth: 16,
  sectionBytes: 512 * MiB,
  /**
   * Of tables chunks, contents and links, each: three million chunks, which are 190 GB as files are cut. And of a catalogue:
   * ten times the largest distribution.
   */
  longTableBytes: 128 * MiB,
  framePlainBytes: 8 * MiB,
  /** Of a frame of codec 4: what it decodes to, the bases it reads, its streams before they are compressed. */
  deltaPlainBytes: 128 * MiB,
  deltaBaseBytes: 128 * MiB,
  deltaStreamBytes: 32 * MiB,
  /** Of a file, or its base, whose packed members are unpacked. */
  deltaUnpackedBytes: 64 * MiB,
  /** Of all such files of a frame, since packing them again takes long, and of all such bases. */
  deltaUnpackedTogetherBytes: 128 * MiB,
  zstdWindowBytes: 8 * MiB,
  /** Of codec 3: the base, and the window over base and content. */
  zstdBaseBytes: 24 * MiB,
  zstdBaseWindowBytes: 32 * MiB,
  recipeBytes: 256 * KiB,
  /** What the archives of a recipe unpack to, together, and how many entries they have. */
  sourcesBytes: 8 * 1024 * MiB,
  sourcesEntries: 1_000_000,
  /** Of a build: what its steps print is kept so far. */
  buildLogBytes: 64 * MiB,
  pathDepth: 64,
  pathComponentBytes: 255,
  /** A serial may rise by at most this much at once, so that nobody can lock a host out. */
  serialJump: 2 ** 20,
  /** Dates further than this ahead of both floor and clock are refused. */
  futureDays: 400,
} as const

export const chunkSizes = { min: 16 * KiB, average: 64 * KiB, max: 256 * KiB } as const
