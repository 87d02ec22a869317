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
    every: () => () => {},
  })
  line.show({ phase: 'copy', item: hostile })
  line.show({ phase: 'copy', warning: hostile })
  expect(text.replaceAll('\r\u001b[K', '').replaceAll('\n', '')).not.toMatch(unsafe)
})

/** What goes to a log, and a clock of which time passes as it is said: what is to be done again and again is done then. */
function logged() {
  let [text, now] = ['', 0]
  let [again, everyMs] = [() => {}, 0]
  const line = progressLine({
    write: (more) => void (text += more),
    isTerminal: () => false,
    columns: () => 80,
    nowMs: () => now,
    every: (ms, work) => {
      ;[again, everyMs] = [work, ms]
      return () => void (again = () => {})
    },
  })
  const pass = (seconds: number): void => {
    for (const end = now + seconds * 1000; now < end;) {
      now += 100
      if (everyMs > 0 && now % everyMs === 0) again()
    }
  }
  return { line, pass, text: () => text }
}

test('where it is no terminal, short work says nothing, and long work a line with figures every five seconds', () => {
  const { line, pass, text } = logged()
  for (const phase of ['copy', 'import', 'commit']) {
    line.show({ phase, doneBytes: 10, totalBytes: 10 })
    pass(1)
  }
  expect(text()).toBe('')
  for (let second = 0; second < 20; second++) {
    line.show({ phase: 'stage', doneItems: second * 1000, totalItems: 20_000, item: hostile })
    pass(1)
  }
  const lines = text().trimEnd().split('\n')
  expect(lines.length).toBe(4)
  expect(lines[1]).toMatch(/^moss: stage: 6,000 of 20,000, 30 %, 1\d s left \(/)
  for (const each of lines) expect(each).not.toMatch(unsafe)
})

test('a log hears of work that tells nothing for long, and of nothing while somebody is asked', () => {
  const { line, pass, text } = logged()
  line.show({ phase: 'step', item: 'hello: build', doneItems: 0, totalItems: 0 })
  pass(11)
  line.show({ phase: 'step', warning: 'look' })
  pass(5)
  expect(text().split('\n').slice(2)).toEqual(['moss: note: look', 'moss: step: for 15 s (hello: build)', ''])
  expect(text().slice(0, text().indexOf('moss: note'))).toBe(
    'moss: step: for 5 s (hello: build)\nmoss: step: for 10 s (hello: build)\n',
  )
  line.clear()
  pass(20)
  expect(text().split('\n')).toHaveLength(5)
  line.show({ phase: 'read', doneBytes: 2_000_000 })
  expect(text()).toMatch(/read: 2.0 MB, for 0 s\n$/)
})

test.each([true, false])('what begins again has a rate of its own; on a terminal: %s', (isTerminal) => {
  let [text, now] = ['', 0]
  const line = progressLine({
    write: (more) => void (text += more),
    isTerminal: () => isTerminal,
    columns: () => 200,
    nowMs: () => now,
    every: () => () => {},
  })
  /** To half of 120 MB, so many each second, with a note in between; what the last line tells. */
  const write = (perSecond: number): readonly string[] => {
    text = ''
    for (let doneBytes = 0; doneBytes <= 60e6; doneBytes += perSecond * 1e6) {
      line.show({ phase: 'write', doneBytes, totalBytes: 120e6 })
      if (doneBytes === 20e6) line.show({ phase: 'write', warning: 'look' })
      now += 1000
    }
    const last = text.split(/[\n\r]/).findLast((each) => each.includes('left'))
    return last?.match(/[^ ]+ MB\/s|\d+(?= s left)/g) ?? []
  }
  const soon = expect.stringMatching(/^[67]$/)
  const later = expect.stringMatching(/^1[2-9]$/)
  expect(write(10)).toEqual(['10.0 MB/s', soon])
  // The next volume.
  expect(write(5)).toEqual(['5.0 MB/s', later])
  line.show({ phase: 'write', doneBytes: 0, totalBytes: 120e6 })
  // Somebody is asked, and takes an hour.
  line.clear()
  now += 3_600_000
  expect(write(5)).toEqual(['5.0 MB/s', later])
})
