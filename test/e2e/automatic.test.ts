// What the manual gives for a machine that does its half by itself: udev itself wants the unit for a medium of that label and for
// no other, and what the unit runs does the loop with a real one, and leaves nothing mounted.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { oracle } from '../support/oracle.ts'
import { builtMoss, sampleTrip } from '../support/sample-trip.ts'
import { scratchFolder } from '../support/scratch.ts'
import { mediumRule, units } from '../tools/units.ts'

/** A filesystem of that label on a device of its own. */
class LabelledDevice implements Disposable {
  readonly device: string

  constructor(folder: string, label: string) {
    const image = join(folder, label)
    execFileSync('truncate', ['-s', '64M', image])
    execFileSync('mkfs.ext4', ['-qF', '-L', label, image])
    this.device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim()
  }

  [Symbol.dispose](): void {
    execFileSync('losetup', ['-d', this.device])
  }
}

function deviceProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'devices need root'
  const folder = scratchFolder()
  try {
    using _ = new LabelledDevice(folder, 'TRIED')
    return undefined
  } catch (error) {
    return String(error)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
const problem = deviceProblem()
if (problem !== undefined) console.warn(`skipped: ${problem}`)

test.skipIf(problem !== undefined || !oracle('udevadm'))(
  'udev wants the unit for media of that label alone',
  () => {
    const folder = scratchFolder()
    const rules = '/run/udev/rules.d'
    const isNew = !existsSync(rules)
    mkdirSync(rules, { recursive: true })
    writeFileSync(join(rules, mediumRule.name), mediumRule.text)
    const wants = (label: string): string | undefined => {
      using labelled = new LabelledDevice(folder, label)
      const name = basename(labelled.device)
      const asked = spawnSync('udevadm', ['test', '--action=add', `/sys/class/block/${name}`], {
        encoding: 'utf8',
      })
      return /^SYSTEMD_WANTS=(.*)$/m.exec(asked.stdout)?.[1]?.replace(name, 'DEVICE')
    }
    try {
      expect(wants('MOSS-1')).toBe('moss-sync@DEVICE.service')
      expect(wants('PHOTOS')).toBeUndefined()
    } finally {
      rmSync(isNew ? rules : join(rules, mediumRule.name), { recursive: true })
      rmSync(folder, { recursive: true })
    }
  },
)

test.skipIf(problem !== undefined)('what the unit runs does this machine’s half with the medium', () => {
  const folder = scratchFolder()
  try {
    const trip = sampleTrip(folder)
    using labelled = new LabelledDevice(folder, 'MOSS')
    const line = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(units['moss-sync@.service'])?.[1] ?? ''
    const command = line.replaceAll('$$', '$').replaceAll('%i', basename(labelled.device))
    const place = join(folder, 'runtime')
    mkdirSync(place)
    mkdirSync(join(folder, 'bin'))
    /** As systemd runs it: with a mount namespace of its own, and moss of this machine. */
    const appears = (...side: readonly string[]) => {
      writeFileSync(join(folder, 'bin/moss'), `#!/bin/sh\nexec ${builtMoss} "$@" ${side.join(' ')}\n`, {
        mode: 0o755,
      })
      return spawnSync('unshare', ['--mount', '--propagation', 'slave', '/bin/sh', '-c', command], {
        encoding: 'utf8',
        env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, RUNTIME_DIRECTORY: place },
      })
    }
    const atHost = ['--root', trip.root]
    const atStation = ['--home', trip.home]
    trip.publish('first')
    expect(appears(...atHost).stdout).toContain('lies there for the station')
    const stranger = appears(...atStation)
    expect(stranger.stdout).toContain('is not enrolled')
    trip.verb('state', 'export', join(folder, 'a.moss-state'), ...atHost)
    trip.verb('fleet', 'enroll', join(folder, 'a.moss-state'), ...atStation)
    expect(appears(...atStation).stdout).toContain('a bundle is made for it')
    // Nobody can be asked: it waits.
    expect(appears(...atHost).stdout).toContain('nobody here can be asked, so it waits')
    expect(trip.verb('status', ...atHost)).toMatchObject({ current: 0 })
    const model = join(trip.root, 'etc/moss/model.toml')
    execFileSync('sed', ['-i', '1i sync = "apply"', model])
    const applied = appears(...atHost)
    expect(applied.stdout, applied.stderr).toContain('state 1 is current')
    expect(applied.status).toBe(0)
    expect(spawnSync('findmnt', [labelled.device]).status).not.toBe(0)
    expect(existsSync(join(place, 'moss'))).toBe(false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
