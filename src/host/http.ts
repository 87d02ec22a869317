// What lies at an address, over HTTP or HTTPS, by the system's proxies and certificates. What comes is nobody's word: whoever
// asks knows the digest of what must come.
import { MossError } from '../base/error.ts'

export interface Download extends AsyncDisposable {
  /** Where it begins: at the byte that was asked for, or at 0 where all comes. */
  readonly fromByte: number
  /** Of the whole, if the server says so. */
  readonly totalBytes?: number
  /** Use each before asking for the next. */
  readonly windows: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** A connection on which nothing comes for so long is given up. */
const idleMs = 60_000

let usesSystemNetwork = false

/** Undefined where nothing is at the address. Throws NETWORK_FAILED, also from the windows. */
export async function download(
  address: string,
  fromByte: number,
  cancelled: AbortSignal,
): Promise<Download | undefined> {
  const idle = new AbortController()
  /** Only while the network is waited for: who takes what comes may take their time. */
  const wait = async <T>(coming: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => idle.abort(new Error(`nothing came for ${idleMs / 1000} s`)), idleMs)
    try {
      return await coming
    } catch (error) {
      throw new MossError(
        'NETWORK_FAILED',
        { address, problem: problemIn(error), isFinal: isFinal(error) },
        error,
      )
    } finally {
      clearTimeout(timer)
    }
  }
  const response = await wait(
    (async () => {
      useSystemNetwork()
      return await globalThis.fetch(address, {
        // What is packed has its digest as it is packed.
        headers: { 'accept-encoding': 'identity', ...(fromByte > 0 && { range: `bytes=${fromByte}-` }) },
        signal: AbortSignal.any([cancelled, idle.signal]),
      })
    })(),
  )
  const beginning = startOf(response, fromByte)
  if (beginning !== undefined && response.body !== null) {
    const reader = response.body.getReader()
    return {
      ...beginning,
      windows: arriving(reader, wait),
      [Symbol.asyncDispose]: () => reader.cancel().catch(() => {}),
    }
  }
  await response.body?.cancel()
  // What is here of it is more than there is: all of it anew.
  if (response.status === 416 && fromByte > 0) return await download(address, 0, cancelled)
  if (response.status === 404 || response.status === 410) return undefined
  return await wait(Promise.reject(new StatusError(response)))
}

function startOf(
  { status, headers }: Response,
  fromByte: number,
): Pick<Download, 'fromByte' | 'totalBytes'> | undefined {
  if (status === 200) return { fromByte: 0, ...total(headers.get('content-length')) }
  const [, start, whole] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(headers.get('content-range') ?? '') ?? []
  return status === 206 && Number(start) === fromByte ? { fromByte, ...total(whole) } : undefined
}

const total = (text: string | null | undefined): { readonly totalBytes?: number } =>
  /^\d{1,15}$/.test(text ?? '') ? { totalBytes: Number(text) } : {}

async function* arriving(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  wait: <T>(coming: Promise<T>) => Promise<T>,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await wait(reader.read())
    if (done) return
    yield value
  }
}

class StatusError extends Error {
  readonly isFinal: boolean

  constructor({ status, statusText }: Response) {
    super(`the server answers ${status} ${statusText}`.trimEnd())
    this.isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
  }
}

class ProxyError extends Error {
  constructor(cause: unknown) {
    const problem = cause instanceof Error ? cause.message : 'it is no address'
    super(
      `the proxy that http_proxy or https_proxy names cannot be used, such as http://proxy:3128: ${problem}`,
    )
  }
}

/** Whether asking again would be answered alike. */
function isFinal(error: unknown): boolean {
  if (error instanceof StatusError) return error.isFinal
  if (error instanceof ProxyError) return true
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  return (
    cause?.code === 'ENOTFOUND' ||
    /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(cause?.code ?? '')
  )
}

/** `fetch failed` says nothing; what was behind it does. */
function problemIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return cause.message === '' ? ((cause as NodeJS.ErrnoException).code ?? error.message) : cause.message
}

function useSystemNetwork(): void {
  if (usesSystemNetwork) return
  try {
    process.getBuiltinModule('node:http').setGlobalProxyFromEnv()
  } catch (error) {
    throw new ProxyError(error)
  }
  const tls = process.getBuiltinModule('node:tls')
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...tls.getCACertificates('system')])
  usesSystemNetwork = true
}
