// npm run package: what somebody carries to a machine that has neither npm nor Node. From dist/, as the build left it, it
// makes dist/moss-linux-ARCH/, the program with its Node, and dist/moss-linux-ARCH-single/, the same as one executable, each with
// the shared libraries that base systems lack, the manual, sums, and an archive of it all; and dist/moss-linux-ARCH-tree/, the
// first as the directory of a package, for a channel. The same sources, Node and libraries give the same bytes.
//   --with-libc   brings the C library and its loader as well; the folder's name ends in -libc
//   --arm64       for the other architecture, whose Node npm fetches
//   --into DIR    there instead of dist/
//   --no-archive  folders alone
//   --check       makes everything twice, elsewhere, and compares
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { bundle } from './bundle.ts'
import { nodeFlags } from './node-flags.ts'
import {
  type Architecture,
  type Libraries,
  librariesOf,
  loaderOf,
  packedNode,
  publishedNode,
} from './package-node.ts'
import { installText } from './package-texts.ts'
import {
  alikeFlags,
  keepAlike,
  launcher,
  packedForms,
  packedProgram,
  packedStarter,
  singleStarter,
} from './starters.ts'
import { statementOf, sumsName, sumsOf, tarOf, treeFiles } from './tree-files.ts'

const top = join(import.meta.dirname, '../..')
const dist = join(top, 'dist')
const { version, license: licence } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly license: string
}
/** Bare, as the issue's bar has it. */
const mostBytes = 130e6

interface Job {
  readonly architecture: Architecture
  readonly withLibc: boolean
  readonly into: string
  readonly archive: boolean
  /** For what is made on the way. */
  readonly work: string
}

/** What was read and made once for the folder and the executable. */
interface Parts {
  readonly job: Job
  readonly node: Uint8Array
  readonly libraries: Libraries
  /** The program as packages have it. */
  readonly program: string
  /** Its compiled forms, by their names; none for an architecture that is not this one. */
  readonly forms: ReadonlyMap<string, string>
}

const isHere = ({ architecture }: Job): boolean => architecture === process.arch

/** They are V8's own for one architecture. `program` is a file. */
function compiledForms(job: Job, program: string): ReadonlyMap<string, string> {
  if (!isHere(job)) return new Map()
  const { work } = job
  const [home, root, keeper] = [join(work, 'station'), join(work, 'root'), join(work, 'keep.cjs')]
  const run = (...args: readonly string[]): unknown =>
    execFileSync(process.execPath, [...nodeFlags, ...args], { stdio: 'pipe' })
  const moss = (...args: readonly string[]): unknown => run(join(dist, 'start.cjs'), ...args)
  moss('key', 'generate', '--no-passphrase', '--home', home)
  moss('init', '--root', root, '--trust', join(home, 'root.moss-root'))
  writeFileSync(keeper, keepAlike)
  return new Map(
    packedForms.map(({ form, verb, flags }) => {
      const out = join(work, `compiled.${form}`)
      const where = verb[0] === 'status' ? ['--root', root] : []
      run(...flags, ...alikeFlags, keeper, program, out, ...verb, ...where)
      return [form, out]
    }),
  )
}

function put(path: string, bytes: Uint8Array | string, mode = 0o644): void {
  mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true })
  writeFileSync(path, bytes)
  chmodSync(path, mode)
}

const take = (from: string, to: string): void => put(to, readFileSync(from))

/** What both forms have beside the program. */
function putCommon(folder: string, { job, libraries }: Parts): void {
  for (const [name, bytes] of libraries.brought) put(join(folder, 'lib', name), bytes)
  for (const [name, bytes] of libraries.ofC)
    put(join(folder, 'lib/libc', name), bytes, name === loaderOf(job.architecture) ? 0o755 : 0o644)
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md']) take(join(top, name), join(folder, name))
  take(
    join(top, 'node_modules', `node-linux-${process.arch}`, 'LICENSE'),
    join(folder, 'share/licenses/node'),
  )
  const copyright = '/usr/share/doc/libstdc++6/copyright'
  if (existsSync(copyright)) take(copyright, join(folder, 'share/licenses/gcc-libraries'))
  const ofC = '/usr/share/doc/libc6/copyright'
  if (job.withLibc && existsSync(ofC)) take(ofC, join(folder, 'share/licenses/glibc'))
  take(join(dist, 'sbom.json'), join(folder, 'sbom.json'))
  for (const name of readdirSync(dist).filter((each) => /\.(service|timer|rules)$/.test(each)))
    take(join(dist, name), join(folder, 'share/systemd', name))
  // The manual, completions, and what a desktop looks for.
  const share = readdirSync(join(dist, 'share'), { recursive: true, withFileTypes: true })
  for (const entry of share.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name)
    take(path, join(folder, path.slice(dist.length)))
  }
}

