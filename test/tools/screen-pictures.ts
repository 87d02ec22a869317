// Pictures of the screens for the README: the built program at 80×24 in tmux, on a root made for it, drawn with a console
// font as a console would. Call: node test/tools/screen-pictures.ts FONT.psf.gz [FOLDER], with a font such as Debian's
// Uni2-Terminus16 of console-setup-linux; into man/pictures by default.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync, gunzipSync } from 'node:zlib'
import { builtMoss, type SampleTrip, sampleTrip } from '../support/sample-trip.ts'

interface Font {
  readonly width: number
  readonly height: number
  /** A byte for each eight cells of a row, row by row. */
  glyph(character: string): Uint8Array
}

/** PC Screen Font, version 1, eight pixels wide, with its table of Unicode. */
function readFont(bytes: Buffer): Font {
  const [mode = 0, height = 0] = bytes.subarray(2, 4)
  if (bytes.readUInt16LE(0) !== 0x0436 || (mode & 2) === 0)
    throw new Error('not a PSF 1 font with a table of Unicode')
  const count = (mode & 1) === 0 ? 256 : 512
  const numbers = new Map<string, number>()
  let glyph = 0
  for (let at = 4 + count * height; at + 1 < bytes.length && glyph < count; at += 2) {
    const code = bytes.readUInt16LE(at)
    if (code === 0xffff) glyph++
    else if (code !== 0xfffe && !numbers.has(String.fromCharCode(code)))
      numbers.set(String.fromCharCode(code), glyph)
  }
  return {
    width: 8,
    height,
    glyph: (character) => {
      const start = 4 + (numbers.get(character) ?? numbers.get('?') ?? 0) * height
      return bytes.subarray(start, start + height)
    },
  }
}

/** The console's sixteen colours, the first its paper. */
const palette = [
  '101418',
  'cc4b4b',
  '5fae5f',
  'c8a04a',
  '5f87c8',
  'a06fb0',
  '5fb0b0',
  'c8ccd0',
  '6c7278',
  'ff6c6c',
  '87d787',
  'ffd75f',
  '87afff',
  'd787d7',
  '87d7d7',
  'ffffff',
] as const
const [paper, ink, faint] = [0, 7, 8]

interface Look {
  colour: number
  isBold: boolean
  isFaint: boolean
  isReversed: boolean
}

const plain = (): Look => ({ colour: ink, isBold: false, isFaint: false, isReversed: false })

/** Select Graphic Rendition, as much of it as the screens use. */
function turn(look: Look, codes: readonly number[]): void {
  for (const code of codes) {
    if (code === 0) Object.assign(look, plain())
    else if (code === 1) look.isBold = true
    else if (code === 2) look.isFaint = true
    else if (code === 7) look.isReversed = true
    else if (code === 22) look.isBold = look.isFaint = false
    else if (code === 27) look.isReversed = false
    else if (code === 39) look.colour = ink
    else if (code >= 30 && code <= 37) look.colour = code - 30
    else if (code >= 90 && code <= 97) look.colour = code - 82
  }
}

function coloursOf({ colour, isBold, isFaint, isReversed }: Look): readonly [number, number] {
  const bright = isBold && colour < 8 ? colour + 8 : colour
  const front = isFaint ? faint : bright
  return isReversed ? [paper, front] : [front, paper]
}

const escape = String.fromCharCode(27)
const sequence = new RegExp(`${escape}\\[([0-9;]*)m|([^${escape}])`, 'gu')

/** `screen` is what `tmux capture-pane -e` gives. */
function draw(screen: string, font: Font): Buffer {
  const [columns, rows, margin] = [80, 24, 8]
  const width = columns * font.width + 2 * margin
  const height = rows * font.height + 2 * margin
  const pixels = new Uint8Array(width * height)
  const rowBytes = Math.ceil(font.width / 8)
  const look = plain()
  for (const [row, line] of screen.split('\n').slice(0, rows).entries()) {
    let column = 0
    for (const [, codes, character] of line.matchAll(sequence)) {
      if (character === undefined) {
        turn(look, (codes === '' ? '0' : (codes ?? '0')).split(';').map(Number))
        continue
      }
      const glyph = font.glyph(character)
      const [front, back] = coloursOf(look)
      for (let y = 0; y < font.height; y++)
        for (let x = 0; x < font.width; x++) {
          const isSet = ((glyph[y * rowBytes + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) !== 0
          pixels[(margin + row * font.height + y) * width + margin + column * font.width + x] = isSet
            ? front
            : back
        }
      column++
    }
  }
  return png(pixels, width, height)
}

/** Portable Network Graphics with a palette, eight bits a pixel. */
function png(pixels: Uint8Array, width: number, height: number): Buffer {
  const chunk = (kind: string, body: Uint8Array): Buffer => {
    const named = Buffer.concat([Buffer.from(kind, 'latin1'), body])
    const whole = Buffer.alloc(named.length + 8)
    whole.writeUInt32BE(body.length, 0)
    named.copy(whole, 4)
    whole.writeUInt32BE(crc32(named), named.length + 4)
    return whole
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 3, 0, 0, 0], 8)
  const lines = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  return Buffer.concat([
    Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.join(''), 'hex')),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ])
}

