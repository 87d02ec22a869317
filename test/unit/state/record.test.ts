import { expect, test } from 'vitest'
import { encodeCbor, decodeCbor, type CborValue } from '../../../src/base/cbor.ts'
import type { StateNumber } from '../../../src/base/ids.ts'
import { decodeRecord, encodeRecord, type StateRecord } from '../../../src/state/record.ts'

const full: StateRecord = {
  number: 7 as StateNumber,
  created: 1_700_000_000,
  model: 'channel = "stable"\n',
  channel: { name: 'stable', epoch: 1, serial: 412, snapshot: 'ab'.repeat(32) as never },
  packages: [
    {
      id: 'cd'.repeat(32) as never,
      name: 'bash',
      version: '5.2-1',
      reason: { kind: 'subscription', subscription: 'name(bash)' },
    },
    {
      id: 'ef'.repeat(32) as never,
      name: 'libc6',
      version: '2.36',
      reason: { kind: 'requirement', by: 'bash', relation: 'name(libc6) >= 2.36' },
    },
  ],
  triggers: [{ name: 'ldconfig', outcome: 'skipped', note: 'it needs root' }],
  made: [
    {
      kind: 'file',
      path: 'usr/lib/ld.so.cache',
      trigger: 'ldconfig',
      content: '01'.repeat(32) as never,
      sizeBytes: 9,
      mode: 0o644,
    },
    { kind: 'folder', path: 'usr/share/mime/text', trigger: 'mime', mode: 0o755 },
    { kind: 'symlink', path: 'usr/share/mime/x', trigger: 'mime', target: 'text' },
  ],
}

test('a record survives its bytes, and gives the same bytes again', () => {
  const bytes = encodeRecord(full)
  expect(decodeRecord(bytes, 'record')).toEqual(full)
  expect(encodeRecord(decodeRecord(bytes, 'record')).toHex()).toBe(bytes.toHex())
  const { channel: _, ...without } = full
  expect(decodeRecord(encodeRecord(without), 'record')).toEqual(without)
  const adopted = { system: 'Debian', entries: 9, sizeBytes: 1234, list: 'ab'.repeat(32) as never }
  const taken = { ...without, packages: [], triggers: [], made: [], adopted }
  expect(decodeRecord(encodeRecord(taken), 'record')).toEqual(taken)
})

test('a record of another kind, version or with more in it is refused by its place', () => {
  const map = decodeCbor(encodeRecord(full), 'record') as Readonly<Record<string, CborValue>>
  const changed = (change: Readonly<Record<string, CborValue>>) => () =>
    decodeRecord(encodeCbor({ ...map, ...change }), 'record')
  for (const change of [
    { format: 'moss-other' },
    { version: 2 },
    { extra: 1 },
    { number: -1 },
    { packages: 7 },
  ])
    expect(changed(change)).toThrow(expect.objectContaining({ code: 'SHAPE_INVALID' }))
})

test('what triggers made in records of old has no kind: they are files', () => {
  const map = decodeCbor(encodeRecord(full), 'record') as Readonly<Record<string, CborValue>>
  const [file] = map['made'] as readonly Readonly<Record<string, CborValue>>[]
  const { kind, ...old } = file ?? {}
  expect(kind).toBe('file')
  const made = (entry: Readonly<Record<string, CborValue>>) =>
    decodeRecord(encodeCbor({ ...map, made: [entry] }), 'record').made
  expect(made(old)).toEqual(full.made.slice(0, 1))
  expect(() => made({ ...old, kind: 'socket' })).toThrow(expect.objectContaining({ code: 'SHAPE_INVALID' }))
})
