// A station whose exporter key lies in an agent: moss has the public half alone, and asks.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oracle } from '../support/oracle.ts'
import { type Program, programIn, type Ran } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

const home = ['--home', 'station'] as const
const host = ['--root', 'host'] as const

describe.skipIf(!oracle('ssh-agent') || !oracle('ssh-keygen'))('a key in an agent', () => {
  let moss: Program
  let agent: ChildProcess
  const socket = (): string => join(moss.folder, 'agent')
  const well = (...args: readonly string[]): Ran => moss.well(...args)
  const program = (name: string, ...args: readonly string[]): void => {
    const env = { ...process.env, SSH_AUTH_SOCK: socket() }
    const ran = spawnSync(name, args, { cwd: moss.folder, env, encoding: 'utf8' })
    expect(ran.status, ran.stderr).toBe(0)
  }
  const exported = (name: string, environment: Readonly<Record<string, string>>): Ran =>
    moss.run(['export', '--for', 'host.moss-state', '-o', name, ...home], { environment })

  beforeAll(async () => {
    moss = programIn(scratchFolder())
    agent = spawn('ssh-agent', ['-D', '-a', socket()], { stdio: 'ignore' })
    for (let tries = 0; !existsSync(socket()) && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    program('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', 'id')
    program('ssh-add', '-q', 'id')
    rmSync(join(moss.folder, 'id'))
    mkdirSync(join(moss.folder, 'harbour/usr/share'), { recursive: true })
    writeFileSync(join(moss.folder, 'harbour/usr/share/harbour'), 'a harbour')
    well('key', 'generate', 'release', '--no-passphrase', ...home)
    well('key', 'import', 'id.pub', 'token', ...home)
    program('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', 'other')
    well('key', 'import', 'other.pub', 'colleague', ...home)
    const exporters = [
      '--add',
      'exporter=token',
      '--add',
      'exporter=colleague',
      '--remove',
      'exporter=release',
    ]
    const roles = [...exporters, '--threshold', 'exporter=1']
    well('root', 'new', 'two.moss-root', ...roles, ...home)
    well('root', 'sign', 'two.moss-root', ...home)
    well('root', 'accept', 'two.moss-root', ...home)
    well('channel', 'create', 'stable', ...home)
    well('add', 'stable', 'harbour', '--name', 'harbour', '--version', '1', ...home)
    well('channel', 'publish', 'stable', ...home)
    well('init', '--trust', 'two.moss-root', ...host)
    well('subscribe', 'harbour', ...host)
    well('state', 'export', 'host.moss-state', ...host)
    well('fleet', 'enroll', 'host.moss-state', ...home)
  })
  afterAll(() => {
    agent.kill()
    rmSync(moss.folder, { recursive: true })
  })

  test('signs a bundle that the host takes; the key of a colleague, which another agent has, is not asked for', () => {
    const ran = exported('one.moss', { SSH_AUTH_SOCK: socket() })
    expect(ran.exit, ran.stderr).toBe(0)
    well('import', 'one.moss', ...host)
    expect(well('trust', 'show', ...host).stdout.replaceAll(/\s+/g, ' ')).toContain(
      'alone may make the next root, and so do all of this',
    )
    const listed = moss.run(['key', 'list', ...home], { environment: { SSH_AUTH_SOCK: socket() } }).stdout
    expect(listed).toMatch(/^token .*public; the agent signs/m)
    expect(listed).toMatch(/^colleague .*  public  /m)
    expect(well('key', 'export', 'token', ...home).stdout).toMatch(/^ssh-ed25519 /)
  })

  test('without the agent, with one that has no such key, or one that refuses, nothing is written', () => {
    const withAgent = { SSH_AUTH_SOCK: socket() }
    expect(exported('no.moss', {}).stderr).toContain('[KEY_ABSENT]')
    expect(exported('no.moss', { SSH_AUTH_SOCK: join(moss.folder, 'nowhere') }).stderr).toContain(
      '[KEY_ABSENT]',
    )
    program('ssh-add', '-q', '-D')
    expect(exported('no.moss', withAgent).stderr).toContain('[KEY_ABSENT]')
    // It asks somebody each time, and nobody is there.
    program('ssh-add', '-q', '-c', 'other')
    expect(exported('no.moss', withAgent).stderr).toMatch(/agent refused operation.* \[KEY_AGENT\]/)
    expect(existsSync(join(moss.folder, 'no.moss'))).toBe(false)
  })
})
