// dist/share: what a system looks for below a share folder, in the places where it looks. Pages of the manual, and for each verb a page
// by its name that leads to the one it stands on; completions; types of files and the entry of a desktop.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { completionScripts } from '../../src/cli/completion-scripts.ts'
import { desktopEntry, magicFile, mimeInfo } from './desktop.ts'
import { manualFiles, manualFolder } from './make-manual.ts'

export function writeShare(share: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(share, path)), { recursive: true })
    writeFileSync(join(share, path), text)
  }
  for (const [path, file] of manualFiles())
    write(`man/${path}`, 'text' in file ? file.text : readFileSync(join(manualFolder, file.page), 'utf8'))
  write('bash-completion/completions/moss', `${completionScripts.bash}\n`)
  write('zsh/site-functions/_moss', `${completionScripts.zsh}\n`)
  write('fish/vendor_completions.d/moss.fish', `${completionScripts.fish}\n`)
  write('mime/packages/moss.xml', mimeInfo)
  write('applications/moss.desktop', desktopEntry)
  write('file/magic/moss', magicFile)
}
