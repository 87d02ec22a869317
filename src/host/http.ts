// What lies at an address, over HTTP or HTTPS, by the system's proxies and certificates. What comes is nobody's word: whoever
// asks knows the digest of what must come.
import { isMossError, MossError } from '../base/error.ts'

export interface Download {
  /** Where it begins: at the byte that was asked for, or at 0 where all comes. */
  readonly fromByte: number
  /** Use each before asking for the next. */
  readonly windows: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** A connection on which nothing comes for so long is given up. */
const idleMs = 60_000

let isReady = false

/** Undefined where nothing is at the address. Throws NETWORK_FAILED, also from the windows. */
export async function download(
  address: string,
  fromByte: number,
  cancelled: AbortSignal,
): Promise<Download | undefined> {
  getReady()
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(new Error(`nothing came for ${idleMs / 1000} s`)), idleMs)
  const failed = (error: unknown): MossError =>
    new MossError('NETWORK_FAILED', { address, problem: problemIn(error) }, error)
  try {
    const response = await globalThis.fetch(address, {
      // What is packed has its digest as it is packed.
      headers: { 'accept-encoding': 'identity', ...(fromByte > 0 && { range: `bytes=${fromByte}-` }) },
      signal: AbortSignal.any([cancelled, idle.signal]),
    })
    const beginning = startOf(response, fromByte)
    if (beginning !== undefined && response.body !== null)
      return { fromByte: beginning, windows: windowsOf(response.body, timer, failed) }
    clearTimeout(timer)
    await response.body?.cancel()
    // What is here of it is more than there is: all of it anew.
    if (response.status === 416 && fromByte > 0) return await download(address, 0, cancelled)
    if (response.status === 404 || response.status === 410) return undefined
    throw new Error(`the server answers ${response.status} ${response.statusText}`.trimEnd())
  } catch (error) {
    clearTimeout(timer)
    throw isMossError(error) ? error : failed(error)
  }
}

function startOf({ status, headers }: Response, fromByte: number): number | undefined {
  if (status === 200) return 0
  const [, start] = /^bytes (\d{1,15})-/.exec(headers.get('content-range') ?? '') ?? []
  return status === 206 && Number(start) === fromByte ? fromByte : undefined
}

async function* windowsOf(
  body: ReadableStream<Uint8Array>,
  timer: NodeJS.Timeout,
  failed: (error: unknown) => MossError,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw failed(error)
      })
      if (done) return
      timer.refresh()
      yield value
    }
  } finally {
    clearTimeout(timer)
    await reader.cancel().catch(() => {})
  }
}

/** `fetch failed` says nothing; what was behind it does. */
function problemIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return cause.message === '' ? ((cause as NodeJS.ErrnoException).code ?? error.message) : cause.message
}

function getReady(): void {
  if (isReady) return
  isReady = true
  process.getBuiltinModule('node:http').setGlobalProxyFromEnv()
  const tls = process.getBuiltinModule('node:tls')
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])
}
