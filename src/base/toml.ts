// Reads TOML that people and packages write. What is wrong is said in one sentence, with its line.
import { parse } from 'smol-toml'

export type Refuse = (problem: string) => never

export function parseToml(toml: string, refuse: Refuse): Readonly<Record<string, unknown>> {
  try {
    return parse(toml)
  } catch (error) {
    const { line, message } = error as { readonly line?: number; readonly message: string }
    const [what = 'not TOML'] = message.replace(/^Invalid TOML document: /, '').split('\n')
    return refuse(line === undefined ? what : `line ${line}: ${what}`)
  }
}
