// The table of commands that maintainer scripts use, and what moss makes of each. A verdict `handled` is given
// only where a mechanism of moss reaches the same end; a command that is not in the table is unknown.
import type { Verdict } from '../scripts.ts'
import type { ShellCommand } from './shell.ts'

export interface Judgement {
  readonly about: string
  readonly verdict: Verdict
  readonly why: string
}

type Rule = Judgement | 'query' | ((words: readonly string[]) => Judgement | 'query' | undefined)

const handled = (about: string, why: string): Judgement => ({ about, verdict: 'handled', why })
const reported = (about: string, why: string): Judgement => ({ about, verdict: 'reported', why })
const unknown: Judgement = { about: 'command', verdict: 'unknown', why: 'not a command that moss knows' }

const wholeTree = 'the tree of /usr is assembled from packages alone'

/** Commands that look, print or decide. */
const queries =
  `: [ [[ test true false echo printf exit return set shift local export readonly unset read cd pwd umask wait sleep
  hash trap break continue getopts type which grep egrep fgrep zgrep awk mawk gawk cat cut head tail sort uniq tr wc
  readlink realpath basename dirname ls stat getent id uname whoami hostname expr date cmp diff md5sum sha1sum sha256sum sha512sum who runlevel
  pidof pgrep ps dpkg-query dpkg-realpath dpkg-architecture ischroot mktemp tempfile env logger seq tty locale comm
  column fold od strings zcat pathfind lsb_release systemd-detect-virt mountpoint
  findmnt printenv let declare typeset`.split(/\s+/)

const asQuery = (words: readonly string[], looking: RegExp, otherwise: Judgement): Judgement | 'query' =>
  words.slice(1).some((word) => looking.test(word)) ? 'query' : otherwise

const cache = (what: string): Judgement => reported('caches', `${what} is not made`)
const users = reported('users', 'moss makes no users or groups')
const alternatives = reported('alternatives', 'no alternative is set up; the link is missing')
const services = reported('services', 'services are neither enabled nor started nor stopped')
const questions = reported('questions', 'debconf asks nothing; the package’s own default holds')
const byteCode = reported('byte code', 'no byte code is made; programs run without it')
const shells = reported('shells', '/etc/shells is not changed')
const modules = reported('kernel', 'no initrd, module index or boot entry is made')
const attributes = reported('attributes', 'owner and mode stay as the package lists them')
const policy = reported('policy', 'nothing is loaded into the running kernel or daemon')

const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(queries.map((name) => [name, 'query'] as const)),
  ldconfig: handled('library cache', 'trigger ldconfig'),
  'dpkg-maintscript-helper': maintscriptHelper,
  'update-alternatives': (words) => asQuery(words, /^--(list|query|display|get-selections)$/, alternatives),
  'dpkg-divert': (words) =>
    asQuery(words, /^--(list|listpackage|truename)$/, reported('diversions', 'no file is diverted')),
  'dpkg-statoverride': (words) => asQuery(words, /^--list$/, attributes),
  dpkg: (words) =>
    asQuery(
      words,
      /^(-[slLSC]|--(compare-versions|status|list|listfiles|search|print.*|assert.*|validate.*))$/,
      unknown,
    ),
  'dpkg-trigger': (words) =>
    words.includes('ldconfig')
      ? handled('library cache', 'trigger ldconfig')
      : asQuery(words, /^--check-supported$/, reported('triggers', 'the trigger is not run')),
  xargs: (words) => judgeRest(words),
  command: (words) => (words[1] === '-v' || words[1] === '-V' ? 'query' : unknown),
  sed: (words) => (words.some((word) => /^(-[a-zA-Z]*i|--in-place)/.test(word)) ? files(words) : 'query'),
  find: (words) => (words.some((word) => /^-(delete|exec|execdir|ok)$/.test(word)) ? files(words) : 'query'),
  ...named(
    'useradd groupadd usermod groupmod adduser addgroup userdel groupdel deluser delgroup gpasswd',
    users,
  ),
  ...named('passwd update-passwd chage chsh chfn shadowconfig pwconv grpconv pwck grpck', users),
  'systemd-sysusers': reported('users', 'moss makes no users: left to systemd-sysusers when the root starts'),
  'systemd-tmpfiles': reported('tmpfiles', 'not made: left to systemd-tmpfiles when the root starts'),
  'deb-systemd-helper': (words) => asQuery(words, /^(was-enabled|debian-installed)$/, services),
  systemctl: (words) => asQuery(words, /^(is-[a-z-]+|show|status|list-[a-z-]+|cat)$/, services),
  ...named('deb-systemd-invoke invoke-rc.d update-rc.d service start-stop-daemon initctl telinit', services),
  ...named('kill killall pkill policy-rc.d systemd-machine-id-setup', services),
  ...named(
    'db_input db_go db_get db_set db_reset db_subst db_fset db_fget db_metaget db_title db_text',
    questions,
  ),
  ...named(
    'db_version db_capb db_stop db_purge db_unregister db_register db_settitle db_info db_beginblock',
    questions,
  ),
  ...named('db_endblock db_progress db_clear debconf-set-selections debconf-communicate', questions),
  ...named('py3compile pycompile pypycompile', byteCode),
  ...named('py3clean pyclean pypyclean', handled('byte code', wholeTree)),
  ...named('add-shell remove-shell update-shells', shells),
  ...named('depmod update-initramfs mkinitramfs dracut update-grub grub-install grub-mkconfig', modules),
  ...named(
    'update-tirfs linux-update-symlinks linux-check-removal kernel-install dkms modprobe rmmod',
    modules,
  ),
  ...named('ucf ucfr ucfq', reported('configuration', 'ucf asks nothing and copies nothing')),
  ...named('chown chgrp chmod setcap setfacl chattr restorecon', attributes),
  ...named('apparmor_parser aa-status udevadm sysctl setsebool semodule', policy),
  'pam-auth-update': reported('authentication', 'the common PAM files are not changed'),
  'run-parts': reported('hooks', 'no hook of other packages is run'),
  'update-mime-database': cache('the MIME database'),
  'update-desktop-database': cache('the desktop database'),
  'gtk-update-icon-cache': cache('the icon cache'),
  'update-icon-caches': cache('the icon cache'),
  'glib-compile-schemas': cache('the settings schema'),
  'gio-querymodules': cache('the module cache'),
  'gdk-pixbuf-query-loaders': cache('the image loader cache'),
  'fc-cache': cache('the font cache'),
  'update-ca-certificates': cache('the bundle of certificates'),
  'update-mime': cache('mailcap'),
  'update-menus': cache('the menu'),
  'update-binfmts': reported('binary formats', 'no interpreter is registered'),
  'update-info-dir': cache('the info index'),
  'install-info': cache('the info index'),
  'update-catalog': cache('the SGML catalogue'),
  'update-xmlcatalog': cache('the XML catalogue'),
  'update-locale': reported('locale', 'the system’s language is not changed'),
  'locale-gen': cache('the locale archive'),
  localedef: cache('the locale archive'),
  mandb: cache('the index of manual pages'),
  iconvconfig: cache('the table of character sets'),
  journalctl: cache('the catalogue of the journal'),
  'systemd-hwdb': cache('the hardware database'),
  'ssh-keygen': reported('keys', 'no key is made'),
  ...named('cp mv ln install', (words) => files(['', words.at(-1) ?? ''])),
  ...named('mkdir touch mkfifo mknod truncate tee dd patch mount umount gzip gunzip tar', files),
  ...named('rm rmdir unlink', removal),
}

