// A small sample of packages in two versions, as directories: programs, a table that changes in one place, texts
// that stay. Made from fixed numbers, so that every run makes the same bytes.
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** 2026-01-01 and 2026-06-01, in seconds since 1970. */
export const sampleDates = { first: 1_767_225_600, second: 1_780_272_000 } as const
export type SampleVersion = keyof typeof sampleDates

const words =
  'anchor buoy chart deck ebb flood gale harbour inlet jetty keel lee mast neap oar pier quay reef swell tide'.split(
    ' ',
  )

/** Numbers in 0..1 from a seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

function table(seed: number, lines: number): string {
  const next = numbers(seed)
  const out: string[] = []
  for (let i = 0; i < lines; i++)
    out.push(
      `${i}\t${(next() * 9).toFixed(3)}\t${Array.from({ length: 6 }, () => words[Math.floor(next() * words.length)]).join(' ')}`,
    )
  return `${out.join('\n')}\n`
}

interface SampleFile {
  readonly path: string
  readonly text?: string
  readonly target?: string
  readonly mode?: number
}

interface SamplePackage {
  readonly name: string
  readonly version: string
  readonly about: string
  readonly files: readonly SampleFile[]
}

function packages(version: SampleVersion): readonly SamplePackage[] {
  const isSecond = version === 'second'
  const number = isSecond ? '2.0' : '1.0'
  const changed = isSecond ? table(77, 300) : table(7, 300)
  return [
    {
      name: 'harbour',
      version: number,
      about:
        'summary = "Says when the tide is right"\nrequires = ["name(tide-tables) >= 1.0", "binary(tide)"]\nlicence = "CC0-1.0"\n',
      files: [
        {
          path: 'usr/bin/harbour',
          text: `#!/bin/sh\necho "harbour ${number}: the tide is right"\n`,
          mode: 0o755,
        },
        { path: 'etc/harbour.conf', text: `# harbour ${number}\nport = north\n` },
      ],
    },
    {
      name: 'tide',
      version: number,
      about: 'summary = "Reads tide tables"\nprovides = ["binary(tide)"]\nlicence = "CC0-1.0"\n',
      files: [
        {
          path: 'usr/bin/tide',
          text: `#!/bin/sh\nhead -n 1 "\${0%/*}/../share/tide/north.tsv"\n`,
          mode: 0o755,
        },
        { path: 'usr/lib/libtide.so.1.0', text: table(3, 2000) },
        { path: 'usr/lib/libtide.so.1', target: 'libtide.so.1.0' },
      ],
    },
    {
      name: 'tide-tables',
      version: isSecond ? '1.1' : '1.0',
      about: 'summary = "Tables of a year of tides"\nlicence = "CC0-1.0"\n',
      files: [
        { path: 'usr/share/tide/north.tsv', text: table(1, 20_000) + changed + table(2, 20_000) },
        { path: 'usr/share/tide/south.tsv', text: table(4, 20_000) },
      ],
    },
    {
      name: 'pilot-books',
      version: '1.0',
      about: 'summary = "Books for pilots, that never change"\nlicence = "CC0-1.0"\n',
      files: Array.from({ length: 60 }, (_, i) => ({
        path: `usr/share/pilot/book-${i}.txt`,
        text: table(100 + i, 60),
      })),
    },
  ]
}

/** Writes one folder a package below `into`; returns them in order. */
export function writeSample(into: string, version: SampleVersion): readonly string[] {
  return packages(version).map((entry) => {
    const folder = join(into, entry.name)
    for (const file of entry.files) {
      const path = join(folder, file.path)
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
      if (file.target !== undefined) symlinkSync(file.target, path)
      else {
        writeFileSync(path, file.text ?? '')
        chmodSync(path, file.mode ?? 0o644)
        utimesSync(path, sampleDates[version], sampleDates[version])
      }
    }
    writeFileSync(
      join(folder, 'moss-package.toml'),
      `name = "${entry.name}"\nversion = "${entry.version}"\n${entry.about}`,
    )
    return folder
  })
}
