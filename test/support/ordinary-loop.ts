// Run by a test as another user: apply, apply again, roll back on a root of its own; prints what came out as JSON.
import { lstatSync, readFileSync } from 'node:fs'
import { silent } from '../../src/base/progress.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { applySamples, freshRoot, type SampleEntry, samplePackage } from './sample-root.ts'

const root = process.argv[2] as string
await using outside = linuxOutside()
using opened = freshRoot(outside, root)
const entries = (text: string): Readonly<Record<string, SampleEntry>> => ({
  'usr/bin/tool': { text, mode: 0o755 },
  'usr/bin/su': { text: 'su', mode: 0o4755 },
  'usr/sbin/ldconfig': { text: 'a program', mode: 0o755 },
  'usr/lib/closed': { folder: 0o555 },
  'usr/lib/closed/file': { text: 'secret', mode: 0o200, uid: 7, gid: 8 },
  'usr/share/factory/etc/tool.conf': { text, uid: 7, gid: 8 },
  'usr/lib/sysusers.d/tool.conf': 'u tool 300',
  'usr/lib/tmpfiles.d/tool.conf':
    'd /var/lib/tool 0050 tool tool\nf /var/lib/tool/state 0000 tool - - state\n',
})
await applySamples(opened, [samplePackage('tool', '1', entries('one'))], 1)
const first = await opened.states.digest()
await applySamples(opened, [samplePackage('tool', '2', entries('two'))], 2)
await opened.states.publishKept(1, { withModel: false }, silent)
const again = await opened.states.digest()
for (const serial of [3, 4, 5])
  await applySamples(opened, [samplePackage('tool', String(serial), entries(String(serial)))], serial)
await opened.states.publishKept(5, { withModel: false }, silent)
const result = {
  userId: outside.userId,
  isSame: first === again,
  states: opened.states.list().map(({ record }) => record.number),
  triggers: opened.states.current().triggers,
  setuid: lstatSync(`${root}/usr/bin/su`).mode & 0o7777,
  owner: lstatSync(`${root}/usr/lib/closed/file`).uid,
  delivered: lstatSync(`${root}/etc/tool.conf`).uid,
  account: readFileSync(`${root}/etc/passwd`, 'utf8').split('\n')[2],
  made: ['var/lib/tool', 'var/lib/tool/state'].map((path) => {
    const { mode, uid } = lstatSync(`${root}/${path}`)
    return `${(mode & 0o7777).toString(8)} ${uid}`
  }),
  findings: (await opened.store.check(silent)).length,
}
console.log(JSON.stringify(result))