/** Node and the program, and how that Node is started; `$here` is the folder. */
function putProgram(folder: string, { job, node, libraries, program, forms }: Parts): string {
  put(join(folder, 'lib/node'), packedNode(node, '.'), 0o755)
  take(program, join(folder, 'program/moss.cjs'))
  for (const name of ['worker.js', 'tui.js']) take(join(dist, name), join(folder, 'program', name))
  put(join(folder, 'program/start.cjs'), packedStarter)
  for (const [form, path] of forms) take(path, join(folder, `program/compiled.${form}`))
  const loader =
    libraries.ofC.size === 0
      ? ''
      : `"$here/lib/libc/${loaderOf(job.architecture)}" --library-path "$here/lib/libc" `
  return `${loader}"$here/lib/node"`
}

const script = 'program/start.cjs'

function putFolder(folder: string, parts: Parts): void {
  const node = putProgram(folder, parts)
  put(join(folder, 'moss'), launcher({ node, script, libraries: 'lib' }), 0o755)
}

/** Where it lies in a managed /usr. */
const installed = '/usr/libexec/moss'

/** What a channel takes in, so that moss is updated like everything else. Units and rules lie where they do nothing. */
function putTree(folder: string, parts: Parts): void {
  const { architecture, withLibc } = parts.job
  const home = join(folder, installed)
  const node = putProgram(home, parts)
  putCommon(home, parts)
  renameSync(join(home, 'share'), join(folder, 'usr/share'))
  mkdirSync(join(folder, 'usr/share/moss'))
  renameSync(join(folder, 'usr/share/systemd'), join(folder, 'usr/share/moss/systemd'))
  renameSync(join(folder, 'usr/share/licenses'), join(folder, 'usr/share/moss/licenses'))
  put(join(folder, 'usr/bin/moss'), launcher({ node, script, libraries: 'lib', installed }), 0o755)
  const needed = ['binary(sh)', ...(withLibc ? [] : ['soname(libc.so.6()(64bit))'])]
  put(
    join(folder, 'moss-package.toml'),
    `name = "moss"
version = "${version}"
architecture = "${architecture === 'x64' ? 'amd64' : architecture}"
summary = "Offline-first package manager and system updater"
licence = "${licence}"
requires = [${needed.map((each) => `"${each}"`).join(', ')}]
`,
  )
}

async function putSingle(folder: string, { job, node, program, forms }: Parts): Promise<void> {
  const [bare, main, worker] = ['bare', 'main.cjs', 'worker.cjs'].map((name) => join(job.work, name))
  if (bare === undefined || main === undefined || worker === undefined) return
  put(bare, packedNode(node, 'lib'), 0o755)
  put(main, singleStarter)
  await bundle({ entry: 'src/worker.ts', out: worker, format: 'cjs' })
  // As text it would be a script, whose names are everybody's.
  writeFileSync(worker, `(() => {${readFileSync(worker, 'utf8')}\n})()`)
  mkdirSync(folder, { recursive: true })
  const config = join(job.work, 'single.json')
  put(
    config,
    JSON.stringify({
      // Its name goes into the executable.
      main: 'main.cjs',
      mainFormat: 'commonjs',
      executable: bare,
      output: join(folder, 'moss'),
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      execArgv: nodeFlags,
      execArgvExtension: 'none',
      assets: {
        'moss.cjs': program,
        'tui.js': join(dist, 'tui.js'),
        'worker.cjs': worker,
        ...Object.fromEntries(forms),
      },
    }),
  )
  execFileSync(process.execPath, [`--build-sea=${config}`], { cwd: job.work, stdio: 'pipe' })
  chmodSync(join(folder, 'moss'), 0o755)
}

