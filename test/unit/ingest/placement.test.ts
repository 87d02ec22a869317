import { describe, expect, test } from 'vitest'
import { isMergedLink, type PlaceMap, placePath, placeTarget } from '../../../src/ingest/placement.ts'

const place = (path: string, map: PlaceMap = {}): string => {
  const found = placePath(path, map, 'other')
  return found.kind === 'placed'
    ? found.path
    : found.kind === 'refused'
      ? `refused: ${found.problem}`
      : found.kind
}

describe('where a file goes', () => {
  test.each([
    ['usr/bin/tide', 'usr/bin/tide'],
    ['bin/sh', 'usr/bin/sh'],
    ['sbin/ldconfig', 'usr/sbin/ldconfig'],
    ['lib/x86_64-linux-gnu/libc.so.6', 'usr/lib/x86_64-linux-gnu/libc.so.6'],
    ['lib64/ld-linux-x86-64.so.2', 'usr/lib64/ld-linux-x86-64.so.2'],
    ['etc/ssh/ssh_config', 'usr/share/factory/etc/ssh/ssh_config'],
    ['var/lib/x', 'usr/share/factory/var/lib/x'],
    ['boot/vmlinuz-6.1.0-9-amd64', 'usr/lib/modules/6.1.0-9-amd64/vmlinuz'],
    ['boot/System.map-6.1.0-9-amd64', 'usr/lib/modules/6.1.0-9-amd64/System.map'],
    ['boot/config-6.1.0-9-amd64', 'usr/lib/modules/6.1.0-9-amd64/config'],
  ])('%s to %s', (from, to) => {
    expect(place(from)).toBe(to)
  })

  test.each([
    'opt/tool/run',
    'srv/www/index.html',
    'run/x',
    'lib32/x',
    'boot/grub/grub.cfg',
    'home/a',
    'library',
  ])('%s is refused by name', (path) => {
    expect(place(path)).toBe('refused: is outside /usr, /etc and /var')
  })

  test('what belongs to moss is refused, from wherever it comes', () => {
    expect(place('usr/lib/moss/state')).toMatch(/^refused: .*reserved to moss/)
    expect(place('lib/moss/state')).toMatch(/^refused: .*reserved to moss/)
    expect(place('opt/state', { 'opt/state': 'usr/lib/moss/state' })).toMatch(/^refused: .*reserved to moss/)
  })

  test('a mapping goes before everything, the longest one first, and must end below usr', () => {
    const map = { opt: 'usr/lib/opt', 'opt/tool': 'usr/lib/tool', 'usr/games': 'usr/bin', srv: 'srv' }
    expect(place('opt/tool/run', map)).toBe('usr/lib/tool/run')
    expect(place('opt/toolbox', map)).toBe('usr/lib/opt/toolbox')
    expect(place('usr/games/ski', map)).toBe('usr/bin/ski')
    expect(place('srv/x', map)).toBe('refused: is not below usr/')
  })

  test('folders outside are left to the machine', () => {
    expect(placePath('run/lock', {}, 'folder')).toEqual({ kind: 'outside' })
    expect(placePath('boot', {}, 'folder')).toEqual({ kind: 'outside' })
    expect(placePath('lib', {}, 'folder')).toEqual({ kind: 'placed', path: 'usr/lib' })
  })

  test('merged links are known by their target', () => {
    expect(isMergedLink('bin', 'usr/bin')).toBe(true)
    expect(isMergedLink('lib64', '/usr/lib64')).toBe(true)
    expect(isMergedLink('bin', 'elsewhere')).toBe(false)
  })
})

describe('where a link leads after it moved', () => {
  const target = (from: string, wanted: string, map: PlaceMap = {}): string => {
    const found = placePath(from, map, 'other')
    return found.kind === 'placed' ? placeTarget({ from, to: found.path, target: wanted }, map) : found.kind
  }

  test.each([
    ['usr/bin/a', '../lib/a/run', '../lib/a/run'],
    ['usr/bin/a', '/etc/alternatives/a', '/etc/alternatives/a'],
    ['lib/x/liba.so', 'liba.so.1', 'liba.so.1'],
    ['lib/x/liba.so', '../liba.so.1', '../liba.so.1'],
    ['usr/bin/a', '../../lib/a/run', '../../lib/a/run'],
    ['bin/awk', '../etc/alternatives/awk', '../../etc/alternatives/awk'],
    ['sbin/tool', '../usr/share/tool/run', '../share/tool/run'],
    ['lib64/ld.so.2', '../lib/x/ld.so', '../lib/x/ld.so'],
    ['etc/os-release', '../usr/lib/os-release', '../usr/lib/os-release'],
  ])('%s to %s is %s', (from, wanted, expected) => {
    expect(target(from, wanted)).toBe(expected)
  })

  test('links into a mapped folder follow the mapping', () => {
    const map = { opt: 'usr/lib/opt' }
    expect(target('usr/bin/tool', '/opt/tool/run', map)).toBe('/usr/lib/opt/tool/run')
    expect(target('usr/bin/tool', '../../opt/tool/run', map)).toBe('../lib/opt/tool/run')
    expect(target('opt/tool/run', 'run.sh', map)).toBe('run.sh')
  })
})
