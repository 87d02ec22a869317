// The triggers that moss brings, in the shape in which packages declare theirs. Each is of use only to a tree that has its
// program; of several with one name the first that is counts. A package's trigger takes the place of its namesakes.
//
// What a tool writes must follow from the packages alone. Under /usr every date is one fixed moment, so tools that
// compare dates are told to begin anew. What depends on the machine's own choices, or has dates in it, goes to /etc or
// /var after publishing: certificates, fonts, the index of manual pages.
import { type Trigger, triggerDefaults } from '../../manifest/trigger.ts'

const stock = (trigger: Partial<Trigger> & Pick<Trigger, 'name' | 'paths' | 'command'>): Trigger => ({
  ...triggerDefaults,
  ...trigger,
})

const ldconfig = (program: string): Trigger =>
  stock({
    name: 'ldconfig',
    needs: [program],
    paths: [
      'usr/sbin/ldconfig*',
      'usr/bin/ldconfig',
      'usr/lib*/**/*.so',
      'usr/lib*/**/*.so.*',
      'usr/share/factory/etc/ld.so.conf',
      'usr/share/factory/etc/ld.so.conf.d/*',
    ],
    command: [program, '-X', '-i', '-C', '/usr/lib/ld.so.cache'],
  })

const glibSchemas = (program: string): Trigger =>
  stock({
    name: 'glib-schemas',
    needs: [program],
    paths: ['usr/share/glib-2.0/schemas/*'],
    command: [program.startsWith('usr/') ? `/${program}` : program, '/usr/share/glib-2.0/schemas'],
  })

const iconCaches = (program: string): Trigger =>
  stock({
    name: 'icon-caches',
    needs: [program, 'sh'],
    paths: ['usr/share/icons/*/**'],
    command: [
      'sh',
      '-ec',
      `for theme in /usr/share/icons/*/; do
        if [ -f "$theme/index.theme" ]; then ${program} --quiet --force "$theme"; fi
      done`,
    ],
  })

const info = stock({
  name: 'info',
  needs: ['install-info', 'sh'],
  paths: ['usr/share/info/*.info', 'usr/share/info/*.info.*'],
  // A page without an entry of its own is no reason to stop.
  command: [
    'sh',
    '-c',
    `for page in /usr/share/info/*.info /usr/share/info/*.info.*; do
      if [ -f "$page" ]; then install-info "$page" /usr/share/info/dir || echo "left out: $page"; fi
    done`,
  ],
})

const depmod = stock({
  name: 'depmod',
  needs: ['depmod', 'sh'],
  paths: ['usr/lib/modules/*/modules.order', 'usr/lib/modules/*/**/*.ko', 'usr/lib/modules/*/**/*.ko.*'],
  command: [
    'sh',
    '-ec',
    `for folder in /usr/lib/modules/*/; do
      version=\${folder#/usr/lib/modules/}
      depmod -a "\${version%/}"
    done`,
  ],
})

/** Without SOURCE_DATE_EPOCH: then what is compiled names the one fixed date of its source, in every state the same. */
const py3compile = stock({
  name: 'py3compile',
  needs: ['py3compile', 'env'],
  paths: ['usr/lib/python3/dist-packages/**/*.py'],
  command: ['env', '-u', 'SOURCE_DATE_EPOCH', 'py3compile', '/usr/lib/python3/dist-packages'],
  seconds: 600,
})

/** The machine chooses whom it trusts, in /etc/ca-certificates.conf. Where it has not, all that packages bring. */
const certificates = stock({
  name: 'ca-certificates',
  scope: 'system',
  needs: ['update-ca-certificates', 'sh', 'mktemp', 'find', 'sed', 'sort'],
  paths: ['usr/share/ca-certificates/**/*.crt', 'usr/local/share/ca-certificates/**/*.crt'],
  command: [
    'sh',
    '-ec',
    `list=/etc/ca-certificates.conf
    mkdir -p /etc/ssl/certs
    if [ ! -e "$list" ]; then
      list=$(mktemp)
      trap 'rm -f "$list"' EXIT
      cd /usr/share/ca-certificates
      find . -name '*.crt' | sed 's,^[.]/,,' | sort >"$list"
    fi
    update-ca-certificates --certsconf "$list"`,
  ],
})

/** A preset is followed once, when its unit first appears: afterwards the machine may think otherwise. */
const presets = stock({
  name: 'systemd-presets',
  scope: 'system',
  needs: ['systemctl', 'sh', 'grep', 'mkdir', 'touch'],
  paths: ['usr/lib/systemd/system/*'],
  command: [
    'sh',
    '-ec',
    `known=/var/lib/moss/preset-units
    mkdir -p /var/lib/moss
    touch "$known"
    cd /usr/lib/systemd/system
    set --
    for unit in *.service *.socket *.timer *.path *.target *.mount *.automount *.swap *.slice; do
      if [ ! -f "$unit" ] || [ -L "$unit" ]; then continue; fi
      if grep -qxF -e "$unit" "$known"; then continue; fi
      set -- "$@" "$unit"
    done
    if [ $# -gt 0 ]; then
      systemctl preset --quiet "$@"
      printf '%s\\n' "$@" >>"$known"
    fi`,
  ],
})

export const stockTriggers: readonly Trigger[] = [
  ldconfig('ldconfig.real'),
  ldconfig('ldconfig'),
  glibSchemas('glib-compile-schemas'),
  glibSchemas('usr/lib/x86_64-linux-gnu/glib-2.0/glib-compile-schemas'),
  glibSchemas('usr/lib/aarch64-linux-gnu/glib-2.0/glib-compile-schemas'),
  stock({
    name: 'mime',
    needs: ['update-mime-database'],
    paths: ['usr/share/mime/packages/*.xml'],
    command: ['update-mime-database', '/usr/share/mime'],
  }),
  stock({
    name: 'desktop',
    needs: ['update-desktop-database'],
    paths: ['usr/share/applications/**/*.desktop'],
    command: ['update-desktop-database', '--quiet', '/usr/share/applications'],
  }),
  iconCaches('gtk-update-icon-cache'),
  iconCaches('gtk4-update-icon-cache'),
  depmod,
  info,
  py3compile,
  certificates,
  stock({
    name: 'fontconfig',
    scope: 'system',
    needs: ['fc-cache'],
    paths: ['usr/share/fonts/**', 'usr/share/fontconfig/**', 'usr/share/factory/etc/fonts/**'],
    command: ['fc-cache', '--system-only', '--force'],
  }),
  stock({
    name: 'man-db',
    scope: 'system',
    needs: ['mandb'],
    paths: ['usr/share/man/**'],
    command: ['mandb', '--quiet', '--create'],
    seconds: 900,
  }),
  presets,
  stock({
    name: 'systemd-reload',
    scope: 'system',
    after: ['systemd-presets'],
    needs: ['systemctl', 'sh'],
    paths: ['usr/lib/systemd/**'],
    running: true,
    command: ['sh', '-c', '[ ! -d /run/systemd/system ] || exec systemctl daemon-reload'],
  }),
]
