// A base and a target in the memory of a kernel: how the target lies along its base, and what makes it of that, as bytes
// for the streams of a delta. The loops are in kernel/, which trusts its input as the encoder does.
import { mostRuns } from './delta-forms.ts'
import type { StreamName, StreamWriter } from './delta-streams.ts'
import { takeKernel } from './kernel.ts'
import type { ReferencePrediction, Runs } from './predict-references.ts'
import type { References } from './references.ts'

/** Either may be empty. */
export interface Pair {
  readonly base: Uint8Array
  readonly target: Uint8Array
}

export interface Thoroughness {
  /** A seed every so many bytes of the base is known. */
  readonly step: number
  /** Where little is found, places so far from each other are looked up, at most. With no factor of `step`, or else most shifts are never seen. */
  readonly mostStride: number
}

type Writers = Readonly<Record<StreamName, StreamWriter>>

/** In the order of the target: where each run is there and in the base, its length, and bytes after it that resemble nothing. */
const runBytes = 16

/** Bytes of a run that are predicted at once. */
const pieceBytes = 64 * 1024

const mostNumberBytes = 5

export class LaidPair implements Disposable {
  readonly #kernel = takeKernel()
  readonly #base: number
  readonly #baseBytes: number
  readonly #target: number
  readonly #targetBytes: number
  #runs = 0
  #count = 0
  #likelyBytes = 0

  constructor({ base, target }: Pair) {
    this.#base = this.#kernel.put(base)
    this.#baseBytes = base.length
    this.#target = this.#kernel.put(target)
    this.#targetBytes = target.length
  }

  /** Finds the runs, with the references of both replaced by labels if there are any. */
  lay(how: Thoroughness, references?: { readonly base: References; readonly target: References }): void {
    const restoreBase = this.#label(this.#base, this.#baseBytes, references?.base)
    const restoreTarget = this.#label(this.#target, this.#targetBytes, references?.target)
    const { calls } = this.#kernel
    const sizes = [this.#base, this.#baseBytes, this.#target, this.#targetBytes] as const
    this.#count = calls.layAlong(...sizes, how.step, how.mostStride, mostRuns)
    this.#runs = calls.laidRuns()
    restoreBase()
    restoreTarget()
  }

  /** Gives what puts the file back as it was. */
  #label(file: number, fileBytes: number, references: References | undefined): () => void {
    if (references === undefined) return () => {}
    const { calls } = this.#kernel
    const { count } = references
    const fields = this.#kernel.put(bytesOf(references.fields, count))
    const targets = this.#kernel.put(bytesOf(references.targets, count))
    const values = calls.take(8 * count)
    calls.labelFields(file, fileBytes, fields, targets, count, values)
    return () => calls.restoreFields(file, fields, count, values)
  }

  /** The runs that were found, copied. */
  runs(): Runs {
    const numbers = new Uint32Array(this.#kernel.view(this.#runs, runBytes * this.#count).slice().buffer)
    const column = (n: number): Uint32Array =>
      Uint32Array.from({ length: this.#count }, (_, i) => numbers[4 * i + n]!)
    return { count: this.#count, ats: column(0), baseAts: column(1), lengths: column(2) }
  }

  /** Of what was written, without what repeats in it. */
  get likelyBytes(): number {
    return this.#likelyBytes
  }

  /** `gap` are the bytes that agreed before, of other files; gives those that agree at the end. */
  write(writers: Writers, gap: number, prediction?: ReferencePrediction): number {
    this.#writeRuns(writers)
    const { calls } = this.#kernel
    const [gaps, runs, differences] = [0, 0, 0].map(() => calls.take(this.#targetBytes + mostNumberBytes))
    calls.startDifferences(gap, gaps!, runs!, differences!)
    if (prediction === undefined)
      calls.addDifferencesOfRuns(this.#target, this.#base, this.#runs, this.#count)
    else this.#addPredicted(prediction)
    this.#append(writers.gaps, gaps!, calls.gapsWritten())
    this.#append(writers.runs, runs!, calls.runsWritten())
    this.#append(writers.differences, differences!, calls.differencesWritten())
    return calls.gapAfter()
  }

  #writeRuns({ control, seeks, extra }: Writers): void {
    const { calls } = this.#kernel
    const mark = calls.mark()
    const seekBytes = calls.take(mostNumberBytes * this.#count)
    const controlBytes = calls.take(2 * mostNumberBytes * this.#count)
    const seeksEnd = calls.writeRuns(this.#runs, this.#count, seekBytes, controlBytes)
    this.#append(seeks, seekBytes, seeksEnd)
    this.#append(control, controlBytes, calls.controlWritten())
    const extraBytes = calls.take(this.#targetBytes)
    const extraEnd = calls.writeExtra(this.#target, this.#runs, this.#count, extraBytes)
    this.#append(extra, extraBytes, extraEnd)
    calls.release(mark)
  }

  #addPredicted(prediction: ReferencePrediction): void {
    const { calls } = this.#kernel
    const { count, ats, baseAts, lengths } = this.runs()
    const expected = calls.take(pieceBytes)
    for (let i = 0; i < count; i++) {
      const end = baseAts[i]! + lengths[i]!
      for (let baseAt = baseAts[i]!; baseAt < end;) {
        const at = ats[i]! + baseAt - baseAts[i]!
        const most = Math.min(end, baseAt + pieceBytes)
        const next = most === end ? end : prediction.endOfPiece(baseAt, most)
        const piece = this.#kernel.view(expected, next - baseAt)
        piece.set(this.#kernel.view(this.#base + baseAt, next - baseAt))
        prediction.apply(piece, baseAt, at)
        calls.addDifferences(this.#target + at, expected, next - baseAt)
        baseAt = next
      }
    }
  }

  #append(stream: StreamWriter, start: number, end: number): void {
    stream.bytes(this.#kernel.view(start, end - start))
    this.#likelyBytes += this.#kernel.calls.entropyBytes(start, end - start)
  }

  [Symbol.dispose](): void {
    this.#kernel[Symbol.dispose]()
  }
}

const bytesOf = (numbers: Uint32Array, count: number): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, 4 * count)
