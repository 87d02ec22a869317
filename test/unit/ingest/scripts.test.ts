import { describe, expect, test } from 'vitest'
import { countActions, reportScripts } from '../../../src/ingest/scripts.ts'

const shell = (...lines: string[]): string => `#!/bin/sh\n${lines.join('\n')}\n`

/** Line, verdict and subject of each action of a postinst; its first line is the second of the script. */
const judged = (...lines: string[]): readonly string[] =>
  reportScripts({ postinst: shell(...lines) }).actions.map(
    ({ line, verdict, about, text }) => `${line} ${verdict} ${about}: ${text}`,
  )

describe('each command of a maintainer script has a verdict', () => {
  test.each([
    ['ldconfig', 'handled library cache: ldconfig'],
    ['/sbin/ldconfig -X', 'handled library cache: /sbin/ldconfig -X'],
    ['dpkg-trigger --no-await ldconfig', 'handled library cache: dpkg-trigger --no-await ldconfig'],
    ['rm -f /usr/share/x/cache', 'handled removal: rm -f /usr/share/x/cache'],
    ['py3clean -p x', 'handled byte code: py3clean -p x'],
    ['rm -rf /var/lib/x', 'reported removal: rm -rf /var/lib/x'],
    ['rm -rf /usr/local/x', 'reported removal: rm -rf /usr/local/x'],
    ['rm -f "$file"', 'reported removal: rm -f $file'],
    ['rm -f /usr/../etc/x', 'reported removal: rm -f /usr/../etc/x'],
    ['adduser --system x', 'reported users: adduser --system x'],
    ['systemd-sysusers x.conf', 'reported users: systemd-sysusers x.conf'],
    ['systemd-tmpfiles --create x.conf', 'reported tmpfiles: systemd-tmpfiles --create x.conf'],
    [
      'update-alternatives --install /usr/bin/vi vi /usr/bin/vim.tiny 15',
      'reported alternatives: update-alternatives --install /usr/bin/vi vi /usr/bin/vim.tiny 15',
    ],
    ['dpkg-divert --add --rename /bin/sh', 'reported diversions: dpkg-divert --add --rename /bin/sh'],
    ['chmod 2755 /usr/bin/ssh-agent', 'reported attributes: chmod 2755 /usr/bin/ssh-agent'],
    ['deb-systemd-helper enable x.service', 'reported services: deb-systemd-helper enable x.service'],
    ['py3compile -p x', 'reported byte code: py3compile -p x'],
    ['fc-cache -s', 'reported caches: fc-cache -s'],
    ['db_input high x/y', 'reported questions: db_input high x/y'],
    ['. /usr/share/debconf/confmodule', 'reported questions: . /usr/share/debconf/confmodule'],
    ['. /usr/share/x/functions', 'unknown command: . /usr/share/x/functions'],
    ['update-initramfs -u', 'reported kernel: update-initramfs -u'],
    ['sed -i s/a/b/ /etc/x', 'reported files: sed -i s/a/b/ /etc/x'],
    ['find /var/x -type f -delete', 'reported files: find /var/x -type f -delete'],
    ['find /var/x | xargs -r rm -f', 'reported removal: xargs -r rm -f'],
    ['echo yes > /etc/x', 'reported files: echo yes > /etc/x'],
    [': > /etc/x', 'reported files: : > /etc/x'],
    ['frobnicate --all', 'unknown command: frobnicate --all'],
    ['$hook install', 'unknown command: $hook install'],
    ['eval "$answer"', 'unknown command: eval $answer'],
    [
      'dpkg-maintscript-helper rm_conffile /etc/x 1.0~ -- "$@"',
      'handled configuration: dpkg-maintscript-helper rm_conffile /etc/x 1.0~ -- $@',
    ],
    [
      'dpkg-maintscript-helper mv_conffile /etc/x /etc/y -- "$@"',
      'reported configuration: dpkg-maintscript-helper mv_conffile /etc/x /etc/y -- $@',
    ],
    [
      'dpkg-maintscript-helper dir_to_symlink /usr/share/doc/x y 1~ -- "$@"',
      'handled files: dpkg-maintscript-helper dir_to_symlink /usr/share/doc/x y 1~ -- $@',
    ],
  ])('%s', (line, expected) => {
    expect(judged(line)).toEqual([`2 ${expected}`])
  })

  test.each([
    'set -e',
    'exit 0',
    'echo done >&2',
    'printf "%s\\n" x >/dev/null',
    '[ -x /usr/bin/x ] && test -n "$2"',
    'if dpkg --compare-versions "$2" lt 1.0; then :; fi',
    'dpkg-divert --truename /bin/sh',
    'dpkg-statoverride --list /usr/bin/x >/dev/null',
    'deb-systemd-helper --quiet was-enabled x.service',
    'x=$(getent passwd root | cut -d: -f1)',
    'grep -q x /etc/passwd || exit 1',
    'command -v x >/dev/null 2>&1',
  ])('what only looks, prints or decides is left out: %s', (line) => {
    expect(judged(line)).toEqual([])
  })
})

