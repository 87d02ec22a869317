// Where the program's own files are: beside its first module, or inside the single executable. What is inside is taken
// from there, and never from a file that somebody else could put beside it.
import type { WorkerModule } from './pool.ts'

export interface OwnFiles {
  /** What a thread of the pool runs. */
  readonly worker: WorkerModule
  /** The folder that a packaged program is: what belongs to it lies there. */
  readonly folder: string
}

/** `moduleUrl` is the program's first module: in `src/`, `dist/`, or the folder `program/` of a package. */
export function ownFiles(moduleUrl: string): OwnFiles {
  const sea = process.getBuiltinModule('node:sea')
  if (sea.isSea())
    return { worker: { source: sea.getAsset('worker.cjs', 'utf8') }, folder: folderOf(executable()) }
  const worker = moduleUrl.endsWith('.ts') ? './worker.ts' : './worker.js'
  return {
    worker: new URL(worker, moduleUrl),
    folder: folderOf(folderOf(decodeURIComponent(new URL(moduleUrl).pathname))),
  }
}

/** Started by a loader that it brings, the running file is the loader, and its first argument the program. */
function executable(): string {
  const { execPath, argv } = process
  return /\/ld-linux[^/]*$/.test(execPath)
    ? process.getBuiltinModule('node:path').resolve(argv[1] ?? execPath)
    : execPath
}

const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '/'
