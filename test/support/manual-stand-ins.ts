// What stands in, when the examples of the manual run, for what a test has not: the web and what apt of the machine is told
// of it, and the registry of npm.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { archiveServer } from './archive-server.ts'

const program = (path: string, text: string): void => {
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

/** For what is in this folder; what runs for it ends with it. */
export async function standIns(folder: string): Promise<AsyncDisposable> {
  const running = new AsyncDisposableStack()
  mkdirSync(join(folder, 'bin'), { recursive: true })
  if (existsSync(join(folder, 'srv/archive')))
    aptToldOf(
      folder,
      running.use(await archiveServer(join(folder, 'srv/archive'), join(folder, 'web'))).address,
    )
  if (existsSync(join(folder, 'home/olga/moss/package-lock.json'))) npmWithoutRegistry(folder)
  return running
}

/** A server of this machine for the web. The station sees, where apt has its lists, one that names it. */
function aptToldOf(folder: string, address: string): void {
  mkdirSync(join(folder, 'apt'))
  writeFileSync(
    join(folder, 'apt/debian.sources'),
    `Types: deb\nURIs: ${address}\nSuites: bookworm\nComponents: main\nSigned-By: ${folder}/srv/archive.gpg\n`,
  )
  program(
    join(folder, 'inside'),
    `exec unshare --mount sh -c 'mount --bind ${folder}/apt /etc/apt/sources.list.d && exec "$0" "$@"' "$@"`,
  )
}

/** `npm ci` compares package.json with the lock and fetches nothing: what it would install is there already. */
function npmWithoutRegistry(folder: string): void {
  program(
    join(folder, 'bin/npm'),
    `PATH=\${PATH#*:}
case $1 in
ci) exec npm ci --dry-run --offline ;;
*) exec npm "$@" ;;
esac`,
  )
}
