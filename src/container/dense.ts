// Which chunks look as if nothing could compress them: pictures, archives, keys. They travel in frames of their own, since
// zstd, once it has met a long run of such bytes, looks less closely and misses what could be compressed behind it. A guess
// from a sample, so that it costs next to nothing; a wrong one costs bytes alone.

const sampleBytes = 4096
const pieces = 8
/** Of fewer bytes too little can be seen. */
const leastBytes = 512
/** How often two bytes are the same, against bytes of chance: code and text have five times and more. */
const mostAlike = 1.1 / 256

const counts = new Uint32Array(256)

export function looksDense(bytes: Uint8Array): boolean {
  if (bytes.length < leastBytes) return false
  counts.fill(0)
  const length = Math.min(bytes.length, sampleBytes)
  const piece = Math.floor(length / pieces)
  const step = (bytes.length - piece) / (pieces - 1)
  for (let i = 0; i < pieces; i++) {
    const start = Math.floor(i * step)
    for (let at = start; at < start + piece; at++) counts[bytes[at] ?? 0]! += 1
  }
  const seen = piece * pieces
  let alike = 0
  for (const count of counts) alike += count * (count - 1)
  return alike < mostAlike * seen * (seen - 1)
}
