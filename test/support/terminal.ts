// A program in a real terminal of its own: tmux types the keys and tells what stands on the screen.
import { execFileSync } from 'node:child_process'

export interface Terminal extends Disposable {
  /** Waits until the screen holds all of these. */
  sees(...texts: readonly (string | RegExp)[]): Promise<string>
  press(...keys: readonly string[]): void
  type(text: string): void
}

interface Opened {
  /** Of this test alone. */
  readonly name: string
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
}

export function openTerminal({ name, command, environment, folder }: Opened): Terminal {
  const socket = `moss-${name}-${process.pid}`
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...environment, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
    })
  tmux('new-session', '-d', '-x', '100', '-y', '40', command)
  return {
    async sees(...texts) {
      const until = performance.now() + 30_000
      for (;;) {
        const now = tmux('capture-pane', '-p')
        if (texts.every((text) => (typeof text === 'string' ? now.includes(text) : text.test(now))))
          return now
        if (performance.now() > until)
          throw new Error(`never saw ${texts.join(' and ')}; the screen is\n${now}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    press: (...keys) => void tmux('send-keys', ...keys),
    type: (text) => void tmux('send-keys', '-l', text),
    [Symbol.dispose]: () => {
      try {
        tmux('kill-server')
      } catch {
        // it ended by itself
      }
    },
  }
}
