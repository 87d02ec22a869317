// A web server for the tests of mirror, in a process of its own, for programs are waited for: it gives what is in a folder,
// as badly as the file `how.json` in its own folder says, which it reads anew for each request, and writes down what it was asked.
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'

export interface Badly {
  /** It gives all, whatever part is asked for. */
  readonly noParts?: boolean
  /** Each answer breaks off after so many bytes of its body. */
  readonly cutBytes?: number
  /** After the first that broke off it answers nothing any more. */
  readonly dies?: boolean
  /** So many requests from now on are answered with 503. */
  readonly busy?: number
  /** It answers 403. */
  readonly forbids?: boolean
  /** It sends all to the other one, below /moved. */
  readonly moves?: boolean
  /** A body has so many bytes more than the file. */
  readonly moreBytes?: number
}

export interface ArchiveServer extends Disposable {
  readonly address: string
  how(badly: Badly): void
  /** What was asked since the last call: the path, and from which byte if not the first. */
  asked(): readonly string[]
}

export async function archiveServer(folder: string, own: string): Promise<ArchiveServer> {
  mkdirSync(own, { recursive: true })
  const file = (name: string): string => join(own, name)
  writeFileSync(file('how.json'), '{}')
  writeFileSync(file('asked'), '')
  const child = spawn(process.execPath, [import.meta.filename, folder, own], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()))
    child.once('exit', () => reject(new Error('the server ended')))
  })
  return {
    address: `http://127.0.0.1:${port}`,
    how: (badly) => writeFileSync(file('how.json'), JSON.stringify(badly)),
    asked: () => {
      const lines = readFileSync(file('asked'), 'utf8').split('\n').slice(0, -1)
      writeFileSync(file('asked'), '')
      return lines
    },
    [Symbol.dispose]: () => {
      child.kill()
      rmSync(own, { recursive: true, force: true })
    },
  }
}

function answer(folder: string, own: string, request: IncomingMessage, response: ServerResponse): void {
  const how = JSON.parse(readFileSync(join(own, 'how.json'), 'utf8')) as Badly
  const path = request.url ?? ''
  const [, asked = ''] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
  appendFileSync(join(own, 'asked'), `${path}${asked === '' ? '' : ` from ${asked}`}\n`)
  if ((how.busy ?? 0) > 0) {
    writeFileSync(join(own, 'how.json'), JSON.stringify({ ...how, busy: (how.busy ?? 0) - 1 }))
    response.writeHead(503).end()
    return
  }
  if (how.forbids === true) {
    response.writeHead(403).end()
    return
  }
  if (how.moves === true && !path.startsWith('/moved/')) {
    response.writeHead(302, { location: `/moved${path}` }).end()
    return
  }
  const file = join(folder, path.replace(/^\/moved/, ''))
  if (!existsSync(file)) {
    response.writeHead(404).end('not here')
    return
  }
  const bytes = Buffer.concat([readFileSync(file), Buffer.alloc(how.moreBytes ?? 0)])
  const from = how.noParts === true ? 0 : Number(asked)
  if (from > 0 && from >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    return
  }
  const body = bytes.subarray(from)
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': body.length,
    ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  })
  if (how.cutBytes === undefined || how.cutBytes >= body.length) response.end(body)
  else {
    if (how.dies === true) writeFileSync(join(own, 'how.json'), '{"busy":1000}')
    response.write(body.subarray(0, how.cutBytes), () => response.destroy())
  }
}

const [, program, folder, own] = process.argv
if (program === import.meta.filename && folder !== undefined && own !== undefined) {
  const server = createServer((request, response) => answer(folder, own, request, response))
  server.listen(0, '127.0.0.1', () => {
    const place = server.address()
    process.stdout.write(`${typeof place === 'object' ? place?.port : ''}\n`)
  })
}