const [fontPath, to = join(import.meta.dirname, '../../man/pictures')] = process.argv.slice(2)
if (fontPath === undefined) throw new Error('say which font: FONT.psf.gz')
const font = readFont(gunzipSync(readFileSync(fontPath)))
const folder = mkdtempSync(join(tmpdir(), 'moss-pictures-'))
const tmux = (...args: readonly string[]): string =>
  execFileSync('tmux', ['-L', `moss-pictures-${process.pid}`, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
  })

async function sees(text: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (tmux('capture-pane', '-p', '-t', 'screens').includes(text)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`never saw ${text} in\n${tmux('capture-pane', '-p', '-t', 'screens')}`)
}
const press = (...keys: readonly string[]): void => {
  if (keys.length > 0) tmux('send-keys', '-t', 'screens', ...keys)
}
function picture(name: string): void {
  writeFileSync(join(to, `${name}.png`), draw(tmux('capture-pane', '-e', '-p', '-t', 'screens'), font))
  console.log(`${name}.png`)
}

/** Keys, what is there then, and the picture's name. */
interface Step {
  readonly keys?: readonly string[]
  readonly until: readonly string[]
  readonly name?: string
}

const atHost: readonly Step[] = [
  { until: ['second.moss'], name: 'overview' },
  { keys: ['Enter'], until: ['1 → 2'], name: 'import' },
  { keys: ['Enter'], until: ['taken in'] },
  { keys: ['Enter'], until: ['[Plan]', '1.0 → 2.0'], name: 'plan' },
  { keys: ['Enter'], until: ['[y/N]'], name: 'apply' },
  { keys: ['y'], until: ['state 2 is current'] },
  { keys: ['h'], until: ['* 2'] },
  { keys: ['Enter'], until: ['From state 2'], name: 'history' },
  { keys: ['Escape'], until: ['[Overview]'] },
  { keys: ['c'], until: ['by channel stable'] },
  { keys: ['Down', 'Enter'], until: ['pilot-books is installed'], name: 'catalogue' },
  { keys: ['Escape'], until: ['[Overview]'] },
  { keys: ['t'], until: ['exporter'], name: 'trust' },
  { keys: ['Escape'], until: ['[Overview]'] },
  { keys: ['d'], until: ['Esc back'], name: 'doctor' },
]

const atStation: readonly Step[] = [
  { until: ['is not enrolled', 'pump-03'], name: 'fleet' },
  { keys: ['Down', 'Down', 'a', 'Enter'], until: ['Enter write', '4 hosts'], name: 'export' },
]

async function walk(command: string, steps: readonly Step[]): Promise<void> {
  tmux('new-session', '-d', '-s', 'screens', '-x', '80', '-y', '24', command)
  for (const { keys = [], until, name } of steps) {
    press(...keys)
    for (const text of until) await sees(text)
    if (name !== undefined) picture(name)
  }
  tmux('kill-session', '-t', 'screens')
}

/** Hosts that have one serial or another, or none, and one that nobody has enrolled. */
function makeFleet({ verb, root, home, stick }: SampleTrip): void {
  const state = (host: string): string =>
    verb<{ path: string }>('state', 'export', stick, '--root', host).path
  const enrol = (host: string): void => void verb('fleet', 'enroll', state(host), '--home', home)
  const made = (name: string): string => {
    const host = join(folder, name)
    verb('init', '--trust', join(home, 'root.moss-root'), '--name', name, '--root', host)
    verb('subscribe', 'harbour', '--root', host)
    return host
  }
  state(root)
  for (const name of ['pump-03', 'pump-04', 'valve-01']) enrol(made(name))
  verb('fleet', 'receive', stick, '--home', home)
  state(made('valve-02'))
}

try {
  mkdirSync(to, { recursive: true })
  const trip = sampleTrip(folder)
  trip.verb('import', trip.carry('first'), '--apply', '--root', trip.root)
  trip.carry('second')
  makeFleet(trip)
  await walk(`${builtMoss} tui --home ${trip.home} ${trip.stick}`, atStation)
  await walk(`${builtMoss} tui --root ${trip.root} ${trip.stick}`, atHost)
} finally {
  try {
    tmux('kill-server')
  } catch {
    // it ended by itself
  }
  rmSync(folder, { recursive: true, force: true })
}
