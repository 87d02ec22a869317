// A root that somebody has used for years becomes a managed one: what stands at usr is state 0, unchanged to the nanosecond; moss
// puts its own tree in its place, and this one back again.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alpineLike, debianLike, write } from '../support/adopted-root.ts'
import { type Program, programIn } from '../support/program.ts'
import { sampleDates, type SampleVersion, writeSample } from '../support/sample.ts'
import { scratchFolder } from '../support/scratch.ts'
import { listingOf } from '../support/tree-listing.ts'

const isRoot = process.getuid?.() === 0
let moss: Program
const atStation = ['--home', 'station'] as const
const trust = ['--trust', 'station/root.moss-root'] as const

beforeAll(() => {
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  offer('first')
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

function offer(version: SampleVersion): void {
  moss.json('add', 'stable', ...writeSample(join(moss.folder, version), version), ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', `${sampleDates[version]}`, ...atStation)
}

const at = (...path: readonly string[]): string => join(moss.folder, ...path)

/** What the channel offers to the root, taken in. */
function takeIn(root: string): void {
  moss.json('state', 'export', `${root}.moss-state`, '--root', root)
  moss.json('fleet', 'enroll', `${root}.moss-state`, '-y', ...atStation)
  rmSync(at(`${root}.moss`), { force: true })
  moss.json('export', '--for', `${root}.moss-state`, '-o', `${root}.moss`, ...atStation)
  moss.json('import', `${root}.moss`, '--root', root)
}

function adopted(root: string): string {
  debianLike(at(root))
  moss.json('init', '--adopt', ...trust, '--name', root, '--root', root)
  moss.json('subscribe', 'harbour', 'pilot-books', '--root', root)
  return root
}

const found = (root: string, ...how: readonly string[]): readonly string[] =>
  (JSON.parse(moss.run(['verify', '--json', '--root', root, ...how]).stdout) as { findings: string[] })
    .findings

describe('a system like Debian', () => {
  const here = ['--root', 'pump'] as const
  let before = ''

  test('init says what it found, and names --adopt', () => {
    debianLike(at('pump'))
    before = listingOf(at('pump/usr'))
    expect(moss.text('init', ...trust, ...here)).toMatchInlineSnapshot(`
      "$ moss init --trust station/root.moss-root --root pump
      | moss: error: FOLDER/pump/usr cannot be managed: it already has files that moss did not put there [HOST_UNSUPPORTED]
      | moss: hint: moss init --adopt --dry-run --root FOLDER/pump says what it would keep of it as state 0; or choose an empty folder with --root
      [exit 1]"
    `)
    expect(existsSync(at('pump/.moss'))).toBe(false)
  })

  test('doctor leads to it, on either side', () => {
    expect(moss.text('doctor', ...here, '--home', 'nowhere')).toMatchInlineSnapshot(`
      "$ moss doctor --root pump --home nowhere
      nothing is set up here yet
      host     FOLDER/pump/usr is not managed, and holds Debian GNU/Linux 12 (bookworm)
               $ moss init --adopt --dry-run --root pump
                 says what it would keep of that as state 0; changes nothing
               $ moss init --adopt --trust ROOTFILE --root pump
                 does it; ROOTFILE is root.moss-root of the station
      station  FOLDER/nowhere is no station: a connected machine that makes bundles would be one
               $ moss key generate NAME --home nowhere
                 makes its keys, and the trust root for its hosts
               $ moss channel create CHANNEL --home nowhere
                 makes a channel for packages
      [exit 0]"
    `)
  })

  test('a plan says what is taken over and what is not, needs no trust root, and changes nothing', () => {
    const whole = listingOf(at('pump'))
    expect(moss.text('init', '--adopt', '-n', ...here)).toMatchInlineSnapshot(`
      "$ moss init --adopt -n --root pump
      root     FOLDER/pump
      system   Debian GNU/Linux 12 (bookworm)
      usr  10 files, <size>
               becomes state 0 as it stands and where it stands: nothing in it is
               written, moved or copied now
      layout   bin, sbin, lib, lib64: links into usr, so their files are part of each
               state
               what else stands outside of usr stays as it is, and is part of no state
               made now, since it is lacking: /dev /home /mnt /opt /proc /root /run /srv /sys /tmp /etc/group /etc/moss/model.toml
      packages 3 packages of dpkg, 2 of them asked for by somebody: bash, tide
               the machine will have what it subscribes to and what that requires;
               whether the channel offers these is known with the first bundle, not
               now
               --json lists them all, and has a model that subscribes to those that
               were asked for
      etc, var stay as they are; the default of a package is placed only where nothing
               stands
      apply    the first one puts a tree of the subscribed packages in place of usr,
               and nothing else; this one is kept whole as state 0, pinned: only moss
               state unpin 0 and then moss state prune 0 let it go
               moss rollback 0 puts it back: each file, mode, owner, date, attribute
               and hard link
      then     change nothing with dpkg and apt any more, unless state 0 is current
               again: what is noted there as installed is then not what is in usr, and
               what comes into usr that way is a finding of moss verify and gone with
               the next apply
      [exit 0]"
    `)
    const plan = moss.json<{ packages: { packages: object[] }; model: string }>(
      'init',
      '--adopt',
      '--dry-run',
      ...here,
    )
    expect(plan.packages.packages).toEqual([
      { name: 'bash', version: '1.0-1', isAskedFor: true },
      { name: 'libold1', version: '1.0-1', isAskedFor: false },
      { name: 'tide', version: '1.0-1', isAskedFor: true },
    ])
    expect(plan.model).toContain('subscriptions = [\n  "name(bash)",\n  "name(tide)",\n]')
    expect(moss.run(['init', '--adopt', ...here, ...trust]).exit).toBe(2)
    expect(listingOf(at('pump'))).toBe(whole)
  })

  test('it becomes state 0 where it stands, unchanged, pinned and confirmed', () => {
    expect(moss.text('init', '--adopt', '-y', ...trust, '--name', 'pump', ...here)).toMatchInlineSnapshot(`
      "$ moss init --adopt -y --trust station/root.moss-root --name pump --root pump
      | root     FOLDER/pump
      | system   Debian GNU/Linux 12 (bookworm)
      | usr  10 files, <size>
      |          becomes state 0 as it stands and where it stands: nothing in it is
      |          written, moved or copied now
      | layout   bin, sbin, lib, lib64: links into usr, so their files are part of each
      |          state
      |          what else stands outside of usr stays as it is, and is part of no state
      |          made now, since it is lacking: /dev /home /mnt /opt /proc /root /run /srv /sys /tmp /etc/group /etc/moss/model.toml
      | packages 3 packages of dpkg, 2 of them asked for by somebody: bash, tide
      |          the machine will have what it subscribes to and what that requires;
      |          whether the channel offers these is known with the first bundle, not
      |          now
      |          --json lists them all, and has a model that subscribes to those that
      |          were asked for
      | etc, var stay as they are; the default of a package is placed only where nothing
      |          stands
      | apply    the first one puts a tree of the subscribed packages in place of usr,
      |          and nothing else; this one is kept whole as state 0, pinned: only moss
      |          state unpin 0 and then moss state prune 0 let it go
      |          moss rollback 0 puts it back: each file, mode, owner, date, attribute
      |          and hard link
      | then     change nothing with dpkg and apt any more, unless state 0 is current
      |          again: what is noted there as installed is then not what is in usr, and
      |          what comes into usr that way is a finding of moss verify and gone with
      |          the next apply
      root     FOLDER/pump is managed by moss now
      state 0  Debian GNU/Linux 12 (bookworm): 23 entries of usr, kept until somebody
               unpins and prunes it
      host     pump, id <id>
      trust    root 1, fingerprint
               <words>
               <fingerprint>
               compare it with the publisher’s by phone or on paper before the first
               import
      next     moss subscribe CAPABILITY…, then moss state export FILE for the station
      [exit 0]"
    `)
    expect(listingOf(at('pump/usr'))).toBe(before)
    expect(moss.text('state', 'list', ...here)).toMatchInlineSnapshot(`
      "$ moss state list --root pump
      *  0  <date>  adopted  Debian GNU/Linux 12 (bookworm)  pinned, confirmed
      [exit 0]"
    `)
    expect(moss.text('state', 'show', ...here)).toMatchInlineSnapshot(`
      "$ moss state show --root pump
      state    0, current
      date     <date>
      adopted  Debian GNU/Linux 12 (bookworm)
               23 entries, <size>: what stood at usr before moss
               moss verify --all compares it with what it was then; moss repair cannot
               mend it
      no package of moss owns anything in it
      [exit 0]"
    `)
    expect(moss.text('status', ...here)).toMatch(/^state +0 \(adopted: Debian GNU\/Linux 12 \(bookworm\)\)/m)
    expect(moss.text('verify', ...here)).toMatchInlineSnapshot(`
      "$ moss verify --root pump
      store: 0 assets, <size>
      state 0, adopted: 23 paths
      no findings
      [exit 0]"
    `)
    expect(moss.text('repair', '-n', ...here)).toMatch(/nothing: the store and every state are whole/)
    expect(moss.code('init', '--adopt', ...trust, ...here)).toBe('ALREADY_EXISTS')
  })

  test('apply puts a tree of packages in its place, and it comes back to the bit', () => {
    moss.json('subscribe', 'harbour', 'pilot-books', ...here)
    takeIn('pump')
    expect(moss.run(['plan', ...here]).stdout).toMatch(/what was adopted goes aside whole as state 0/)
    moss.json('apply', ...here)
    expect(readFileSync(at('pump/usr/bin/tide'), 'utf8')).toMatch(/^#!/)
    expect(existsSync(at('pump/usr/bin/perl'))).toBe(false)
    expect(readFileSync(at('pump/etc/harbour.conf'), 'utf8')).toMatch(/changed by the operator/)
    expect(listingOf(at('pump/.moss/states/0/usr'))).toBe(before)
    expect(found('pump', '--all')).toEqual([])
    moss.json('gc', ...here)
    expect(moss.json<{ number: number }>('rollback', '0', ...here)).toBeTruthy()
    expect(listingOf(at('pump/usr'))).toBe(before)
    expect(existsSync(at('pump/etc/nsswitch.conf'))).toBe(false)
    expect(readFileSync(at('pump/etc/passwd'), 'utf8')).not.toMatch(/olddaemon/)
    expect(found('pump', '--all')).toEqual([])
    moss.json('rollback', '1', ...here)
    expect(listingOf(at('pump/.moss/states/0/usr'))).toBe(before)
    moss.json('rollback', '0', ...here)
    offer('second')
    takeIn('pump')
    moss.json('apply', ...here)
    expect(listingOf(at('pump/.moss/states/0/usr'))).toBe(before)
  })

  test('it outlives every update, until somebody unpins it and lets it go', () => {
    for (let n = 0; n < 3; n++) {
      moss.json(n % 2 === 0 ? 'unsubscribe' : 'subscribe', 'pilot-books', ...here)
      takeIn('pump')
      moss.json('apply', ...here)
    }
    const states = () =>
      moss.json<{ states: { number: number }[] }>('state', 'list', ...here).states.map(({ number }) => number)
    expect(states()).toContain(0)
    expect(states()).not.toContain(1)
    expect(moss.code('state', 'prune', '0', ...here)).toBe('STATE_NEEDED')
    moss.json('state', 'unpin', '0', ...here)
    moss.json('state', 'prune', '0', ...here)
    expect(states()).not.toContain(0)
    expect(existsSync(at('pump/.moss/adopted'))).toBe(false)
    expect(found('pump', '--all')).toEqual([])
  })
})

test('what is changed in it afterwards is told by path, and nobody can mend it', () => {
  const root = adopted('changed')
  const here = ['--root', root] as const
  takeIn(root)
  moss.json('apply', ...here)
  const kept = at(root, '.moss/states/0/usr')
  writeFileSync(join(kept, 'bin/sh'), 'edited\n')
  rmSync(join(kept, 'bin/perl'))
  write(kept, 'share/new/one', '1')
  expect(found(root, '--all')).toMatchInlineSnapshot(`
    [
      "state 0: /usr/bin/perl: is missing",
      "state 0: /usr/bin/perl5.36.0: is not the same file as /usr/bin/perl any more",
      "state 0: /usr/bin/sh: has 7 bytes, not 12",
      "state 0: /usr/share/new: is a folder that was not there at adoption, with 1 more in it",
    ]
  `)
  expect(found(root)).toEqual([])
  expect(moss.text('repair', '-y', ...here)).toMatchInlineSnapshot(`
    "$ moss repair -y --root changed
    | damaged: state 0, 4 paths; stays as it is: it was taken over and not made by moss, which has no second copy of it
    | ! /usr/bin/perl: is missing
    | ! /usr/bin/perl5.36.0: is not the same file as /usr/bin/perl any more
    | ! /usr/bin/sh: has <n> bytes, not 12
    | ! /usr/share/new: is a folder that was not there at adoption, with 1 more in it
    left     state 0 is still damaged
    [exit 3]"
  `)
  expect(moss.run(['rollback', '0', '-y', ...here]).stderr).toMatch(
    /state 0 is not as it was adopted.*no second copy/s,
  )
  // Current, it is judged as well.
  expect(found(root).length).toBeGreaterThan(2)
})

test('a first apply whose checks fail goes back to it by itself', () => {
  const root = adopted('failing')
  const here = ['--root', root] as const
  const before = listingOf(at(root, 'usr'))
  appendFileSync(at(root, 'etc/moss/model.toml'), '\n[[check]]\nname = "up"\ncommand = ["/usr/bin/absent"]\n')
  takeIn(root)
  const { exit, stdout } = moss.run(['apply', '-y', ...here])
  expect([exit, /state 0 is current/.test(stdout)]).toEqual([17, true])
  expect(listingOf(at(root, 'usr'))).toBe(before)
  expect(moss.run(['state', 'diff', '1', '0', ...here]).stdout).toMatch(/state 0 was adopted: what it holds/)
})

test('a lost record of it, a lost database and a lost list are told, and it stays state 0', () => {
  const root = adopted('lost')
  const here = ['--root', root] as const
  const before = listingOf(at(root, 'usr'))
  rmSync(at(root, '.moss/adopted/state'))
  expect(moss.json<{ actions: string[] }>('recover', ...here).actions.join()).toMatch(/record/)
  takeIn(root)
  moss.json('apply', ...here)
  rmSync(at(root, '.moss/moss.db'))
  moss.json('repair', ...here)
  const { states } = moss.json<{ states: object[] }>('state', 'list', ...here)
  expect(states).toMatchObject([{ number: 0, isPinned: true, adopted: 'Debian GNU/Linux 12 (bookworm)' }, {}])
  rmSync(at(root, '.moss/adopted/tree'))
  expect(found(root, '--all').join()).toMatch(/state 0: \/usr: cannot be compared/)
  moss.json('rollback', '0', ...here)
  expect(listingOf(at(root, 'usr'))).toBe(before)
  // It could be any tree: nothing is written into it.
  rmSync(at(root, '.moss/adopted/state'))
  moss.json('recover', ...here)
  expect(listingOf(at(root, 'usr'))).toBe(before)
})

test('the cache of libraries is that of the state that is current', () => {
  const root = adopted('cached')
  const here = ['--root', root] as const
  const cache = at(root, 'etc/ld.so.cache')
  const before = lstatSync(cache)
  write(at('own'), 'usr/lib/ld.so.cache', 'cache of new\n')
  write(at('own'), 'moss-package.toml', 'name = "own"\nversion = "1"\nscheme = "moss"\n')
  moss.json('add', 'stable', 'own', ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', `${sampleDates.second + 5}`, ...atStation)
  moss.json('subscribe', 'own', ...here)
  takeIn(root)
  moss.json('apply', ...here)
  expect(readlinkSync(cache)).toBe('../usr/lib/ld.so.cache')
  moss.json('rollback', '0', ...here)
  expect(readFileSync(cache, 'utf8')).toBe('cache of old\n')
  expect(lstatSync(cache).mtimeMs).toBe(before.mtimeMs)
  moss.json('rollback', '1', ...here)
  expect(statSync(cache).size).toBe('cache of new\n'.length)
})

test('a root that is not merged is adopted with what that means, and rolled back', () => {
  alpineLike(at('alpine'))
  const before = listingOf(at('alpine/usr'))
  expect(moss.text('init', '--adopt', '-n', '--root', 'alpine')).toMatchInlineSnapshot(`
    "$ moss init --adopt -n --root alpine
    root     FOLDER/alpine
    system   Alpine Linux v3.20
    usr  9 files, <size>
             becomes state 0 as it stands and where it stands: nothing in it is
             written, moved or copied now
    layout   bin, sbin, lib: not links into usr, so not taken over
             what else stands outside of usr stays as it is, and is part of no state
             made now, since it is lacking: /lib64 /dev /home /mnt /opt /proc /root /run /srv /sys /tmp /var /etc/ld.so.cache /etc/passwd /etc/group /etc/moss/model.toml
    packages 2 packages of apk, 1 of them asked for by somebody: busybox
             the machine will have what it subscribes to and what that requires;
             whether the channel offers these is known with the first bundle, not
             now
             --json lists them all, and has a model that subscribes to those that
             were asked for
    etc, var stay as they are; the default of a package is placed only where nothing
             stands
    apply    the first one puts a tree of the subscribed packages in place of usr,
             and nothing else; this one is kept whole as state 0, pinned: only moss
             state unpin 0 and then moss state prune 0 let it go
             moss rollback 0 puts it back: each file, mode, owner, date, attribute
             and hard link
    then     change nothing with apk any more, unless state 0 is current again: what
             is noted there as installed is then not what is in usr, and what comes
             into usr that way is a finding of moss verify and gone with the next
             apply
    !        /bin, /sbin, /lib: folders of their own, not links into usr; what is in them is no part of any state: no apply renews it, no rollback brings it back
    !        programs of new states would run with the loader and the C library of /lib as these stand, and fail where they need newer ones: merge the root into usr first (Debian: package usrmerge; Alpine: package merge-usr)
    [exit 0]"
  `)
  moss.json('init', '--adopt', ...trust, '--name', 'alpine', '--root', 'alpine')
  moss.json('subscribe', 'harbour', '--root', 'alpine')
  takeIn('alpine')
  moss.json('apply', '--root', 'alpine')
  expect(readFileSync(at('alpine/bin/busybox'), 'utf8')).toBe('busybox\n')
  moss.json('rollback', '0', '--root', 'alpine')
  expect(listingOf(at('alpine/usr'))).toBe(before)
})

describe('what cannot be adopted is refused by name, and nothing is made', () => {
  test.each<[string, (root: string) => void, RegExp]>([
    ['no usr', (root) => rmSync(join(root, 'usr'), { recursive: true }), /there is none to adopt/],
    [
      'an empty usr',
      (root) => {
        rmSync(join(root, 'usr'), { recursive: true })
        mkdirSync(join(root, 'usr'))
      },
      /it is empty/,
    ],
    [
      'a usr that is a link',
      (root) => {
        spawnSync('mv', [join(root, 'usr'), join(root, 'system')])
        symlinkSync('system', join(root, 'usr'))
      },
      /it is a symlink, not a folder/,
    ],
    [
      'a link at the top that leads elsewhere',
      (root) => {
        rmSync(join(root, 'lib64'))
        symlinkSync('usr/lib', join(root, 'lib64'))
      },
      /lib64 cannot be managed: it leads to usr\/lib, not to usr\/lib64/,
    ],
    ['a name that moss needs', (root) => write(root, 'usr/lib/moss/mine', '1'), /keeps that name for itself/],
    [
      'a tree of moss',
      (root) => {
        rmSync(root, { recursive: true })
        moss.json('init', ...trust, '--root', root)
        rmSync(join(root, '.moss'), { recursive: true })
      },
      /moss made it/,
    ],
  ])('%s', (name, spoil, said) => {
    const root = at('refused', name.replaceAll(' ', '-'))
    debianLike(root)
    spoil(root)
    const { exit, stderr } = moss.run(['init', '--adopt', '-y', ...trust, '--root', root])
    expect(stderr).toMatch(said)
    expect(stderr).toMatch(/\[HOST_UNSUPPORTED\]/)
    expect([exit, existsSync(join(root, '.moss'))]).toEqual([1, false])
  })

  test('a mount at usr, one below it, and a disk without room for a second tree', ({ skip }) => {
    if (!isRoot) {
      console.warn('skipped: only root can mount')
      skip('only root can mount')
    }
    const root = at('mounted')
    const said = (script: string): string =>
      spawnSync(
        'unshare',
        [
          '--mount',
          'sh',
          '-c',
          `${script} && exec "$@"`,
          root,
          join(import.meta.dirname, '../../dist/moss'),
        ].concat(['init', '--adopt', '-y', '--trust', at('station/root.moss-root'), '--root', root]),
        { encoding: 'utf8' },
      ).stderr
    debianLike(root)
    expect(said('mkdir "$0/copy" && cp -a "$0/usr/." "$0/copy" && mount --bind "$0/copy" "$0/usr"')).toMatch(
      /it is a mount point[\s\S]*HOST_UNSUPPORTED/,
    )
    expect(said('mount -t tmpfs none "$0/usr" && mkdir "$0/usr/bin"')).toMatch(
      /on another filesystem than the root[\s\S]*HOST_UNSUPPORTED/,
    )
    const overlay = [
      'mkdir "$0.over" && mount -t tmpfs none "$0.over" && mkdir "$0.over/up" "$0.over/work"',
      'mount -t overlay -o "lowerdir=$0,upperdir=$0.over/up,workdir=$0.over/work" moss "$0"',
    ]
    expect(said(overlay.join(' && '))).toMatch(/the root is an overlay[\s\S]*HOST_UNSUPPORTED/)
    expect(said('mount -t tmpfs none "$0/usr/games"')).toMatch(/\/usr\/games[\s\S]*STATE_MOUNTED/)
    const small =
      'cp -a "$0" "$0.copy" && mount -t tmpfs -o size=2500k none "$0" && cp -a "$0.copy/." "$0" && head -c 1000000 /dev/zero >"$0/usr/big"'
    expect(said(small)).toMatch(/needs .* are free[\s\S]*HOST_NO_SPACE/)
    expect(existsSync(join(root, '.moss'))).toBe(false)
  })
})
