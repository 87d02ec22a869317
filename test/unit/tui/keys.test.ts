// What a terminal sends, as keys: one by one, also when many arrive in one read.
import { describe, expect, test } from 'vitest'
import { isCharacter, keysOf, type TerminalKey, withoutLast } from '../../../src/tui/keys.ts'

const none: TerminalKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageUp: false,
  pageDown: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  tab: false,
  backspace: false,
  delete: false,
  ctrl: false,
  meta: false,
}

describe('keys', () => {
  test('several characters in one read are several keys', () => {
    expect(keysOf('jjj', none)).toEqual(['j', 'j', 'j'])
    expect(keysOf('ä→𝔸', none)).toEqual(['ä', '→', '𝔸'])
  })

  test('a line end within a read is Enter, and control characters are their keys or nothing', () => {
    expect(keysOf('/mnt\r', none)).toEqual(['/', 'm', 'n', 't', 'Enter'])
    expect(keysOf('a\n\t\u007f\u0001b\u0003', none)).toEqual(['a', 'Enter', 'Tab', 'Backspace', 'b', 'Stop'])
  })

  test.each([
    ['upArrow', 'Up'],
    ['downArrow', 'Down'],
    ['leftArrow', 'Left'],
    ['rightArrow', 'Right'],
    ['pageUp', 'PageUp'],
    ['pageDown', 'PageDown'],
    ['home', 'Home'],
    ['end', 'End'],
    ['return', 'Enter'],
    ['escape', 'Escape'],
    ['tab', 'Tab'],
    ['backspace', 'Backspace'],
    ['delete', 'Backspace'],
  ] as const)('%s is %s', (name, key) => {
    expect(keysOf('', { ...none, [name]: true })).toEqual([key])
  })

  test('Ctrl-C is Stop, other control keys are nothing', () => {
    expect(keysOf('c', { ...none, ctrl: true })).toEqual(['Stop'])
    expect(keysOf('a', { ...none, ctrl: true })).toEqual([])
  })

  test('Escape followed at once by a key is both', () => {
    expect(keysOf('j', { ...none, meta: true })).toEqual(['Escape', 'j'])
  })

  test('a character is one character, whatever its encoding takes', () => {
    expect([isCharacter('a'), isCharacter('𝔸'), isCharacter('Up'), isCharacter('')]).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(withoutLast('a𝔸')).toBe('a')
  })
})
