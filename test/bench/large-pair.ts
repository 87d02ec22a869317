// Memory for one large file that changed everywhere a little: node test/bench/large-pair.ts [MB [EFFORT]], 400 MB by
// default. The built program publishes both versions, a host with the first one takes the update in. Judged: making the
// bundle stays under 1 GiB, taking it in under 256 MiB, and the host has the new file, bit for bit.
import { createCipheriv, createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote, run, timedWarm, type Cost } from './ways/timed.ts'

const MiB = 1024 * 1024
const makeBar = 1024 * MiB
const takeBar = 256 * MiB

/** Pieces of one MiB, the same for the same number: tables that repeat, with bytes of chance between them. */
function pieceOf(number: number): Buffer {
  const start = Buffer.alloc(16)
  start.writeUInt32BE(number)
  const piece = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), start).update(Buffer.alloc(MiB))
  for (let at = 0; at < piece.length; at++) if (at % 64 < 32) piece[at] = (at >> 6) & 0xff
  return piece
}

/** The second version has another byte every few hundred, and some bytes more every few MiB, so that all moves on. */
function writeVersion(path: string, megabytes: number, version: 1 | 2): string {
  const file = openSync(path, 'w')
  const digest = createHash('sha256')
  const put = (bytes: Buffer): void => {
    digest.update(bytes)
    writeSync(file, bytes)
  }
  for (let number = 0; number < megabytes; number++) {
    const piece = pieceOf(number)
    if (version === 2) {
      for (let at = number % 500; at < piece.length; at += 500) piece[at] = (piece[at] ?? 0) ^ 0x55
      if (number % 5 === 0) put(Buffer.from(`this was put in before piece ${number}`))
    }
    put(piece)
  }
  closeSync(file)
  return digest.digest('hex')
}

function measure(megabytes: number, effort: string): void {
  const work = mkdtempSync(join(tmpdir(), 'large-pair-'))
  const moss = quote(join(import.meta.dirname, '../../dist/moss'))
  const tell = (what: string, { cpu, peakBytes }: Cost, note = ''): void =>
    console.log(`${what.padEnd(7)} peak ${(peakBytes / MiB).toFixed(0)} MiB, CPU ${cpu.toFixed(1)} s${note}`)
  try {
    const large = join(work, 'large/usr/lib')
    mkdirSync(large, { recursive: true })
    const publish = (version: 1 | 2): string => {
      const digest = writeVersion(join(large, 'large.bin'), megabytes, version)
      run(
        `printf 'name = "large"\\nversion = "${version}"\\nscheme = "moss"\\n' > large/moss-package.toml
        ${moss} add bench large --home home
        ${moss} channel publish bench --home home`,
        work,
      )
      return digest
    }
    run(`${moss} key generate --no-passphrase --home home; ${moss} channel create bench --home home`, work)
    publish(1)
    run(
      `${moss} init --root host --trust home/root.moss-root --channel bench --name bench
      ${moss} subscribe large --root host
      ${moss} state export now.moss-state --root host
      ${moss} fleet enroll -y now.moss-state --home home
      ${moss} export --for now.moss-state -o first.moss --home home`,
      work,
    )
    tell('first', timedWarm(`${moss} import first.moss --root host; ${moss} apply -y --root host`, work))
    const digest = publish(2)
    run(`${moss} state export now.moss-state --root host`, work)
    const made = timedWarm(
      `${moss} export --for now.moss-state --effort ${effort} -o update.moss --home home`,
      work,
    )
    tell('export', made, `, ${statSync(join(work, 'update.moss')).size} bytes`)
    const taken = timedWarm(`${moss} import update.moss --root host`, work)
    tell('import', taken)
    run(`${moss} apply -y --root host`, work)
    const there = createHash('sha256')
      .update(readFileSync(join(work, 'host/usr/lib/large.bin')))
      .digest('hex')
    if (there !== digest) throw new Error('the host has another file')
    if (made.peakBytes > makeBar) throw new Error(`export is above the bar of ${makeBar / MiB} MiB`)
    if (taken.peakBytes > takeBar) throw new Error(`import is above the bar of ${takeBar / MiB} MiB`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const [megabytes = '400', effort = '5'] = process.argv.slice(2)
measure(Number(megabytes), effort)