describe('commands are found wherever they stand', () => {
  test('in conditions, loops, cases, functions and on one line', () => {
    expect(
      judged(
        'reload() {',
        '  fc-cache -s',
        '}',
        'case "$1" in',
        '  configure|ldconfig)',
        '    if [ -n "$2" ]; then reload; else ldconfig; fi',
        '    ;;',
        '  (remove) depmod ;;',
        '  *) frobnicate ;;',
        'esac',
        'for x in ldconfig depmod; do mandb "$x"; done',
        'while read line; do kill 1; done < /etc/x',
        '! ldconfig || { locale-gen; } && (iconvconfig)',
        'DEBIAN_FRONTEND=noninteractive LC_ALL=C update-mime',
      ),
    ).toEqual([
      '3 reported caches: fc-cache -s',
      '7 handled library cache: ldconfig',
      '9 reported kernel: depmod',
      '10 unknown command: frobnicate',
      '12 reported caches: mandb $x',
      '13 reported services: kill 1',
      '14 handled library cache: ldconfig',
      '14 reported caches: locale-gen',
      '14 reported caches: iconvconfig',
      '15 reported caches: update-mime',
    ])
  })

  test('in command substitutions of either form, in and out of quotes', () => {
    expect(judged('a=$(ldconfig -p)', 'echo "x $(depmod) y" `mandb`')).toEqual([
      '2 handled library cache: ldconfig -p',
      '3 reported kernel: depmod',
      '3 reported caches: mandb',
    ])
  })

  test('deep nesting ends in a command that is not known, and not in a crash', () => {
    expect(judged(`a=${'$(x '.repeat(20_000)}`).at(-1)).toBe('2 unknown command: $(…)')
  })

  test('not in comments, here-documents, quotes or words that look like reserved ones', () => {
    expect(
      judged(
        '# ldconfig',
        'cat <<-EOF > /dev/null',
        "\tldconfig; don't",
        '\tEOF',
        'echo "ldconfig; depmod" \'mandb',
        "still a text' # depmod",
        'echo if then fi case esac',
        'fc-cache \\',
        '  -s # with the rest of its line',
      ),
    ).toEqual(['9 reported caches: fc-cache -s'])
  })

  test('a function may have the name of a command; its body is judged, its calls are not', () => {
    expect(judged('ldconfig() { depmod; }', 'ldconfig')).toEqual(['2 reported kernel: depmod'])
  })
})

describe('other control files', () => {
  test('triggers: only ldconfig is moss’s own', () => {
    const { actions } = reportScripts({
      triggers:
        '# from debhelper\nactivate-noawait ldconfig\ninterest-noawait /usr/share/icons\nactivate x\nwhat\n',
    })
    expect(actions.map(({ line, verdict, why }) => `${line} ${verdict} ${why}`)).toEqual([
      '2 handled trigger ldconfig',
      '3 reported nothing runs when /usr/share/icons changes',
      '4 reported the trigger x is not run',
      '5 unknown not a directive of deb-triggers',
    ])
  })

  test('configuration files are delivered from the factory', () => {
    expect(reportScripts({ conffiles: '/etc/a\n/etc/b\n' }).actions).toMatchObject([
      { text: '2 configuration files', verdict: 'handled', why: 'factory delivery' },
    ])
  })

  test('a script in another language is one unknown action', () => {
    const { actions } = reportScripts({ prerm: '#!/usr/bin/perl -w\nunlink "x";\n' })
    expect(actions).toMatchObject([{ script: 'prerm', verdict: 'unknown', text: '#!/usr/bin/perl -w' }])
    expect(reportScripts({ prerm: '\x7fELF\n' }).counts.unknown).toBe(1)
    expect(reportScripts({ prerm: '#! /bin/bash -e\nldconfig\n' }).counts).toEqual({
      handled: 1,
      reported: 0,
      unknown: 0,
    })
  })

  test('counts of several packages add up, and long commands are cut', () => {
    const one = reportScripts({ postinst: shell('ldconfig', `depmod ${'x'.repeat(500)}`) })
    expect(one.actions[1]?.text).toHaveLength(200)
    expect(countActions([...one.actions, ...one.actions])).toEqual({ handled: 2, reported: 2, unknown: 0 })
  })
})
