// The screens in a real terminal: tmux types keys into the built program at 80×24, which carries a bundle through all
// screens on a real root; then the command line says what became of that root.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleScreens } from '../support/bundle-screens.ts'
import { oracle } from '../support/oracle.ts'
import { builtMoss, type SampleTrip, sampleTrip } from '../support/sample-trip.ts'

const socket = `moss-test-${process.pid}`
const hasTmux = oracle('tmux')
let folder = ''
let trip: SampleTrip
/** A bundle that is not taken in yet. */
let first = ''

const tmux = (...args: readonly string[]): string =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
  })

interface Terminal {
  screen(): string
  /** Waits until the screen holds all of these. */
  sees(...texts: readonly (string | RegExp)[]): Promise<string>
  press(...keys: readonly string[]): void
  type(text: string): void
}

/** Runs one command in a terminal of its own, then shows what it ended with and waits. */
function terminal(name: string, command: string, environment = ''): Terminal {
  const script = join(folder, `${name}.sh`)
  writeFileSync(
    script,
    `cd /\n${environment}\n${command}\necho "left with $?"\nstty -a | tr ' ' '\\n' | grep -x -e echo -e icanon\nexec sleep 600\n`,
  )
  tmux('new-session', '-d', '-s', name, '-x', '80', '-y', '24', `sh ${script}`)
  const screen = (): string => tmux('capture-pane', '-p', '-t', name)
  return {
    screen,
    async sees(...texts) {
      const until = performance.now() + 45_000
      for (;;) {
        const now = screen()
        if (texts.every((text) => (typeof text === 'string' ? now.includes(text) : text.test(now))))
          return now
        if (performance.now() > until)
          throw new Error(`never saw ${texts.join(' and ')}; the screen is\n${now}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    press: (...keys) => void tmux('send-keys', '-t', name, ...keys),
    type: (text) => void tmux('send-keys', '-t', name, '-l', text),
  }
}

const screens = (root: string, ...rest: readonly string[]): string =>
  [builtMoss, 'tui', '--root', root, ...rest].join(' ')

async function actingScreens(): Promise<string> {
  const out = join(folder, 'acting.mjs')
  await bundleScreens(join(import.meta.dirname, '../tools/acting-screens.ts'), out)
  return out
}

interface ShownState {
  readonly number: number
  readonly packages: readonly { readonly name: string; readonly version: string }[]
}
const current = (): ShownState => trip.verb<ShownState>('state', 'show', '--root', trip.root)

describe.skipIf(!hasTmux)('in a real terminal', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'moss-tui-'))
    trip = sampleTrip(folder)
    first = trip.carry('first')
  })

  afterAll(() => {
    try {
      tmux('kill-server')
    } catch {
      // no server was started
    }
    rmSync(folder, { recursive: true, force: true })
  })

  test('one bundle that is named is opened at once, as the entry of a desktop does it', async () => {
    const entry = readFileSync(join(dirname(builtMoss), 'share/applications/moss.desktop'), 'utf8')
    const words = (/^Exec=moss (.*)$/m.exec(entry)?.[1] ?? '').replace('%F', first)
    const on = terminal('open', `${builtMoss} --root ${trip.root} ${words}`)
    await on.sees('[Import]', 'first.moss', 'signatures are genuine', 'Enter import')
    on.press('Escape')
    await on.sees('[Overview]', 'first.moss')
    on.press('q')
    await on.sees('left with 0')
  })

  test('a bundle is carried by keys through Overview, Import, Plan, Apply and History, and back', async () => {
    const on = terminal(
      'carry',
      screens(trip.root),
      'CI=true LC_ALL=C.UTF-8 TERM=xterm-256color\nexport CI LC_ALL TERM',
    )
    await on.sees('[Overview]', 'pump-07', 'nothing received yet')
    on.press('o')
    await on.sees('path: _')
    on.type(first)
    on.press('Enter')
    await on.sees('first.moss', 'for this host')
    on.press('Enter')
    await on.sees('[Import]', 'signatures are genuine', 'none → 1', '4 new', 'Enter import')
    on.press('Enter')
    await on.sees('taken in', 'The medium may be pulled')
    on.press('Enter')
    await on.sees('[Plan]', 'state 0 → 1', '+ harbour', '+ tide-tables', 'why')
    on.press('/')
    on.type('tide-t')
    await on.sees('/tide-t', '1 shown', 'harbour requires')
    on.press('Escape')
    await on.sees('+ pilot-books')
    on.press('Enter')
    await on.sees('[Apply]', 'point of no return', '[y/N]')
    // Enter is no, as everywhere.
    on.press('Enter')
    await on.sees('nothing was changed')
    expect(current().number).toBe(0)
    on.press('Enter')
    await on.sees('[y/N]')
    on.press('y')
    await on.sees('state 1 is current')
    expect(current()).toMatchObject({ number: 1 })
    expect(current().packages.map(({ name }) => name)).toEqual([
      'harbour',
      'pilot-books',
      'tide',
      'tide-tables',
    ])

    trip.carry('second')
    on.press('Enter')
    await on.sees('[Overview]', 'serial 1, signed')
    on.press('o')
    on.type(`${trip.stick}/`)
    on.press('Enter')
    await on.sees('second.moss', 'serial 2')
    on.press('Enter')
    await on.sees('[Import]', '1 → 2')
    on.press('Enter')
    await on.sees('taken in')
    on.press('Enter')
    await on.sees('[Plan]', 'harbour', '1.0 → 2.0')
    on.press('Enter')
    await on.sees('[y/N]')
    on.press('y')
    await on.sees('state 2 is current')
    expect(current().packages.find(({ name }) => name === 'harbour')?.version).toBe('2.0')

    on.press('h')
    await on.sees('[History]', '* 2', '> ')
    on.press('Enter')
    await on.sees('From state 2 to state 1', '2.0 → 1.0')
    on.press('b')
    await on.sees('roll back from state 2 to state 1?')
    on.press('y')
    await on.sees('state 1 is current')
    on.press('Enter')
    await on.sees('[Overview]', 'state 1')
    on.press('c')
    await on.sees('[Catalogue]', 'by channel stable, serial 2', '* harbour')
    on.press('/')
    on.type('tables')
    await on.sees('/tables_', '2 found')
    on.press('Enter')
    on.press('Enter')
    await on.sees('tide-tables is installed')
    on.press('s')
    await on.sees('the model asks for tide-tables now', 'u unsubscribe')
    const { packages } = trip.verb<{ packages: readonly object[] }>('search', 'tables', '--root', trip.root)
    expect(packages[0]).toMatchObject({ name: 'tide-tables', isAsked: true })
    on.press('Escape')
    await on.sees('4 packages')
    on.press('Escape')
    await on.sees('[Overview]')

    const { words } = trip.verb<{ words: string }>('trust', 'show', '--root', trip.root)
    on.press('t')
    await on.sees('[Trust]', words.split(' ').slice(0, 4).join(' '), 'exporter')
    on.press('Enter')
    on.type(words.toUpperCase())
    await on.sees('_')
    on.press('Enter')
    await on.sees('it is the same: this host trusts the root that you were told of')
    on.press('Enter')
    on.type('a'.repeat(64))
    on.press('Enter')
    await on.sees('[TRUST_FINGERPRINT]')
    on.press('Escape')
    await on.sees('[Overview]')
    on.press('d')
    await on.sees('[Doctor]', '1 thing to see to', 'was signed', 'Esc back')
    on.press('Escape')
    await on.sees('[Overview]')
    on.press('q')
    await on.sees('left with 0', 'icanon', 'echo')
    expect(current()).toMatchObject({ number: 1 })
    expect(current().packages.find(({ name }) => name === 'harbour')?.version).toBe('1.0')
    expect(readFileSync(join(trip.root, 'usr/bin/harbour'), 'utf8')).toContain('1.0')
  }, 180_000)

  test('the loop by keys alone on both sides: known, subscribed, exported, imported, applied, gone back from', async () => {
    const at = join(folder, 'loop')
    mkdirSync(at)
    const loop = sampleTrip(at)
    loop.verb('unsubscribe', 'pilot-books', '--root', loop.root)
    loop.publish('first')
    const now = (): ShownState => loop.verb<ShownState>('state', 'show', '--root', loop.root)
    const names = (): readonly string[] => now().packages.map(({ name }) => name)
    const hostSide = terminal('loop-host', screens(loop.root, loop.stick))
    const stationSide = terminal(
      'loop-station',
      [builtMoss, 'tui', '--home', loop.home, loop.stick].join(' '),
    )

    await hostSide.sees('[Overview]', 'nothing received yet', 'e export')
    hostSide.press('e')
    await hostSide.sees('state is on the medium, written and read back')
    // It lies there without anybody saying so.
    await stationSide.sees('[Fleet]', '0 hosts', 'pump-07', 'is not enrolled')
    const { words } = loop.verb<{ host: { words: string } }>('trust', 'show', '--root', loop.root).host
    stationSide.press('Enter')
    expect((await stationSide.sees('[y/N]')).replace(/\s+/g, ' ')).toContain(words)
    stationSide.press('y')
    await stationSide.sees('pump-07 is enrolled', 'stable: none', '1 behind')
    stationSide.press('Enter')
    await stationSide.sees('[Export]', 'serial 1 of channel stable, for 1 host', 'none → 1', loop.stick)
    stationSide.press('Enter')
    await stationSide.sees('the medium is safe to remove', 'moss/bundles/stable-1-')
    stationSide.press('Enter')
    await stationSide.sees('[Fleet]', 'serial 1 under way')

    await hostSide.sees('for this host')
    hostSide.press('Enter')
    await hostSide.sees('[Import]', 'signatures are genuine')
    hostSide.press('Enter')
    await hostSide.sees('taken in')
    hostSide.press('Enter')
    await hostSide.sees('[Plan]', '+ harbour')
    hostSide.press('Enter')
    await hostSide.sees('[y/N]')
    hostSide.press('y')
    await hostSide.sees('state 1 is current')
    expect(names()).not.toContain('pilot-books')

    // What it may wish for it knows from the catalogue that came with the bundle.
    hostSide.press('Enter')
    await hostSide.sees('[Overview]')
    hostSide.press('c')
    await hostSide.sees('[Catalogue]')
    hostSide.press('/')
    hostSide.type('pilot')
    await hostSide.sees('/pilot_', '1 found')
    hostSide.press('Enter')
    hostSide.press('s')
    await hostSide.sees('the model asks for pilot-books now')
    hostSide.press('Escape')
    await hostSide.sees('4 packages')
    hostSide.press('Escape')
    await hostSide.sees('[Overview]')
    hostSide.press('e')
    await hostSide.sees('state is on the medium, written and read back')
    await stationSide.sees('state 3 is here', 'stable: none')
    stationSide.press('t')
    await stationSide.sees('kept what pump-07 sent', 'stable 1 of 1', 'up to date')
    stationSide.press('Enter')
    await stationSide.sees('[Export]', '1 package changes')
    stationSide.press('Enter')
    await stationSide.sees('the medium is safe to remove')
    stationSide.press('q')
    await stationSide.sees('left with 0', 'icanon', 'echo')

    // The newer one of the same serial stands before the one that was taken in.
    await hostSide.sees('taken in before', /kB +for this host/)
    hostSide.press('Home')
    hostSide.press('Enter')
    await hostSide.sees('[Import]', 'signatures are genuine')
    await hostSide.sees('1 new')
    hostSide.press('Enter')
    await hostSide.sees('taken in')
    hostSide.press('Enter')
    await hostSide.sees('[Plan]', '+ pilot-books')
    hostSide.press('Enter')
    await hostSide.sees('[y/N]')
    hostSide.press('y')
    await hostSide.sees('state 2 is current')
    expect(names()).toContain('pilot-books')
    hostSide.press('h')
    await hostSide.sees('[History]', '* 2')
    hostSide.press('b')
    await hostSide.sees('roll back from state 2 to state 1?')
    hostSide.press('y')
    await hostSide.sees('state 1 is current')
    expect(names()).not.toContain('pilot-books')
    hostSide.press('q')
    await hostSide.sees('left with 0')
  }, 180_000)

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('the terminal is given back when the program is killed with %s', async (signal, exit) => {
    const on = terminal(signal, `sh -c 'echo $$ > ${folder}/pid; exec ${screens(trip.root)}'`)
    await on.sees('[Overview]', 'pump-07')
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), signal)
    const end = await on.sees(`left with ${exit}`, 'icanon', 'echo')
    expect(end).not.toContain('[Overview]')
  })

  test('Ctrl-Z gives the terminal back, and fg goes on where one was', async () => {
    const on = terminal('stopped', 'exec bash --norc -i', 'PS1="prompt> "\nexport PS1')
    await on.sees('prompt>')
    on.type(screens(trip.root))
    on.press('Enter')
    await on.sees('[Overview]', 'pump-07')
    on.press('t')
    await on.sees('[Trust]')
    on.press('C-z')
    const back = await on.sees('Stopped', 'prompt>')
    expect(back).not.toContain('[Trust]')
    on.type('echo typed $((40 + 2)); stty -a | tr " " "\\n" | grep -x -e echo -e icanon')
    on.press('Enter')
    await on.sees('typed 42', 'icanon')
    on.type('fg')
    on.press('Enter')
    await on.sees('[Trust]', 'exporter')
    on.press('Escape')
    await on.sees('[Overview]')
    on.press('q')
    await on.sees('prompt>')
  })

  test('a job that nobody could continue is not stopped', async () => {
    const on = terminal('orphan', `exec ${screens(trip.root)}`)
    await on.sees('[Overview]')
    on.press('C-z')
    on.press('t')
    await on.sees('[Trust]', 'exporter')
  })

  test('a screen reader is given the text alone, and told which row is chosen', async () => {
    const on = terminal(
      'spoken',
      screens(trip.root, trip.stick),
      'INK_SCREEN_READER=true\nexport INK_SCREEN_READER',
    )
    const said = await on.sees('[Overview]', 'chosen: ', 'taken in before')
    expect(said).not.toMatch(/[─━█]/)
    on.press('t')
    expect(await on.sees('[Trust]', 'exporter')).not.toContain('chosen: ')
  })

  test('npm start ends in the screens of what it made', async () => {
    const on = terminal('start', `${process.execPath} ${join(import.meta.dirname, '../tools/start.ts')}`)
    await on.sees('[Overview]', 'pump-07, state 2', 's station')
    on.press('s')
    await on.sees('[Fleet]', 'pump-07', 'serial 2 under way')
    on.press('q')
    await on.sees('left with 0', 'play on with')
  }, 90_000)

  test('the terminal is given back after a bug, which is then told', async () => {
    const on = terminal('bug', `${process.execPath} ${await actingScreens()} bug`)
    expect(await on.sees('told: TypeError', 'left with 70', 'icanon', 'echo')).not.toContain('[Overview]')
  })

  test('long work is left at once, after a question', async () => {
    const on = terminal('hang', `${process.execPath} ${await actingScreens()} hang`)
    await on.sees('[Overview]', 'pump-07')
    on.press('Enter')
    await on.sees('[Import]', 'v verify only')
    on.press('v')
    await on.sees('q stop')
    on.press('C-c')
    await on.sees('nothing is lost [y/N]')
    on.press('y')
    await on.sees('left with 130', 'icanon', 'echo')
  })

  test('a folder that moss does not manage gets advice, in ASCII on a console', async () => {
    const on = terminal(
      'console',
      screens(join(folder, 'empty')),
      'TERM=linux NO_COLOR=1\nexport TERM NO_COLOR',
    )
    const frame = await on.sees('is not managed by moss yet', 'moss init --trust')
    expect(/[^\n -~]/.exec(frame)).toBeNull()
    on.press('q')
    await on.sees('left with 0')
  })

  test.skipIf(!oracle('script'))('the first frame is there soon', async () => {
    const times: number[] = []
    for (let n = 0; n < 5; n++) times.push(await firstFrameMs(screens(trip.root)))
    const median = times.toSorted((a, b) => a - b)[2] ?? Infinity
    console.log(`first frame after ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    // The aim is 250 ms on an idle machine; this one may be busy with other tests.
    expect(median).toBeLessThan(1500)
  })
})

/** From the start of the process to its first frame; script(1) lends it a terminal. */
async function firstFrameMs(command: string): Promise<number> {
  const startedMs = performance.now()
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' },
  })
  let seen = ''
  for await (const piece of child.stdout) {
    seen += String(piece)
    if (seen.includes('Overview')) break
  }
  const tookMs = performance.now() - startedMs
  child.kill()
  return tookMs
}