function named(names: string, rule: Rule): Readonly<Record<string, Rule>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]))
}

/** The paths among the arguments, where they can be told; a variable may be anything. */
function pathsOf(words: readonly string[]): readonly string[] {
  return words
    .slice(1)
    .map((word) => word.replace(/^\$(?:DPKG_ROOT|\{DPKG_ROOT(?::-)?\})/, ''))
    .filter((word) => !word.startsWith('-') && word !== '')
}

const isInTree = (path: string): boolean =>
  /^\/(usr|bin|sbin|lib|lib64)\//.test(path) && !/\/\.\.(\/|$)|\$|^\/usr\/local\//.test(path)

function files(words: readonly string[]): Judgement {
  const where = pathsOf(words).some((path) => !isInTree(path))
    ? 'as the machine has them'
    : 'as packages list them'
  return reported('files', `not changed: files stay ${where}`)
}

/** What a package removes below /usr is not there to begin with. */
function removal(words: readonly string[]): Judgement {
  const paths = pathsOf(words)
  if (paths.length > 0 && paths.every(isInTree)) return handled('removal', wholeTree)
  return reported('removal', 'not removed: files stay as the machine has them')
}

function maintscriptHelper(words: readonly string[]): Judgement | 'query' | undefined {
  const [, what = '', path = ''] = words
  switch (what) {
    case 'supports':
      return 'query'
    case 'rm_conffile':
      return handled('configuration', 'factory delivery: a file nobody changed follows its package')
    case 'mv_conffile':
      return reported('configuration', 'a file somebody changed keeps its old name')
    case 'symlink_to_dir':
    case 'dir_to_symlink':
      return isInTree(path)
        ? handled('files', wholeTree)
        : reported('files', `${path} stays as the machine has it`)
    default:
      return undefined
  }
}

/** What `xargs` runs; without a command it prints. Its options may take words: then the rest is unknown. */
function judgeRest(words: readonly string[]): Judgement | 'query' {
  const rest = words.slice(1)
  while (rest[0]?.startsWith('-') === true) rest.shift()
  return rest[0] === undefined ? 'query' : (judgeWords(rest[0], rest) ?? 'query')
}

/** Undefined for a command that only looks. */
export function judge(command: ShellCommand): Judgement | undefined {
  const words = command.words[0] === 'exec' ? command.words.slice(1) : command.words
  const [first] = words
  if (first === undefined) return undefined
  const judgement = judgeWords(first, words)
  if (judgement !== undefined) return judgement
  return command.writes.length === 0 ? undefined : files(['', ...command.writes])
}

function judgeWords(first: string, words: readonly string[]): Judgement | undefined {
  if (first === '.' || first === 'source')
    return words[1]?.endsWith('/debconf/confmodule') === true ? questions : unknown
  if (first.includes('$')) return unknown
  const name = first.slice(first.lastIndexOf('/') + 1)
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
  const judgement = typeof rule === 'function' ? rule(words) : rule
  return judgement === 'query' ? undefined : (judgement ?? unknown)
}
