// A package in two versions with a file of each kind that an update carries in its own way: a program whose functions moved, bytes
// that changed here and there, texts, and a packed text. A build sends one to the other once, so that whatever a usual
// update runs is among what it keeps compiled.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { deflate } from '../../src/delta/deflate.ts'
import { elfProgram, type TestFunction } from '../support/elf-program.ts'
import { knownBytes } from '../support/known-bytes.ts'
import { gzipFile } from '../support/packed-files.ts'
import type { SampleVersion } from '../support/sample.ts'

/** Writes its folder below `into`; gives it. */
export function writeUsualPackage(into: string, version: SampleVersion): string {
  const folder = join(into, 'usual')
  const isSecond = version === 'second'
  const files: Readonly<Record<string, Uint8Array>> = {
    'moss-package.toml': encodeUtf8(`name = "usual"\nversion = "${isSecond ? 2 : 1}"\n`),
    'usr/bin/program': program(isSecond),
    'usr/lib/data': data(isSecond),
    'usr/share/doc/usual/changelog.gz': packed(text(0, isSecond, 2000)),
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [
        `usr/share/usual/${n}.txt`,
        text(n, isSecond && n % 2 === 0, 80),
      ]),
    ),
  }
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  return folder
}

function program(hasMore: boolean): Uint8Array {
  const functions: TestFunction[] = Array.from({ length: 2000 }, (_, n) => ({
    name: `function_${n}`,
    body: knownBytes(60 + (n % 90), n + 1),
    calls: [`function_${(7 * n) % 2000}`, `function_${(31 * n) % 2000}`],
  }))
  if (hasMore) functions.splice(500, 0, { name: 'new', body: knownBytes(300, 9000), calls: ['function_3'] })
  return elfProgram(functions)
}

/** Several chunks, some of which stay. */
function data(isChanged: boolean): Uint8Array {
  const bytes = knownBytes(1_500_000, 5)
  if (isChanged) for (let at = 0; at < 700_000; at += 2500) bytes[at]! ^= 0x55
  return bytes
}

function text(seed: number, isChanged: boolean, lines: number): Uint8Array {
  const numbers = knownBytes(lines, seed + 1)
  const line = (number: number, n: number): string =>
    `line ${n} says ${number} and ${isChanged && n % 9 === 0 ? 'something new' : 'what it said before'}`
  return encodeUtf8(`${Array.from(numbers, line).join('\n')}\n`)
}

function packed(plain: Uint8Array): Uint8Array {
  const bits = deflate(plain, 9)
  if (bits === undefined) throw new Error('broken promise: without bounds all is packed')
  return gzipFile({ packed: bits })
}
