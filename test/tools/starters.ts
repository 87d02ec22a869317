// What starts the program: the launchers, in POSIX sh, and the first script, which runs the program from a compiled form.
import { nodeFlags } from './node-flags.ts'

/** What has more to do than to look: their compiled forms have more functions and take longer to read. */
export const hostVerbs = ['apply', 'import', 'rollback']
const stationVerbs = ['add', 'export', 'sync', 'verify']

/** Those of the host end before the optimizing compiler would have paid for itself: their long loops are in WebAssembly. */
export const plainFlag = '--no-opt'

/** Their buffers come in pages of 2 MB where the kernel has them: two fifths fewer page faults in an import (note 0006). */
const largePages = 'glibc.malloc.hugetlb=1'

const findHere = `self=$0
if [ -L "$self" ]; then self=$(readlink -f "$self"); fi
case $self in */*) ;; *) self=./$self ;; esac
here=\${self%/*}
`

/** `$here` is the launcher's folder, through a symlink too. */
export const launcher = ({
  node,
  script,
  libraries,
  installed,
}: {
  readonly node: string
  readonly script: string
  /** Where it lies as a package of a channel, which nobody writes into: Node keeps nothing there. */
  readonly installed?: string
  /** Where Node's own libraries are, which it finds by itself where there is a /proc. */
  readonly libraries?: string
}): string => `#!/bin/sh
# Starts moss with the Node that came with it. Obeys no NODE_OPTIONS, nor keeps compiled code where others say: they are not moss's.
${installed === undefined ? findHere : `here=${installed}\n`}unset NODE_OPTIONS NODE_COMPILE_CACHE NODE_COMPILE_CACHE_PORTABLE
${libraries === undefined ? '' : `[ -e /proc/self/exe ] || export LD_LIBRARY_PATH="$here/${libraries}"\n`}${installed === undefined ? 'export NODE_COMPILE_CACHE="$here/cache" NODE_COMPILE_CACHE_PORTABLE=1\n' : ''}case $1 in ${hostVerbs.join('|')}) plain=${plainFlag}; export GLIBC_TUNABLES=${largePages} ;; *) plain= ;; esac
exec ${node} ${nodeFlags.join(' ')} $plain "$here/${script}" "$@"
`

/**
 * Runs the program from a compiled form; without one, or under another Node, it is only slower. V8 knows a compiled
 * form by the length of its source alone, so its name has the source's digest. `last` runs the script.
 */
export const starter = (digest: string, last: string): string => `'use strict'
const fs = require('node:fs')
const vm = require('node:vm')
const program = __dirname + '/moss.cjs'
const verb = process.argv[2]
const isHost = ${JSON.stringify(hostVerbs)}.includes(verb)
const isStation = ${JSON.stringify(stationVerbs)}.includes(verb)
const compiled = __dirname + '/moss-${digest}.' + (isHost ? 'host' : isStation ? 'station' : 'short')
const source = '(function (exports, require, module, __filename, __dirname) {' + fs.readFileSync(program, 'latin1') + '\\n})'
const cachedData = fs.existsSync(compiled) ? fs.readFileSync(compiled) : undefined
const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
const script = new vm.Script(source, { filename: program, cachedData, importModuleDynamically })
const run = () => script.runInThisContext()(exports, require, module, program, __dirname)
${last}
`

/** Verbs named on its command line, parted by commas, one after the other; keeps what they compiled. */
export const keepCompiled = `const verbs = process.argv.slice(2).join(' ').split(' , ').map((verb) => verb.split(' '))
process.on('beforeExit', () => {
  const verb = verbs.shift()
  if (verb === undefined) return fs.writeFileSync(compiled, script.createCachedData())
  process.argv = [process.argv[0], program, ...verb]
  run()
})`

// What follows is of a package: each form is of one verb, so that it is the same wherever it is made, which those of the build are
// not. They also keep what V8 found out by its clock, and traces of what its memory was used for before.

/** What a package compiles for which verbs, and the flags that these run under. */
export const packedForms = [
  { form: 'first', verb: ['--version'], flags: [] },
  { form: 'usual', verb: ['status', '--json'], flags: [] },
  { form: 'plain', verb: ['status', '--json'], flags: [plainFlag] },
] as const

const choosePackedForm = `const verb = process.argv[2] ?? 'tui'
const isPlain = ${JSON.stringify(hostVerbs)}.includes(verb)
const form = isPlain ? 'plain' : verb[0] === '-' ? 'first' : 'usual'`

/** The program as one function: put together at each start, its text would be copied once more. */
export const packedProgram = (program: string): string =>
  `(function (exports, require, module, __filename, __dirname) {${program}\n})`

/** V8 compiles in one thread then, and in one order; it counts them not among the flags under which a form may be used. */
export const alikeFlags = ['--predictable', '--random-seed=1']

/** Runs a verb and keeps what it compiled in the file that is named first. */
export const keepAlike = `'use strict'
const fs = require('node:fs')
const vm = require('node:vm')
const [program, out, ...verb] = process.argv.slice(2)
const script = new vm.Script(fs.readFileSync(program, 'latin1'), { filename: '/moss.cjs' })
process.on('beforeExit', () => fs.writeFileSync(out, script.createCachedData()))
process.argv = [process.argv[0], program, ...verb]
script.runInThisContext()(exports, require, module, program, __dirname)
`

/** Of the folder. */
export const packedStarter = `'use strict'
const fs = require('node:fs')
const vm = require('node:vm')
${choosePackedForm}
const program = __dirname + '/moss.cjs'
const compiled = __dirname + '/compiled.' + form
const cachedData = fs.existsSync(compiled) ? fs.readFileSync(compiled) : undefined
const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
const source = fs.readFileSync(program, 'latin1')
const script = new vm.Script(source, { filename: program, cachedData, importModuleDynamically })
script.runInThisContext()(exports, require, module, program, __dirname)
`

/**
 * Of the single executable. Node itself obeys no NODE_OPTIONS there, but each thread it starts would. The screens are a
 * module of the executable: no file is looked for.
 */
export const singleStarter = `'use strict'
delete process.env.NODE_OPTIONS
const sea = require('node:sea')
const vm = require('node:vm')
${choosePackedForm}
if (isPlain) require('node:v8').setFlagsFromString('${plainFlag}')
const asset = (name) => Buffer.from(sea.getRawAsset(name))
const cachedData = sea.getAssetKeys().includes(form) ? asset(form) : undefined
const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
const screens = 'file:///moss/tui.js'
if (verb === 'tui' || verb[0] === '-')
  require('node:module').registerHooks({
    resolve: (name, context, next) =>
      name === './tui.js' ? { url: screens, format: 'module', shortCircuit: true } : next(name, context),
    load: (url, context, next) =>
      url === screens
        ? { format: 'module', source: sea.getAsset('tui.js', 'utf8'), shortCircuit: true }
        : next(url, context),
  })
const source = asset('moss.cjs').latin1Slice()
const script = new vm.Script(source, { filename: __filename, cachedData, importModuleDynamically })
script.runInThisContext()(exports, require, module, __filename, __dirname)
`
