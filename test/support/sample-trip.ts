// A station, a host and a stick in one temporary folder, made with the built program's own verbs: what a test of the
// screens finds when it sits down at the host.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sampleDates, type SampleVersion, writeSample } from './sample.ts'

export const builtMoss = join(import.meta.dirname, '../../dist/moss')

export interface SampleTrip {
  readonly folder: string
  readonly root: string
  readonly home: string
  readonly stick: string
  /** Runs a verb of the built program and returns its JSON. */
  verb<T>(...args: readonly string[]): T
  /** Offers the sample in this version. */
  publish(version: SampleVersion): void
  /** Offers it and puts a bundle for the host onto the stick. */
  carry(version: SampleVersion): string
}

export function sampleTrip(folder: string): SampleTrip {
  const [home, root, stick] = [join(folder, 'station'), join(folder, 'host'), join(folder, 'stick')]
  const verb = <T>(...args: readonly string[]): T =>
    JSON.parse(execFileSync(builtMoss, [...args, '--json', '-y'], { encoding: 'utf8' })) as T
  const atStation = ['--home', home] as const
  mkdirSync(join(stick, 'moss', 'bundles'), { recursive: true })
  const key = verb<{ root: { file: string } }>('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  verb('channel', 'create', 'stable', ...atStation)
  verb('init', '--trust', key.root.file, '--name', 'pump-07', '--root', root)
  verb('subscribe', 'harbour', 'pilot-books', '--root', root)
  const publish = (version: SampleVersion): void => {
    verb('add', 'stable', ...writeSample(join(folder, `packages-${version}`), version), ...atStation)
    verb('channel', 'publish', 'stable', '--date', `${sampleDates[version]}`, ...atStation)
  }
  const carry = (version: SampleVersion): string => {
    publish(version)
    const state = join(folder, `${version}.moss-state`)
    verb('state', 'export', state, '--root', root)
    const bundle = join(stick, 'moss', 'bundles', `${version}.moss`)
    verb('fleet', 'enroll', state, ...atStation)
    verb('export', '--for', state, '-o', bundle, ...atStation)
    return bundle
  }
  return { folder, root, home, stick, verb, publish, carry }
}
