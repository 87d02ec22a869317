import { expect, test } from 'vitest'
import { checkRooms, importsOf, readSources, rooms } from '../../tools/rooms.ts'

const sources = readSources('src')

test('every room imports only what the table allows', () => {
  expect(sources.length).toBeGreaterThan(20)
  expect(checkRooms(sources)).toEqual([])
})

test('the scan sees imports of every form', () => {
  const text = [
    `import type { A } from '../base/ids.ts'`,
    `export { b } from "./b.ts"`,
    `import './c.ts'`,
    `const d = await import('../tui/start.ts')`,
    `// import { e } from './e.ts'`,
    `import {\n  f,\n} from './f.ts'`,
  ].join('\n')
  expect(
    importsOf(text)
      .map((found) => found.target)
      .sort(),
  ).toEqual(['../base/ids.ts', './b.ts', './c.ts', '../tui/start.ts', './f.ts'].sort())
})

test.each([
  ['base/planted.ts', `import type { Disk } from '../host/disk.ts'`, 'room base may not import host'],
  ['trust/planted.ts', `import { readFileSync } from 'node:fs'`, 'imports node:fs outside host/'],
  ['solve/planted.ts', `import { deflate } from 'node:stream'`, 'a pure room imports node:stream'],
  ['state/planted.ts', `import { x } from '../container/read.ts'`, 'room state may not import container'],
  ['ops/planted.ts', `import { x } from '../ingest/deb/ar.ts'`, 'reaches into ingest/deb/ar.ts'],
  ['cli/planted.ts', `import { x } from '../tui/start.ts'`, 'imports tui/start.ts statically'],
  ['ops/planted.ts', `import React from 'react'`, 'imports react outside tui/'],
  ['store/planted.ts', `const t = Date.now()`, 'uses the clock'],
  ['ops/planted.ts', `console.log(1)`, 'uses console'],
  ['store/planted.ts', `disk.rename(a, b, 'replace')`, 'uses rename'],
  ['store/utils.ts', ``, 'a name that says nothing'],
  ['attic/planted.ts', ``, 'not a room'],
])('a planted fault in %s is found: %s', (path, text, finding) => {
  expect(checkRooms([{ path, text }])).toContainEqual(expect.stringContaining(finding))
})

test('cli may import the screens dynamically', () => {
  expect(checkRooms([{ path: 'cli/a.ts', text: `await import('../tui/start.ts')` }])).toEqual([])
})

test('the table names every room there is', () => {
  const present = new Set(
    sources.filter((file) => file.path.includes('/')).map((file) => file.path.split('/')[0] ?? ''),
  )
  for (const room of present) expect(Object.keys(rooms)).toContain(room)
})
