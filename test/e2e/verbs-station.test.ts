// Every verb of the station, and those that work anywhere: the built program in a clean environment.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oracle } from '../support/oracle.ts'
import { onlyObject, type Program, programIn, type Ran } from '../support/program.ts'
import { sampleDates, writeSample } from '../support/sample.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const home = ['--home', 'station'] as const

beforeAll(() => {
  moss = programIn(scratchFolder())
  writeSample(join(moss.folder, 'first'), 'first')
  writeSample(join(moss.folder, 'second'), 'second')
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

/** With this text behind descriptor 3. */
function handing(secret: string, ...args: readonly string[]): Ran {
  const file = join(moss.folder, 'secret')
  writeFileSync(file, secret)
  const descriptor = openSync(file, 'r')
  try {
    return moss.run(args, { descriptors: [descriptor] })
  } finally {
    closeSync(descriptor)
  }
}

const readIn = (name: string): string => readFileSync(join(moss.folder, name), 'utf8')

test('a station without a trust root says how to get one', () => {
  expect(moss.text('channel', 'create', 'stable', ...home)).toMatchInlineSnapshot(`
    "$ moss channel create stable --home station
    | moss: error: there is no trust root here yet [KEY_ABSENT]
    | moss: hint: the first key makes one: moss key generate; or say where the station is with --home DIR
    [exit 2]"
  `)
  expect(moss.text('key', 'list', ...home)).toMatchInlineSnapshot(`
    "$ moss key list --home station
    no keys yet: moss key generate
    [exit 0]"
  `)
  expect(moss.text('channel', 'list', ...home)).toMatchInlineSnapshot(`
    "$ moss channel list --home station
    no channels yet: moss channel create NAME
    [exit 0]"
  `)
})

test('key generate', () => {
  expect(moss.text('key', 'generate', ...home)).toMatchInlineSnapshot(`
    "$ moss key generate --home station
    | moss: error: a key needs a passphrase: use --passphrase-fd N, or --no-passphrase [CLI_USAGE]
    | moss: hint: see moss help key generate
    [exit 2]"
  `)
  const args = ['key', 'generate', 'release', '--passphrase-fd', '3', ...home]
  expect(moss.transcript(args, handing('ebb and flood\n', ...args))).toMatchInlineSnapshot(`
    "$ moss key generate release --passphrase-fd 3 --home station
    key      release
    id       <id>
    public   FOLDER/station/keys/release.pub
    secret   FOLDER/station/keys/release.key
    root     FOLDER/station/root.moss-root
             fingerprint
             <words>
             <fingerprint>
    !        one key signs everything: whoever takes it can make every host do
             anything
    next     carry the root file to each host: moss init --trust FILE --expect
             "EIGHT WORDS"
    [exit 0]"
  `)
  expect(moss.shape('key', 'generate', 'second', '--no-passphrase', ...home)).toMatchInlineSnapshot(
    `"exit 0 {name: string, id: string, publicFile: string, secretFile: string, isProtected: boolean}"`,
  )
  expect(moss.text('key', 'generate', 'second', '--no-passphrase', ...home)).toMatchInlineSnapshot(`
    "$ moss key generate second --no-passphrase --home station
    | moss: error: key second already exists [ALREADY_EXISTS]
    | moss: hint: nothing was changed; choose another name or place
    [exit 1]"
  `)
  expect(moss.text('key', 'generate', 'Not a name', '--no-passphrase', ...home)).toMatchInlineSnapshot(`
    "$ moss key generate 'Not a name' --no-passphrase --home station
    | moss: error: Not a name cannot name a key: use a–z, 0–9, dot, dash [CLI_USAGE]
    | moss: hint: see moss help key generate
    [exit 2]"
  `)
  expect(moss.text('key', 'generate', 'third', '--passphrase-fd', '9', ...home)).toMatchInlineSnapshot(`
    "$ moss key generate third --passphrase-fd 9 --home station
    | moss: error: cannot read descriptor 9: nothing was handed over there [HOST_IO]
    | moss: hint: nothing is lost: see that it is there and may be read and written, then try again; what was begun is finished or undone first
    [exit 1]"
  `)
})

test('key list, export', () => {
  expect(moss.text('key', 'list', ...home)).toMatchInlineSnapshot(`
    "$ moss key list --home station
    release  <id>  secret and public  root, channel, packager, exporter
    second   <id>  secret and public
    [exit 0]"
  `)
  expect(moss.shape('key', 'list', ...home)).toMatchInlineSnapshot(
    `"exit 0 {keys: [{name: string, id: string, isSecret: boolean, isInAgent: boolean, roles: string[]} | {name: string, id: string, isSecret: boolean, isInAgent: boolean, roles: []}]}"`,
  )
  expect(moss.text('key', 'export', 'release', ...home)).toMatchInlineSnapshot(`
    "$ moss key export release --home station
    untrusted comment: minisign public key <minisign id>
    <minisign key>
    [exit 0]"
  `)
  expect(moss.shape('key', 'export', 'release', ...home)).toMatchInlineSnapshot(
    `"exit 0 {name: string, id: string, text: string}"`,
  )
  expect(moss.text('key', 'export', 'nosuch', ...home)).toMatchInlineSnapshot(`
    "$ moss key export nosuch --home station
    | moss: error: no key nosuch [NOT_FOUND]
    | moss: hint: moss key list shows the keys here
    [exit 13]"
  `)
  expect(moss.run(['key', 'export', 'release', ...home]).stdout).toBe(readIn('station/keys/release.pub'))
})

test('key import', () => {
  expect(moss.text('key', 'import', 'station/keys/release.pub', '--home', 'elsewhere'))
    .toMatchInlineSnapshot(`
    "$ moss key import station/keys/release.pub --home elsewhere
    key release, id <id>, public
    [exit 0]"
  `)
  expect(moss.text('key', 'import', 'station/keys/release.key', 'mine', '--home', 'elsewhere'))
    .toMatchInlineSnapshot(`
    "$ moss key import station/keys/release.key mine --home elsewhere
    | moss: error: key mine is protected by a passphrase [KEY_PASSPHRASE]
    | moss: hint: type it at a terminal, or hand it over with --passphrase-fd N
    [exit 2]"
  `)
  const args = [
    'key',
    'import',
    'station/keys/release.key',
    'mine',
    '--passphrase-fd',
    '3',
    '--home',
    'elsewhere',
  ]
  expect(moss.transcript(args, handing('flood and ebb\n', ...args))).toMatchInlineSnapshot(`
    "$ moss key import station/keys/release.key mine --passphrase-fd 3 --home elsewhere
    | moss: error: wrong passphrase for key mine [KEY_PASSPHRASE]
    | moss: hint: type it at a terminal, or hand it over with --passphrase-fd N
    [exit 2]"
  `)
  expect(moss.transcript(args, handing('ebb and flood', ...args))).toMatchInlineSnapshot(`
    "$ moss key import station/keys/release.key mine --passphrase-fd 3 --home elsewhere
    key mine, id <id>, secret and public
    [exit 0]"
  `)
  expect(moss.shape('key', 'import', 'station/keys/second.pub', '--home', 'elsewhere')).toMatchInlineSnapshot(
    `"exit 0 {name: string, id: string, isSecret: boolean, isInAgent: boolean}"`,
  )
  expect(moss.text('key', 'import', 'first/tide/moss-package.toml', 'toml', ...home)).toMatchInlineSnapshot(`
    "$ moss key import first/tide/moss-package.toml toml --home station
    | moss: error: FOLDER/first/tide/moss-package.toml is not a usable key: the file has more than two lines [KEY_INVALID]
    | moss: hint: keys are minisign files, as moss key generate and minisign -G write them
    [exit 10]"
  `)
})

test('channel create, list', () => {
  expect(moss.text('channel', 'create', 'stable', ...home)).toMatchInlineSnapshot(`
    "$ moss channel create stable --home station
    channel  stable at FOLDER/station/channels/stable
    next     moss add stable FILE…
    [exit 0]"
  `)
  expect(moss.shape('channel', 'create', 'edge', ...home)).toMatchInlineSnapshot(
    `"exit 0 {channel: string, folder: string, over: []}"`,
  )
  expect(moss.text('channel', 'create', 'stable', ...home)).toMatchInlineSnapshot(`
    "$ moss channel create stable --home station
    | moss: error: channel stable already exists [ALREADY_EXISTS]
    | moss: hint: nothing was changed; choose another name or place
    [exit 1]"
  `)
  expect(moss.text('channel', 'list', ...home)).toMatchInlineSnapshot(`
    "$ moss channel list --home station
    edge    never published  0 packages
    stable  never published  0 packages
    [exit 0]"
  `)
  expect(moss.text('channel', 'publish', 'stable', ...home)).toMatchInlineSnapshot(`
    "$ moss channel publish stable --home station
    | moss: error: no package to publish in channel stable [NOT_FOUND]
    | moss: hint: put packages in first with moss add
    [exit 13]"
  `)
})

test('add needs the key that packages are signed with', () => {
  expect(moss.text('add', 'stable', 'first/tide', ...home)).toMatchInlineSnapshot(`
    "$ moss add stable first/tide --home station
    | moss: error: key release is protected by a passphrase [KEY_PASSPHRASE]
    | moss: hint: type it at a terminal, or hand it over with --passphrase-fd N
    [exit 2]"
  `)
  const args = ['add', 'stable', 'first/tide', '--passphrase-fd', '3', ...home]
  expect(moss.transcript(args, handing('flood\n', ...args))).toMatchInlineSnapshot(`
    "$ moss add stable first/tide --passphrase-fd 3 --home station
    | moss: error: wrong passphrase for key release [KEY_PASSPHRASE]
    | moss: hint: type it at a terminal, or hand it over with --passphrase-fd N
    [exit 2]"
  `)
  expect(moss.transcript(args, handing('ebb and flood\n', ...args))).toMatchInlineSnapshot(`
    "$ moss add stable first/tide --passphrase-fd 3 --home station
    added  tide 1.0  2 files, <size> → <size>
    next     moss channel publish stable
    [exit 0]"
  `)
})

/** From here on a station whose key has no passphrase, and two hosts. */
test('a station of its own for the rest', () => {
  moss.json('key', 'generate', 'sample', '--no-passphrase', '--home', 'plain')
  moss.json('channel', 'create', 'stable', '--home', 'plain')
  for (const name of ['pump-07', 'pump-08'])
    moss.json('init', '--trust', 'plain/root.moss-root', '--name', name, '--root', name)
  moss.json('subscribe', 'harbour', 'pilot-books', '--root', 'pump-07')
  moss.json('subscribe', 'harbour', '--root', 'pump-08')
  for (const name of ['pump-07', 'pump-08'])
    moss.json('state', 'export', `${name}.moss-state`, '--root', name)
})

const plain = ['--home', 'plain'] as const
const names = ['harbour', 'pilot-books', 'tide', 'tide-tables']

test('add: directories', () => {
  expect(moss.text('add', 'stable', ...names.map((name) => `first/${name}`), ...plain))
    .toMatchInlineSnapshot(`
      "$ moss add stable first/harbour first/pilot-books first/tide first/tide-tables --home plain
      added  harbour 1.0  2 files, <size> → <size>
      added  pilot-books 1.0  60 files, <size> → <size>
      added  tide 1.0  2 files, <size> → <size>
      added  tide-tables 1.0  2 files, <size> → <size>
      next     moss channel publish stable
      [exit 0]"
    `)
  expect(moss.text('add', 'stable', 'first/tide', ...plain)).toMatchInlineSnapshot(`
    "$ moss add stable first/tide --home plain
    already there  tide 1.0  2 files, <size> → <size>
    next     moss channel publish stable
    [exit 0]"
  `)
  expect(moss.shape('add', 'stable', 'first/tide', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {channel: string, added: [{id: string, name: string, version: string, file: string, isNew: boolean, isMended: boolean, files: number, sizeBytes: number, storedBytes: number, notes: [], scripts: []}], scriptCounts: {handled: number, reported: number, unknown: number}}"`,
  )
  expect(moss.text('add', 'nosuch', 'first/tide', ...plain)).toMatchInlineSnapshot(`
    "$ moss add nosuch first/tide --home plain
    | moss: error: no channel nosuch [NOT_FOUND]
    | moss: hint: moss channel list shows the channels here; moss channel create makes one
    [exit 13]"
  `)
  expect(moss.text('add', 'stable', 'absent.deb', ...plain)).toMatchInlineSnapshot(`
    "$ moss add stable absent.deb --home plain
    | moss: error: no package file FOLDER/absent.deb [NOT_FOUND]
    | moss: hint: check the path, and that the medium is mounted; nothing was changed
    [exit 13]"
  `)
  expect(moss.text('add', 'stable', 'secret', ...plain)).toMatchInlineSnapshot(`
    "$ moss add stable secret --home plain
    | moss: error: FOLDER/secret cannot be read as a package: moss reads directories, .deb and .moss files [PACKAGE_UNREADABLE]
    | moss: hint: nothing was added; fetch or build the package again
    [exit 10]"
  `)
})

test('add: a path that no package may own is refused by name, and --place finds it another', () => {
  mkdirSync(join(moss.folder, 'outsider/opt/tool'), { recursive: true })
  writeFileSync(join(moss.folder, 'outsider/opt/tool/run'), '#!/bin/sh\n')
  chmodSync(join(moss.folder, 'outsider/opt/tool/run'), 0o755)
  const args = ['add', 'edge', 'outsider', '--name', 'outsider', '--version', '1', ...plain]
  moss.json('channel', 'create', 'edge', ...plain)
  expect(moss.text(...args)).toMatchInlineSnapshot(`
    "$ moss add edge outsider --name outsider --version 1 --home plain
    | moss: error: outsider has opt/tool/run, which is outside /usr, /etc and /var [PACKAGE_PATH_REFUSED]
    | moss: hint: packages own /usr, and defaults for /etc and /var; use --place FROM=TO to put it elsewhere
    [exit 12]"
  `)
  expect(moss.text(...args, '--place', 'opt')).toMatchInlineSnapshot(`
    "$ moss add edge outsider --name outsider --version 1 --home plain --place opt
    | moss: error: --place opt: it has no = [CLI_USAGE]
    | moss: hint: see moss help add
    [exit 2]"
  `)
  expect(moss.text(...args, '--place', 'opt=usr/lib/opt')).toMatchInlineSnapshot(`
    "$ moss add edge outsider --name outsider --version 1 --home plain --place opt=usr/lib/opt
    added  outsider 1  1 file, <size> → <size>
    next     moss channel publish edge
    [exit 0]"
  `)
})

test('add: a .moss package of another channel', () => {
  const [file] = readdirSync(join(moss.folder, 'plain/channels/edge/packages'))
  moss.json('channel', 'create', 'copy', ...plain)
  expect(moss.text('add', 'copy', `plain/channels/edge/packages/${file}`, ...plain)).toMatchInlineSnapshot(`
    "$ moss add copy plain/channels/edge/packages/outsider_1_<id>.moss --home plain
    added  outsider 1  1 file, <size> → <size>
    next     moss channel publish copy
    [exit 0]"
  `)
  expect(moss.text('add', 'copy', 'pump-07.moss-state', ...plain)).toMatchInlineSnapshot(`
    "$ moss add copy pump-07.moss-state --home plain
    | moss: error: FOLDER/pump-07.moss-state cannot be read as a package: moss reads directories, .deb and .moss files [PACKAGE_UNREADABLE]
    | moss: hint: nothing was added; fetch or build the package again
    [exit 10]"
  `)
})

test.skipIf(!oracle('dpkg-deb'))('add: a .deb that dpkg-deb built, with its maintainer scripts', () => {
  const tree = join(moss.folder, 'deb')
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true })
  mkdirSync(join(tree, 'usr/bin'), { recursive: true })
  mkdirSync(join(tree, 'etc'))
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    'Package: buoy\nVersion: 1:2.3-4\nArchitecture: all\nMaintainer: A <a@example.org>\nDepends: tide (>= 1.0)\nDescription: Rings when the tide turns\n',
  )
  writeFileSync(join(tree, 'DEBIAN/postinst'), '#!/bin/sh\nset -e\nldconfig\ncurl http://example.org | sh\n')
  chmodSync(join(tree, 'DEBIAN/postinst'), 0o755)
  writeFileSync(join(tree, 'usr/bin/buoy'), '#!/bin/sh\necho ding\n')
  writeFileSync(join(tree, 'etc/buoy.conf'), 'loud = yes\n')
  const built = spawnSync('dpkg-deb', ['--build', '--root-owner-group', tree, join(moss.folder, 'buoy.deb')])
  expect(built.status).toBe(0)
  expect(moss.text('add', 'edge', 'buoy.deb', '--scripts', ...plain)).toMatchInlineSnapshot(`
    "$ moss add edge buoy.deb --scripts --home plain
    added  buoy 1:2.3-4  2 files, <size> → <size>
      handled: postinst:3 ldconfig (trigger ldconfig)
      unknown: postinst:4 curl http://example.org (not a command that moss knows)
      unknown: postinst:4 sh (not a command that moss knows)
    scripts  not run, but read: 1 action handled, 0 reported, 2 unknown
    next     moss channel publish edge
    [exit 0]"
  `)
  expect(moss.shape('add', 'edge', 'buoy.deb', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {channel: string, added: [{id: string, name: string, version: string, file: string, isNew: boolean, isMended: boolean, files: number, sizeBytes: number, storedBytes: number, notes: [], scripts: [{script: string, line: number, text: string, about: string, verdict: string, why: string}]}], scriptCounts: {handled: number, reported: number, unknown: number}}"`,
  )
  writeFileSync(join(moss.folder, 'cut.deb'), readFileSync(join(moss.folder, 'buoy.deb')).subarray(0, 300))
  expect(moss.text('add', 'edge', 'cut.deb', ...plain)).toMatchInlineSnapshot(`
    "$ moss add edge cut.deb --home plain
    | moss: error: FOLDER/cut.deb cannot be read as a package: cut short in member control.tar.xz [PACKAGE_UNREADABLE]
    | moss: hint: nothing was added; fetch or build the package again
    [exit 10]"
  `)
})

test('channel publish, show', () => {
  expect(moss.text('channel', 'show', 'stable', ...plain)).toMatchInlineSnapshot(`
    "$ moss channel show stable --home plain
    channel  stable
    serial   never published
      harbour  1.0  <size>  added, not published
      pilot-books  1.0  <size>  added, not published
      tide  1.0  <size>  added, not published
      tide-tables  1.0  <size>  added, not published
    [exit 0]"
  `)
  expect(moss.text('channel', 'publish', 'stable', '--date', `${sampleDates.first}`, ...plain))
    .toMatchInlineSnapshot(`
    "$ moss channel publish stable --date 1767225600 --home plain
    serial   1 of channel stable: 4 packages
    [exit 0]"
  `)
  expect(moss.text('channel', 'publish', 'stable', ...plain)).toMatchInlineSnapshot(`
    "$ moss channel publish stable --home plain
    nothing to do: serial 1 already names these packages
    [exit 0]"
  `)
  moss.json('add', 'stable', ...names.map((name) => `second/${name}`), ...plain)
  expect(
    moss.shape('channel', 'publish', 'stable', '--date', `${sampleDates.second}`, ...plain),
  ).toMatchInlineSnapshot(
    `"exit 0 {channel: string, serial: number, packages: number, added: [{id: string, name: string, version: string, architecture: string}], isNew: boolean}"`,
  )
  expect(moss.text('channel', 'show', 'stable', ...plain)).toMatchInlineSnapshot(`
    "$ moss channel show stable --home plain
    channel  stable
    serial   2 of <date>
      harbour  2.0  <size>
      harbour  1.0  <size>
      pilot-books  1.0  <size>
      tide  2.0  <size>
      tide  1.0  <size>
      tide-tables  1.1  <size>
      tide-tables  1.0  <size>
    [exit 0]"
  `)
  expect(moss.shape('channel', 'show', 'stable', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {channel: string, folder: string, over: [], serial: number, created: number, advisories: [], packages: [{id: string, name: string, version: string, architecture: string, sizeBytes: number, isPublished: boolean}]}"`,
  )
  expect(moss.text('channel', 'list', ...plain)).toMatchInlineSnapshot(`
    "$ moss channel list --home plain
    copy    never published         0 packages
    edge    never published         0 packages
    stable  serial 2 of <date>  7 packages
    [exit 0]"
  `)
  expect(moss.shape('channel', 'list', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {channels: [{channel: string, packages: number} | {channel: string, serial: number, created: number, packages: number}]}"`,
  )
  expect(moss.text('channel', 'publish', 'stable', '--date', 'soon', ...plain)).toMatchInlineSnapshot(`
    "$ moss channel publish stable --date soon --home plain
    | moss: error: --date takes seconds since 1970 [CLI_USAGE]
    | moss: hint: see moss help channel publish
    [exit 2]"
  `)
})

test('fleet enroll, list, forget', () => {
  expect(moss.text('plan', '--for', 'pump-07.moss-state', ...plain)).toMatchInlineSnapshot(`
    "$ moss plan --for pump-07.moss-state --home plain
    | moss: error: this station does not answer pump-07 (<id>) [TRUST_NOT_ENROLLED]
    | moss: hint: compare the words of its key with those that moss trust show says there, then: moss fleet enroll FOLDER/pump-07.moss-state
    [exit 12]"
  `)
  expect(moss.text('fleet', 'list', ...plain)).toMatchInlineSnapshot(`
    "$ moss fleet list --home plain
    no hosts yet: moss fleet enroll STATEFILE
    [exit 0]"
  `)
  expect(moss.text('fleet', 'enroll', 'pump-07.moss-state', ...plain)).toMatchInlineSnapshot(`
    "$ moss fleet enroll pump-07.moss-state --home plain
    | host     pump-07, id <id>
    | key      fingerprint
    |          <words>
    |          <fingerprint>
    | moss: error: nobody here can be asked whether to enroll it: nothing was changed; say yes with -y [CLI_USAGE]
    | moss: hint: see moss help fleet enroll
    [exit 2]"
  `)
  expect(moss.text('fleet', 'enroll', 'pump-07.moss-state', '-y', ...plain)).toMatchInlineSnapshot(`
    "$ moss fleet enroll pump-07.moss-state -y --home plain
    | host     pump-07, id <id>
    | key      fingerprint
    |          <words>
    |          <fingerprint>
    host     pump-07, id <id>, is enrolled
    next     moss export --for FOLDER/pump-07.moss-state -o BUNDLE
    [exit 0]"
  `)
  expect(moss.text('fleet', 'enroll', 'pump-07.moss-state', '--expect', 'eight words', ...plain))
    .toMatchInlineSnapshot(`
    "$ moss fleet enroll pump-07.moss-state --expect 'eight words' --home plain
    | moss: error: the host’s key is <words> (<fingerprint>), not eight words as expected [TRUST_FINGERPRINT]
    | moss: hint: this is not the host’s key you were told of: do not use it; nothing was changed
    [exit 11]"
  `)
  expect(moss.shape('fleet', 'enroll', 'pump-08.moss-state', '-y', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {home: string, file: string, host: string, name: string, fingerprint: string, words: string, isCompared: boolean, isEnrolled: boolean, namesakes: []}"`,
  )
  expect(moss.text('fleet', 'list', ...plain)).toMatchInlineSnapshot(`
    "$ moss fleet list --home plain
    pump-07  stable: none  2 behind  seen <date>
    pump-08  stable: none  2 behind  seen <date>
    [exit 0]"
  `)
  expect(moss.shape('fleet', 'list', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {hosts: [{host: string, key: string, name: string, counter: number, written: number, seen: number, follows: string, lacking: number, fingerprint: string, words: string, groups: [], newest: number, behind: number}]}"`,
  )
  expect(moss.text('fleet', 'forget', 'pump-09', ...plain)).toMatchInlineSnapshot(`
    "$ moss fleet forget pump-09 --home plain
    | moss: error: no enrolled host pump-09 [NOT_FOUND]
    | moss: hint: moss fleet list shows the hosts that are answered; nothing was changed
    [exit 13]"
  `)
  expect(moss.text('fleet', 'forget', 'pump-08', ...plain)).toMatchInlineSnapshot(`
    "$ moss fleet forget pump-08 --home plain
    host <id> is not answered any more
    [exit 0]"
  `)
  moss.json('fleet', 'enroll', 'pump-08.moss-state', ...plain)
})

test('channel advise', () => {
  expect(moss.text('channel', 'advise', 'stable', 'tide', 'the tables of 2026 are a day late', ...plain))
    .toMatchInlineSnapshot(`
      "$ moss channel advise stable tide 'the tables of 2026 are a day late' --home plain
      | moss: error: say --before VERSION and TEXT, or --withdraw [CLI_USAGE]
      | moss: hint: see moss help channel advise
      [exit 2]"
    `)
})

test('plan --for', () => {
  expect(moss.text('plan', '--for', 'pump-07.moss-state', '-o', 'plan.json', ...plain))
    .toMatchInlineSnapshot(`
      "$ moss plan --for pump-07.moss-state -o plan.json --home plain
      plan     channel stable, serial 2, for 1 host
      content  <size> wanted, <size> already there, <size> to carry before compression
      estimate a bundle of about <size>: deltas <size>, whole <size>, metadata <size>
      parts    106 chunks, 66 file contents, 4 manifests
        pump-07  <id>  none → 2  4 packages change  <size> of <size>
        +  harbour      2.0  subscribed: name(harbour)
        +  pilot-books  1.0  subscribed: name(pilot-books)
        +  tide         2.0  harbour requires binary(tide)
        +  tide-tables  1.1  harbour requires name(tide-tables) >= 1.0
      plan written to FOLDER/plan.json
      [exit 0]"
    `)
  expect(
    moss.shape('plan', '--for', 'pump-07.moss-state', '--for', 'pump-08.moss-state', ...plain),
  ).toMatchInlineSnapshot(
    `"exit 0 {kind: string, home: string, channel: string, serial: number, snapshot: string, isNewest: boolean, grants: [], isOneWay: boolean, sealedFor: [], root: number, rootsAfter: number, states: string[], hosts: [{host: string, name: string, state: number, changes: [{name: string, to: string, reason: string}], fullBytes: number, newBytes: number}], leftOut: [], fullBytes: number, sharedBytes: number, chunkBytes: number, deltaBytes: number, estimate: {deltas: number, whole: number, metadata: number}, chunks: number, contents: number, manifests: number, effort: string, warnings: [], carry: {hosts: [{host: string, packages: string[], totals: {allBytes: number, allContents: number, changedBytes: number, changedContents: number, sharedBytes: number, chunkBytes: number, chunks: number}}], manifests: string[], lists: [{content: string, sizeBytes: number, chunks: [{id: string, sizeBytes: number}]}], chunks: [{id: string, sizeBytes: number, from: string}], deltas: [], totals: {allBytes: number, allContents: number, changedBytes: number, changedContents: number, sharedBytes: number, chunkBytes: number, chunks: number}}, known: {manifests: []}}"`,
  )
  expect(moss.text('plan', '--for', 'absent.moss-state', ...plain)).toMatchInlineSnapshot(`
    "$ moss plan --for absent.moss-state --home plain
    | moss: error: no enrolled host, group or state file absent.moss-state [NOT_FOUND]
    | moss: hint: check the path, and that the medium is mounted; nothing was changed
    [exit 13]"
  `)
  expect(moss.text('plan', '--for', 'plain/root.moss-root', ...plain)).toMatchInlineSnapshot(`
    "$ moss plan --for plain/root.moss-root --home plain
    | moss: error: FOLDER/plain/root.moss-root is not a file that fits here: it is a root, not a state [CONTAINER_NOT_ONE]
    | moss: hint: bundles and packages end in .moss, states in .moss-state, snapshots in .moss-channel, trust roots in .moss-root
    [exit 10]"
  `)
  expect(moss.text('plan', '--for', 'pump-07.moss-state', '--channel', 'edge', ...plain))
    .toMatchInlineSnapshot(`
    "$ moss plan --for pump-07.moss-state --channel edge --home plain
    | moss: error: no published snapshot of channel edge [NOT_FOUND]
    | moss: hint: sign one with moss channel publish
    [exit 13]"
  `)
})

test('a wish that the channel cannot serve is explained', () => {
  moss.json('init', '--trust', 'plain/root.moss-root', '--name', 'lost', '--root', 'lost')
  moss.json('subscribe', 'harbour >= 9', '--root', 'lost')
  moss.json('state', 'export', 'lost.moss-state', '--root', 'lost')
  moss.json('fleet', 'enroll', 'lost.moss-state', '-y', ...plain)
  expect(moss.text('plan', '--for', 'lost.moss-state', ...plain)).toMatchInlineSnapshot(`
    "$ moss plan --for lost.moss-state --home plain
    | moss: error: for lost, the model cannot be satisfied: it asks for harbour >= 9, of which there is only harbour 2.0 and 1.0; asking for harbour in any version would help [SOLVE_NO_SOLUTION]
    | moss: hint: change the subscriptions or holds, or add what is missing to the channel
    [exit 13]"
  `)
})

test('export: for one host to a file, from a plan, and onto a medium', () => {
  expect(moss.text('export', '--for', 'pump-07.moss-state', '-o', 'one.moss', ...plain))
    .toMatchInlineSnapshot(`
      "$ moss export --for pump-07.moss-state -o one.moss --home plain
      plan     channel stable, serial 2, for 1 host
      content  <size> wanted, <size> already there, <size> to carry before compression
      estimate a bundle of about <size>: deltas <size>, whole <size>, metadata <size>
      parts    106 chunks, 66 file contents, 4 manifests
        pump-07  <id>  none → 2  4 packages change  <size> of <size>
        +  harbour      2.0  subscribed: name(harbour)
        +  pilot-books  1.0  subscribed: name(pilot-books)
        +  tide         2.0  harbour requires binary(tide)
        +  tide-tables  1.1  harbour requires name(tide-tables) >= 1.0
      bundle   FOLDER/one.moss
      id       <id>
      carried  <size> of <size> in <n> s (deltas <size>, whole <size>, metadata <size>)
               flushed and read back; safe to remove
      next     at the host: moss import FOLDER/one.moss
      [exit 0]"
    `)
  expect(moss.text('export', '--plan', 'plan.json', '-o', 'one.moss', '-q', ...plain)).toMatchInlineSnapshot(`
    "$ moss export --plan plan.json -o one.moss -q --home plain
    plan     channel stable, serial 2, for 1 host
    content  <size> wanted, <size> already there, <size> to carry before compression
    estimate a bundle of about <size>: deltas <size>, whole <size>, metadata <size>
    parts    106 chunks, 66 file contents, 4 manifests
      pump-07  <id>  none → 2  4 packages change  <size> of <size>
      +  harbour      2.0  subscribed: name(harbour)
      +  pilot-books  1.0  subscribed: name(pilot-books)
      +  tide         2.0  harbour requires binary(tide)
      +  tide-tables  1.1  harbour requires name(tide-tables) >= 1.0
    bundle   FOLDER/one.moss
    id       <id>
    carried  <size> of <size> in <n> s (deltas <size>, whole <size>, metadata <size>)
             it was there already and read back; safe to remove
    next     at the host: moss import FOLDER/one.moss
    [exit 0]"
  `)
  expect(moss.text('export', '--for', 'pump-08.moss-state', '-o', 'one.moss', '-q', ...plain))
    .toMatchInlineSnapshot(`
    "$ moss export --for pump-08.moss-state -o one.moss -q --home plain
    | moss: error: FOLDER/one.moss already exists [ALREADY_EXISTS]
    | moss: hint: nothing was changed; choose another name or place
    [exit 1]"
  `)
  mkdirSync(join(moss.folder, 'stick'))
  expect(
    moss.text(
      'export',
      '--for',
      'pump-07.moss-state',
      '--for',
      'pump-08.moss-state',
      '-o',
      'stick',
      '-q',
      ...plain,
    ),
  ).toMatchInlineSnapshot(`
    "$ moss export --for pump-07.moss-state --for pump-08.moss-state -o stick -q --home plain
    plan     channel stable, serial 2, for 2 hosts
    content  <size> wanted, <size> already there, <size> to carry before compression
    estimate a bundle of about <size>: deltas <size>, whole <size>, metadata <size>
    parts    106 chunks, 66 file contents, 4 manifests
      pump-07  <id>  none → 2  4 packages change  <size> of <size>
      pump-08  <id>  none → 2  3 packages change  <size> of <size>
    pump-07:
      +  harbour      2.0  subscribed: name(harbour)
      +  pilot-books  1.0  subscribed: name(pilot-books)
      +  tide         2.0  harbour requires binary(tide)
      +  tide-tables  1.1  harbour requires name(tide-tables) >= 1.0
    pump-08:
      +  harbour      2.0  subscribed: name(harbour)
      +  tide         2.0  harbour requires binary(tide)
      +  tide-tables  1.1  harbour requires name(tide-tables) >= 1.0
    bundle   FOLDER/stick/moss/bundles/stable-2-<id>.moss
    id       <id>
    carried  <size> of <size> in <n> s (deltas <size>, whole <size>, metadata <size>)
             flushed and read back; safe to remove
    next     at the host: moss import FOLDER/stick/moss/bundles/stable-2-<id>.moss
    [exit 0]"
  `)
  expect(readdirSync(join(moss.folder, 'stick/moss/bundles'))).toHaveLength(1)
  expect(moss.shape('export', '--for', 'pump-07.moss-state', '-o', 'stick', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {bundle: string, path: string, isNew: boolean, fileBytes: number, frameBytes: number, deltaBytes: number, bytes: {shared: number, chunks: number, deltas: number, whole: number, metadata: number}, seconds: number, plan: {kind: string, home: string, channel: string, serial: number, snapshot: string, isNewest: boolean, grants: [], isOneWay: boolean, sealedFor: [], root: number, rootsAfter: number, states: string[], hosts: [{host: string, name: string, state: number, changes: [{name: string, to: string, reason: string}], fullBytes: number, newBytes: number}], leftOut: [], fullBytes: number, sharedBytes: number, chunkBytes: number, deltaBytes: number, estimate: {deltas: number, whole: number, metadata: number}, chunks: number, contents: number, manifests: number, effort: string, warnings: [], carry: {hosts: [{host: string, packages: string[], totals: {allBytes: number, allContents: number, changedBytes: number, changedContents: number, sharedBytes: number, chunkBytes: number, chunks: number}}], manifests: string[], lists: [{content: string, sizeBytes: number, chunks: [{id: string, sizeBytes: number}]}], chunks: [{id: string, sizeBytes: number, from: string}], deltas: [], totals: {allBytes: number, allContents: number, changedBytes: number, changedContents: number, sharedBytes: number, chunkBytes: number, chunks: number}}, known: {manifests: []}}}"`,
  )
  const before = readdirSync(moss.folder)
  moss.json('export', '--for', 'pump-07.moss-state', ...plain)
  expect(readdirSync(moss.folder).filter((name) => !before.includes(name))).toEqual([
    expect.stringMatching(/^stable-2-[0-9a-f]{8}\.moss$/),
  ])
  expect(moss.text('export', ...plain)).toMatchInlineSnapshot(`
    "$ moss export --home plain
    | moss: error: say for whom: --for HOST [CLI_USAGE]
    | moss: hint: see moss help export
    [exit 2]"
  `)
  expect(moss.text('export', '--plan', 'one.moss', '-o', 'x.moss', ...plain)).toMatchInlineSnapshot(`
    "$ moss export --plan one.moss -o x.moss --home plain
    | moss: error: FOLDER/one.moss is not a plan that moss plan --for … -o wrote [CLI_USAGE]
    | moss: hint: see moss help export
    [exit 2]"
  `)
  expect(moss.text('export', '--for', 'pump-07.moss-state', '--effort', '11', ...plain))
    .toMatchInlineSnapshot(`
    "$ moss export --for pump-07.moss-state --effort 11 --home plain
    | moss: error: --effort takes fast, 1 to 9, or small, not 11 [CLI_USAGE]
    | moss: hint: see moss help export
    [exit 2]"
  `)
})

test('a plan that a newer snapshot has outrun is refused', () => {
  moss.json('plan', '--for', 'pump-07.moss-state', '-o', 'stale.json', ...plain)
  mkdirSync(join(moss.folder, 'extra/usr/bin'), { recursive: true })
  writeFileSync(join(moss.folder, 'extra/usr/bin/extra'), '')
  moss.json('add', 'stable', 'extra', '--name', 'extra', '--version', '1', ...plain)
  moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.second}`, ...plain)
  expect(moss.text('export', '--plan', 'stale.json', '-o', 'x.moss', ...plain)).toMatchInlineSnapshot(`
    "$ moss export --plan stale.json -o x.moss --home plain
    | moss: error: channel stable changed since the plan was made [PLAN_STALE]
    | moss: hint: make the plan again
    [exit 14]"
  `)
})

test('inspect', () => {
  expect(moss.text('inspect', 'one.moss')).toMatchInlineSnapshot(`
    "$ moss inspect one.moss
    file  FOLDER/one.moss, <size>
    kind     bundle, format version 1
    id       <id>
    date     <date>
    signers  <id>
             not judged here: moss verify does
    channel  stable
    serial   2
    hosts    pump-07 <id>
    bytes  deltas <size>, whole <size>, metadata <size>; <size> before compression, 0
             B shared and not carried
    parts
      prelude  at <n>  <size>  volume 1
      head  at <n>  <size>  signed
      signatures  at <n>  <size>  1 signature
      snapshot  at <n>  <size>  zstd, <n> bytes plain
      summary  at <n>  <size>  plain
      manifests  at <n>  <size>  zstd with base, <n> bytes plain
      frames  at <n>  <size>  zstd, <n> bytes plain
      chunks  at <n>  <size>  zstd with base, <n> bytes plain
      packages  at <n>  <size>  zstd with base, <n> bytes plain
      hosts  at <n>  <size>  zstd with base, <n> bytes plain
      contents  at <n>  <size>  zstd with base, <n> bytes plain
      links  at <n>  <size>  zstd with base, <n> bytes plain
      catalogue  at <n>  <size>  zstd with base, <n> bytes plain
      frames  at <n>  <size>  1 frame
    packages
      harbour      2.0
      pilot-books  1.0
      tide         2.0
      tide-tables  1.1
    [exit 0]"
  `)
  expect(moss.shape('inspect', 'one.moss')).toMatchInlineSnapshot(
    `"exit 0 {file: string, fileBytes: number, presentBytes: number, kind: string, version: number, id: string, created: number, signers: string[], about: string[][], bytes: {shared: number, chunks: number, deltas: number, whole: number, metadata: number}, parts: [{name: string, offset: number, storedBytes: number, note: string}], packages: [{name: string, version: string}], verifyCommands: string[]}"`,
  )
  expect(moss.text('inspect', 'pump-07.moss-state')).toMatchInlineSnapshot(`
    "$ moss inspect pump-07.moss-state
    file  FOLDER/pump-07.moss-state, <size>
    kind       state, format version 1
    id         <id>
    date       <date>
    signers    <id>
               not judged here: moss verify does
    key        <id>
    host       <id>
    counter    1
    minisignId <id>
    parts
      prelude  at <n>  <size>  volume 1
      head  at <n>  <size>  signed
      signatures  at <n>  <size>  1 signature
      record  at <n>  <size>  zstd, <n> bytes plain
    [exit 0]"
  `)
  expect(moss.text('inspect', 'plain/root.moss-root')).toMatchInlineSnapshot(`
    "$ moss inspect plain/root.moss-root
    file  FOLDER/plain/root.moss-root, <size>
    kind     root, format version 1
    id       <id>
    date     <date>
    signers  <id>
             not judged here: moss verify does
    epoch    1
    version  1
    parts
      prelude  at <n>  <size>  volume 1
      head  at <n>  <size>  signed
      signatures  at <n>  <size>  1 signature
      record  at <n>  <size>  plain
    [exit 0]"
  `)
  expect(moss.text('inspect', 'plain/channels/stable/snapshots/1.moss-channel')).toMatchInlineSnapshot(`
    "$ moss inspect plain/channels/stable/snapshots/1.moss-channel
    file  FOLDER/plain/channels/stable/snapshots/1.moss-channel, <size>
    kind     channel, format version 1
    id       <id>
    date     <date>
    signers  <id>
             not judged here: moss verify does
    epoch    1
    serial   1
    channel  stable
    parts
      prelude  at <n>  <size>  volume 1
      head  at <n>  <size>  signed
      signatures  at <n>  <size>  1 signature
      record  at <n>  <size>  plain
    [exit 0]"
  `)
  expect(moss.text('inspect', 'plain/keys/sample.pub')).toMatchInlineSnapshot(`
    "$ moss inspect plain/keys/sample.pub
    | moss: error: FOLDER/plain/keys/sample.pub is not a file that fits here: it begins otherwise [CONTAINER_NOT_ONE]
    | moss: hint: bundles and packages end in .moss, states in .moss-state, snapshots in .moss-channel, trust roots in .moss-root
    [exit 10]"
  `)
  expect(moss.text('inspect', 'one.moss', '--print-verify-command')).toMatchInlineSnapshot(`
    "$ moss inspect one.moss --print-verify-command
    tail -c +<n> FOLDER/one.moss | head -c <n> > head
    tail -c +<n> FOLDER/one.moss | head -c <n> > head.1.minisig
    minisign -V -m head -x head.1.minisig -p PUBLICKEY.pub
    [exit 0]"
  `)
  expect(moss.shape('inspect', 'one.moss', '--print-verify-command')).toMatchInlineSnapshot(
    `"exit 0 {commands: string[]}"`,
  )
})

test.skipIf(!oracle('minisign'))(
  'inspect --print-verify-command: minisign alone finds the head genuine',
  () => {
    const check = (file: string) => {
      const { stdout } = moss.run(['inspect', file, '--print-verify-command'])
      const commands = stdout.replaceAll('PUBLICKEY.pub', 'plain/keys/sample.pub')
      return spawnSync('sh', ['-ec', commands], { cwd: moss.folder, encoding: 'utf8' })
    }
    const good = check('one.moss')
    expect(good.stdout).toContain('Signature and comment signature verified')
    expect(good.status).toBe(0)
    const bytes = readFileSync(join(moss.folder, 'one.moss'))
    // The last byte of the head: the container still reads, the signature does not hold.
    const at = bytes.indexOf('untrusted comment') - 5
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(join(moss.folder, 'forged.moss'), bytes)
    const { stdout } = moss.run(['inspect', 'one.moss', '--print-verify-command'])
    const commands = stdout
      .replaceAll('PUBLICKEY.pub', 'plain/keys/sample.pub')
      .replaceAll('one.moss', 'forged.moss')
    expect(spawnSync('sh', ['-ec', commands], { cwd: moss.folder, encoding: 'utf8' }).status).not.toBe(0)
  },
)

test('verify of files', () => {
  expect(moss.text('verify', 'one.moss', ...plain)).toMatchInlineSnapshot(`
    "$ moss verify one.moss --home plain
    FOLDER/one.moss: whole and genuine, bundle signed by <id>
    no findings
    [exit 0]"
  `)
  expect(moss.shape('verify', 'one.moss', ...plain)).toMatchInlineSnapshot(
    `"exit 0 {checked: string[], findings: []}"`,
  )
  expect(moss.text('verify', 'one.moss', '--root', 'pump-07')).toMatchInlineSnapshot(`
    "$ moss verify one.moss --root pump-07
    FOLDER/one.moss: whole and genuine, bundle signed by <id>
    no findings
    [exit 0]"
  `)
  expect(moss.text('verify', 'one.moss', '--home', 'nobody')).toMatchInlineSnapshot(`
    "$ moss verify one.moss --home nobody
    FOLDER/one.moss: not cut short, head and sections fit together; signatures and frames are not judged: no trusted root here
    no findings
    [exit 0]"
  `)
  expect(
    moss.text(
      'verify',
      'one.moss',
      'pump-07.moss-state',
      'plain/root.moss-root',
      'plain/channels/stable/snapshots/2.moss-channel',
      'absent.moss',
      'secret',
      ...plain,
    ),
  ).toMatchInlineSnapshot(`
    "$ moss verify one.moss pump-07.moss-state plain/root.moss-root plain/channels/stable/snapshots/2.moss-channel absent.moss secret --home plain
    FOLDER/one.moss: whole and genuine, bundle signed by <id>
    FOLDER/pump-07.moss-state: whole, the state of pump-07 (<id>) signed by its own key
    FOLDER/plain/root.moss-root: whole, a trust root signed by its own keys; compare its fingerprint
    FOLDER/plain/channels/stable/snapshots/2.moss-channel: whole and genuine, channel signed by <id>
    ! no medium or file at FOLDER/absent.moss [MEDIUM_ABSENT]
    ! FOLDER/secret is not a file that fits here: it begins otherwise [CONTAINER_NOT_ONE]
    2 findings
    [exit 3]"
  `)
  expect(moss.text('verify', 'one.moss', ...home)).toMatchInlineSnapshot(`
    "$ moss verify one.moss --home station
    | moss: error: head is signed by a key this machine does not trust: <id> [TRUST_UNKNOWN_KEY]
    | moss: hint: ask the publisher, by another way than this file, whether it is theirs; moss trust show lists the trusted ones
    [exit 11]"
  `)
})

test('help, version, completion', () => {
  // The whole text grows with each verb: it is held by the test of the table, and read here by its beginning.
  expect(moss.text('help').split('\n').slice(0, 6).join('\n')).toMatchInlineSnapshot(`
    "$ moss help
    moss keeps machines up to date that have little or no internet.
    Its network is a USB stick.

    On the air-gapped host:
      init          make a managed root: store, host key, trusted root, state 0"
  `)
  expect(moss.run([]).stdout).toBe(moss.run(['help']).stdout)
  expect(Object.keys(onlyObject(moss.run(['help', '--json']).stdout))).toEqual(['verbs', 'flags'])
  expect(moss.shape('help', 'apply')).toMatchInlineSnapshot(
    `"exit 0 {words: string, aliases: [], side: string, operands: [], flags: [{name: string, summary: string} | {name: string, short: string, summary: string}], summary: string}"`,
  )
  expect(moss.text('help', 'state', 'export')).toMatchInlineSnapshot(`
    "$ moss help state export
    usage: moss state export [--seal-to RECIPIENT] [FILE]

    the signed state for the station: to a file, or onto a medium’s folder.

    Flags:
      --seal-to RECIPIENT  so that only the station can read it (age): what moss key
                           recipient prints there

    moss help lists the flags that every verb takes. The manual: moss-state(1).
    [exit 0]"
  `)
  expect(moss.text('help', 'install')).toMatchInlineSnapshot(`
    "$ moss help install
    usage: moss subscribe [--dry-run] CAPABILITY…

    ask that this machine be able to do something; a bare word is a package’s name.

    Also: moss install

    Flags:
      -n, --dry-run  say what would change; change nothing

    moss help lists the flags that every verb takes. The manual: moss-subscribe(1).
    [exit 0]"
  `)
  expect(moss.text('help', 'state')).toMatchInlineSnapshot(`
    "$ moss help state
    | moss: error: state what? one of: state export, state list, state show, state diff, state prune, state pin, state unpin [CLI_USAGE]
    | moss: hint: see moss help
    [exit 2]"
  `)
  expect(moss.text('version')).toMatchInlineSnapshot(`
    "$ moss version
    moss 0.1.0
    [exit 0]"
  `)
  expect(moss.shape('version')).toMatchInlineSnapshot(`"exit 0 {version: string}"`)
  expect(onlyObject(moss.run(['--version', '--json']).stdout)).toEqual(
    onlyObject(moss.run(['version', '--json']).stdout),
  )
  expect(moss.text('completion', 'tcsh')).toMatchInlineSnapshot(`
    "$ moss completion tcsh
    | moss: error: no completion for tcsh; there is: bash, zsh, fish [CLI_USAGE]
    | moss: hint: see moss help completion
    [exit 2]"
  `)
  expect(moss.shape('completion', 'bash')).toMatchInlineSnapshot(`"exit 0 {script: string}"`)
})

test.each(['bash', 'zsh', 'fish'] as const)(
  'the completion script for %s is one that its shell reads',
  (shell) => {
    const { stdout } = moss.run(['completion', shell])
    expect(stdout).toContain('moss completion')
    const script = join(moss.folder, `completion.${shell}`)
    writeFileSync(script, stdout)
    if (oracle(shell)) expect(spawnSync(shell, ['-n', script], { encoding: 'utf8' }).status).toBe(0)
  },
)

test('a folder of a home appears only where something is written', () => {
  moss.run(['channel', 'list', '--home', 'never'])
  moss.run(['key', 'list', '--home', 'never'])
  expect(existsSync(join(moss.folder, 'never'))).toBe(false)
})