async function makePackages(job: Job): Promise<readonly string[]> {
  const published = publishedNode(job.architecture)
  const libraries = librariesOf(published, job)
  const program = join(job.work, 'moss.cjs')
  await bundle({ entry: 'src/main.ts', out: program, format: 'cjs', hasShortNames: true })
  writeFileSync(program, packedProgram(readFileSync(program, 'latin1')), 'latin1')
  const parts: Parts = { job, node: published, libraries, program, forms: compiledForms(job, program) }
  const name = `moss-linux-${job.architecture}`
  const ending = job.withLibc ? '-libc' : ''
  const made: string[] = []
  for (const isSingle of [false, true]) {
    const folder = join(job.into, `${name}${isSingle ? '-single' : ''}${ending}`)
    rmSync(folder, { recursive: true, force: true })
    if (isSingle) await putSingle(folder, parts)
    else putFolder(folder, parts)
    putCommon(folder, parts)
    const said = {
      name: folder.slice(folder.lastIndexOf('/') + 1),
      version,
      architecture: job.architecture,
      isSingle,
      withLibc: job.withLibc,
      loader: loaderOf(job.architecture),
      glibc: libraries.glibc,
      missing: libraries.missing,
      isTested: isHere(job),
    }
    put(join(folder, 'INSTALL'), installText(said))
    put(join(folder, sumsName), sumsOf(folder))
    put(join(folder, 'TOOL'), statementOf(folder, version))
    if (job.archive) writeFileSync(`${folder}.tar.gz`, gzipSync(tarOf(folder)))
    made.push(folder)
    console.log(report(folder, job, libraries))
  }
  const tree = join(job.into, `${name}-tree${ending}`)
  rmSync(tree, { recursive: true, force: true })
  putTree(tree, parts)
  console.log(`${tree}: a package for a channel, with moss add`)
  return [...made, tree]
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
const sizeOf = (path: string): number => readFileSync(path).length

function report(folder: string, job: Job, { missing, glibc }: Libraries): string {
  const bytes = treeFiles(folder).reduce((sum, { path }) => sum + sizeOf(join(folder, path)), 0)
  if (bytes > mostBytes && isHere(job))
    throw new Error(`${folder} has ${megabytes(bytes)}, more than ${megabytes(mostBytes)}`)
  const packed = job.archive ? `, ${megabytes(sizeOf(`${folder}.tar.gz`))} packed` : ''
  const sums = hash('sha256', readFileSync(join(folder, sumsName)), 'hex')
  return [
    `${folder}: ${megabytes(bytes)}${packed}`,
    `  ${sums}  ${sumsName}`,
    job.withLibc ? '  needs no C library' : `  needs glibc ${glibc} or newer`,
    ...(missing.length > 0
      ? [
          `  not found on this machine, so not in it: ${missing.join(', ')}`,
          ...(isHere(job)
            ? []
            : [
                '  Debian has them for here: libstdc++6-arm64-cross libatomic1-arm64-cross libgcc-s1-arm64-cross',
              ]),
        ]
      : []),
    ...(isHere(job)
      ? []
      : ['  NOT TESTED: this machine cannot run it; starts more slowly, without compiled forms']),
  ].join('\n')
}

async function packageOnce(options: Omit<Job, 'work'>): Promise<readonly string[]> {
  const work = mkdtempSync(join(tmpdir(), 'moss-package-'))
  try {
    return await makePackages({ ...options, work })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Twice, with a build of its own each time. */
async function checkAlike(options: Omit<Job, 'work' | 'into'>): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'moss-alike-'))
  try {
    const sums: string[] = []
    for (const turn of ['first', 'second']) {
      execFileSync(process.execPath, [join(import.meta.dirname, 'build.ts')], { stdio: 'pipe' })
      const into = join(place, turn)
      mkdirSync(into)
      await packageOnce({ ...options, into })
      sums.push(sumsOf(into))
    }
    if (sums[0] !== sums[1]) throw new Error(`two packagings differ:\n${sums.join('\n')}`)
    console.log(`alike: ${sums[0]?.trim().split('\n').length ?? 0} files, made twice`)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

const { values } = parseArgs({
  options: {
    'with-libc': { type: 'boolean', default: false },
    arm64: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'no-archive': { type: 'boolean', default: false },
    into: { type: 'string', default: dist },
  },
})
const options = {
  architecture: values.arm64 ? 'arm64' : (process.arch as Architecture),
  withLibc: values['with-libc'],
  archive: !values['no-archive'],
} as const
if (values.check) await checkAlike(options)
else await packageOnce({ ...options, into: resolve(values.into) })
