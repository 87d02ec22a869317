// The few things moss reads from its environment, once, as one typed value. No secrets, and no trust decision,
// ever come from here.
import { isTerminal } from './terminal.ts'

export interface Environment {
  readonly stdinIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
  readonly stderrIsTerminal: boolean
  /** `dumb` where nothing is said. */
  readonly term: string
  /** False where NO_COLOR is set to anything, the terminal is dumb, or CI runs us. */
  readonly isColourWanted: boolean
  /** The terminal says that it shows all colours. */
  readonly isTrueColour: boolean
  readonly isContinuousIntegration: boolean
  /** As in LANG: `de_DE.UTF-8`; `C` where nothing is said. */
  readonly language: string
  readonly isUtf8: boolean
  /** Of the person: `/` where nothing is said. */
  readonly home: string
  /** Where a station's channels and keys are unless told. */
  readonly stationHome: string
}

type Variables = Readonly<Record<string, string | undefined>>

export function readEnvironment(
  variables: Variables = process.env,
  userId = process.getuid?.() ?? 0,
): Environment {
  const term = given(variables['TERM']) ?? 'dumb'
  const isContinuousIntegration = given(variables['CI']) !== undefined
  const language =
    given(variables['LC_ALL']) ?? given(variables['LC_CTYPE']) ?? given(variables['LANG']) ?? 'C'
  const home = given(variables['HOME']) ?? '/'
  return {
    // Asked when somebody wants to know: the answer costs a module.
    get stdinIsTerminal() {
      return isTerminal(0)
    },
    get stdoutIsTerminal() {
      return isTerminal(1)
    },
    get stderrIsTerminal() {
      return isTerminal(2)
    },
    term,
    isColourWanted: given(variables['NO_COLOR']) === undefined && term !== 'dumb' && !isContinuousIntegration,
    isTrueColour: /^(truecolor|24bit)$/i.test(variables['COLORTERM'] ?? ''),
    isContinuousIntegration,
    language,
    isUtf8: /utf-?8/i.test(language),
    home,
    stationHome: stationHome(variables, home, userId),
  }
}

/** Set but empty means not set. */
const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

function stationHome(variables: Variables, home: string, userId: number): string {
  const data = given(variables['XDG_DATA_HOME'])
  // The rule of the specification: a path that is not absolute is ignored.
  if (data?.startsWith('/') === true) return `${data.replace(/\/+$/, '')}/moss`
  return userId === 0 ? '/var/lib/moss' : `${home.replace(/\/+$/, '')}/.local/share/moss`
}
