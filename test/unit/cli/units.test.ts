// The units for systemd: the manual prints what the build writes, and systemd finds nothing wrong with them, neither in
// themselves nor in their place in the order of a boot.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../support/scratch.ts'
import { mediumRule, units } from '../../tools/units.ts'

const pages = ['moss-health.7', 'moss-sync.1'].map((page) =>
  readFileSync(join(import.meta.dirname, '../../../man', page), 'utf8'),
)

test.each([...Object.entries(units), [mediumRule.name, mediumRule.text]])(
  'the manual prints %s as it is',
  (_, text) => {
    expect(pages.join('').replaceAll('\\-', '-').replaceAll('\\e', '\\')).toContain(
      `.Bd -literal -offset indent\n${text}.Ed\n`,
    )
  },
)

/** `moss` ends with this exit code; what systemctl is asked is told. */
function runUnit(text: string, exit: number): { readonly exit: number | null; readonly asked: string } {
  const folder = scratchFolder()
  try {
    writeFileSync(join(folder, 'moss'), `#!/bin/sh\nexit ${exit}\n`, { mode: 0o755 })
    writeFileSync(join(folder, 'systemctl'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 })
    const command = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(text)?.[1] ?? ''
    const ran = spawnSync('sh', ['-c', command.replaceAll('$$', '$')], {
      encoding: 'utf8',
      env: { PATH: `${folder}:${process.env['PATH']}` },
    })
    return { exit: ran.status, asked: ran.stdout }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.each(['moss-boot.service', 'moss-ok.service', 'moss-late.service'] as const)(
  '%s restarts the machine when the state before is current again, and else not',
  (name) => {
    expect(runUnit(units[name], 17)).toEqual({ exit: 17, asked: '--no-block reboot\n' })
    for (const exit of [0, 3]) expect(runUnit(units[name], exit)).toEqual({ exit, asked: '' })
  },
)

const system = '/lib/systemd/system'
const canAsk =
  existsSync(`${system}/multi-user.target`) && spawnSync('systemd-analyze', ['--version']).status === 0
if (!canAsk) console.warn('skipped: this machine has no systemd to ask about its units')

test.skipIf(!canAsk)('systemd has no word against them, and finds no circle in the order of a boot', () => {
  const folder = scratchFolder()
  try {
    const place = join(folder, 'etc/systemd/system')
    cpSync(system, join(folder, 'usr/lib/systemd/system'), { recursive: true, verbatimSymlinks: true })
    mkdirSync(join(folder, 'bin'))
    mkdirSync(place, { recursive: true })
    writeFileSync(join(folder, 'bin/sh'), '', { mode: 0o755 })
    for (const [name, text] of Object.entries(units)) {
      writeFileSync(join(place, name), text)
      const target = /^WantedBy=(.*)$/m.exec(text)?.[1]
      if (target === undefined) continue
      mkdirSync(join(place, `${target}.wants`), { recursive: true })
      symlinkSync(`../${name}`, join(place, `${target}.wants`, name))
    }
    const ask = (unit: string): string =>
      spawnSync('systemd-analyze', ['verify', '--root', folder, '--man=no', unit], { encoding: 'utf8' })
        .stderr.split('\n')
        .filter((line) => /moss-|cycle/.test(line))
        .join('\n')
    for (const unit of ['multi-user.target', ...Object.keys(units)]) expect(ask(unit)).toBe('')
    const late = join(place, 'moss-boot.service')
    writeFileSync(late, units['moss-boot.service'].replace('After=local-fs', 'After=multi-user'))
    expect(ask('multi-user.target')).toContain('cycle')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
