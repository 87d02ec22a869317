// Nothing foreign can move the cursor: every way out to a terminal makes texts safe by itself.
import { expect, test } from 'vitest'
import { MossError } from '../../../src/base/error.ts'
import { formatFields, formatTable } from '../../../src/cli/format.ts'
import { outputTo } from '../../../src/cli/output.ts'
import { progressLine } from '../../../src/cli/progress-line.ts'

const hostile = 'a\u001b[2J\u009b31m\u202eb\u200b'
const unsafe = /[\p{Cc}\p{Cf}]/u

const written = (use: (output: ReturnType<typeof outputTo>) => void, isJson: boolean): string => {
  let text = ''
  use(outputTo((_, more) => void (text += more), { isJson, isConsole: () => false }))
  return text
}

test('labels and values of fields and cells of tables are made safe', () => {
  expect(formatFields([[hostile, `${hostile} x`]])).not.toMatch(unsafe)
  expect(formatFields([['two', ['one', 'two']]])).toBe('two      one\n         two')
  expect(formatFields([['one', 'a name\nkey      that passes for a label']])).not.toContain('\n')
  expect(formatFields([['none', []]])).toBe('')
  expect(formatTable([[hostile, hostile]])).not.toMatch(unsafe)
})

test('a JSON object on a terminal is safe, and says the same', () => {
  const text = written((output) => output.finish({ json: { [hostile]: [hostile, '😀é'] }, text: '' }), true)
  expect(text.trimEnd()).not.toMatch(unsafe)
  expect(JSON.parse(text)).toEqual({ [hostile]: [hostile, '😀é'] })
})

test('an error and a bug are told safely', () => {
  const error = new MossError('BUNDLE_WRONG_HOST', { hosts: [hostile], thisHost: hostile })
  for (const thrown of [error, new Error(hostile)])
    for (const line of written((output) => output.fail(thrown), false).split('\n'))
      expect(line).not.toMatch(unsafe)
})

test('progress shows no control character of a file’s name', () => {
  let text = ''
  const line = progressLine({
    write: (more) => void (text += more),
    isTerminal: () => true,
    columns: () => 200,
    nowMs: () => 1000,
  })
  line.show({ phase: 'copy', item: hostile })
  line.show({ phase: 'copy', warning: hostile })
  expect(text.replaceAll('\r\u001b[K', '').replaceAll('\n', '')).not.toMatch(unsafe)
})
