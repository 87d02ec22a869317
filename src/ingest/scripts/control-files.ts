// Control files beside the scripts that ask the package manager to act: `triggers` (deb-triggers(5)) and
// `conffiles` (deb-conffiles(5)).
import type { ScriptAction } from '../scripts.ts'

/** moss decides by what changed, so asking for its own trigger and waiting for it come to the same. */
export function judgeTrigger(text: string): readonly ScriptAction[] {
  return directives(text).map(({ line, words }) => {
    const [directive = '', name = ''] = words
    const action = { script: 'triggers', line, text: words.join(' '), about: 'triggers' }
    if (!/^(interest|activate)(-await|-noawait)?$/.test(directive))
      return { ...action, verdict: 'unknown', why: 'not a directive of deb-triggers' }
    if (name === 'ldconfig') return { ...action, verdict: 'handled', why: 'trigger ldconfig' }
    const why = directive.startsWith('interest')
      ? `nothing runs when ${name} changes`
      : `the trigger ${name} is not run`
    return { ...action, verdict: 'reported', why }
  })
}

export function judgeConfiguration(text: string): readonly ScriptAction[] {
  const files = directives(text)
  if (files.length === 0) return []
  return [
    {
      script: 'conffiles',
      line: 1,
      text: files.length === 1 ? '1 configuration file' : `${files.length} configuration files`,
      about: 'configuration',
      verdict: 'handled',
      why: 'factory delivery',
    },
  ]
}

const directives = (text: string): readonly { readonly line: number; readonly words: readonly string[] }[] =>
  text
    .split('\n')
    .map((line, index) => ({ line: index + 1, words: line.replace(/#.*/, '').trim().split(/\s+/) }))
    .filter(({ words }) => words[0] !== '')
