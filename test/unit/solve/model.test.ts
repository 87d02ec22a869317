import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatRelation, parseRelation } from '../../../src/manifest/capability.ts'
import { editModel, type ModelEdit } from '../../../src/solve/edit-model.ts'
import { formatModel, parseModel } from '../../../src/solve/model.ts'
import { modelOf } from '../../support/universe.ts'

const relations = (...texts: readonly string[]) => texts.map(parseRelation)

const byHand = `# the web server in rack 3
channel = "stable"   # follows the monthly stick

subscriptions = [
  # what serves
  "nginx",            # the front
  'soname(libz.so.1()(64bit)) >= 1.2',

  "name(bash) >= 5.2"
]
holds = [ "libc6", "linux-image" ]
`

describe('parseModel', () => {
  test('takes bare names, capabilities with bounds and comments', () => {
    const model = parseModel(byHand, 'model.toml')
    expect(model.channel).toBe('stable')
    expect(model.subscriptions.map(formatRelation)).toEqual([
      'name(nginx)',
      'soname(libz.so.1()(64bit)) >= 1.2',
      'name(bash) >= 5.2',
    ])
    expect(model.holds).toEqual(['libc6', 'linux-image'])
  })

  test('counts what stands there twice once', () => {
    expect(parseModel('channel="a"\nsubscriptions=["x","name(x)","y"]\nholds=["x","x"]', 'm')).toEqual({
      ...modelOf(['x', 'y'], ['x']),
      channel: 'a',
    })
  })

  test('takes checks in their order, each with a time limit', () => {
    const toml = `${byHand}
[[check]]
name = "sshd"
command = ["systemctl", "is-active", "sshd"]
timeoutMs = 5000

[[check]]
name = "disk"
command = ["/usr/bin/true"]
`
    expect(parseModel(toml, 'm').checks).toEqual([
      { name: 'sshd', command: ['systemctl', 'is-active', 'sshd'], timeoutMs: 5000 },
      { name: 'disk', command: ['/usr/bin/true'], timeoutMs: 60_000 },
    ])
    const edited = editModel(toml, { hold: ['openssl'], subscribe: relations('git') })
    expect(parseModel(edited, 'm').checks).toEqual(parseModel(toml, 'm').checks)
    expect(edited.slice(edited.indexOf('[[check]]'))).toBe(toml.slice(toml.indexOf('[[check]]')))
  })

  test.each([
    ['no channel', 'subscriptions = []', 'channel must be the name of a channel, in quotes'],
    ['a channel that is a path', 'channel = "../x"', 'channel must be the name of a channel, in quotes'],
    [
      'a slip of the pen',
      'channel = "a"\nsubscription = []',
      'unknown key subscription; known are channel, architecture, subscriptions, holds, pins, excluded, recommends, expired, sync, check',
    ],
    ['a text for a list', 'channel = "a"\nholds = "x"', 'holds must be a list of texts, such as [ "bash" ]'],
    [
      'numbers',
      'channel = "a"\nsubscriptions = [1]',
      'subscriptions must be a list of texts, such as [ "bash" ]',
    ],
    ['an unknown kind', 'channel = "a"\nsubscriptions = ["nmae(x)"]', 'nmae is not one of name, soname'],
    [
      'a held capability',
      'channel = "a"\nholds = ["soname(x)"]',
      'hold the name of a package, not soname(x)',
    ],
    ['text that is not TOML', 'channel = "a"\nholds = [', 'line 2'],
    [
      'a check that is no table',
      'channel = "a"\ncheck = ["true"]',
      'check must be written as [[check]] tables',
    ],
    [
      'a check without a name',
      'channel = "a"\n[[check]]\ncommand = ["x"]',
      'a check needs a name of letters',
    ],
    [
      'a check for a shell',
      'channel = "a"\n[[check]]\nname = "a"\ncommand = "x y"',
      'check a needs a command as a list',
    ],
    [
      'a check of nothing',
      'channel = "a"\n[[check]]\nname = "a"\ncommand = [""]',
      'check a needs a command as a list',
    ],
    [
      'a slip of the pen in a check',
      'channel = "a"\n[[check]]\nname = "a"\ncommand = ["x"]\ntimeout = 3',
      'unknown key timeout in a check; known are name, command, timeoutMs',
    ],
    [
      'a check without an end',
      'channel = "a"\n[[check]]\nname = "a"\ncommand = ["x"]\ntimeoutMs = 600001',
      'timeoutMs of check a must be a whole number from 1 to 600000',
    ],
    [
      'two checks of one name',
      `channel = "a"${'\n[[check]]\nname = "a"\ncommand = ["x"]'.repeat(2)}`,
      'two checks are named a',
    ],
    [
      'more checks than a person writes',
      `channel = "a"${'\n[[check]]\nname = "a"\ncommand = ["x"]'.repeat(33)}`,
      'more than 32 checks',
    ],
    ['an architecture that is none', 'channel = "a"\narchitecture = "AMD 64"', 'architecture must be one'],
    ['hidden characters', 'channel = "a"\nsubscriptions = ["a\\u202eb"]', 'a\\u{202e}b'],
  ])('refuses %s', (_, toml, problem) => {
    expect(() => parseModel(toml, 'etc/moss/model.toml')).toThrow(
      'the model etc/moss/model.toml is not valid',
    )
    expect(() => parseModel(toml, 'etc/moss/model.toml')).toThrow(problem)
  })

  test('never crashes on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => parseModel(text, 'm')).toThrow('the model m is not valid')
      }),
    )
  })

  test('reads what formatModel writes', () => {
    const model = modelOf(['bash', 'soname(libz.so.1()(64bit)) >= 1.2', 'font(DejaVu "Sans")'], ['libc6'])
    expect(parseModel(formatModel(model), 'm')).toEqual(model)
    expect(parseModel(formatModel(modelOf([])), 'm')).toEqual(modelOf([]))
  })
})

describe('editModel', () => {
  test('changes the lines that it must, and nothing else', () => {
    const edited = editModel(byHand, {
      subscribe: relations('git', 'bash >= 5.3'),
      unsubscribe: relations('nginx'),
      hold: ['openssl'],
      unhold: ['libc6'],
    })
    expect(edited).toBe(`# the web server in rack 3
channel = "stable"   # follows the monthly stick

subscriptions = [
  # what serves
  'soname(libz.so.1()(64bit)) >= 1.2',

  "name(bash) >= 5.3",
  "name(git)",
]
holds = [ "linux-image", "openssl" ]
`)
  })

  test('leaves the text as it is where nothing changes', () => {
    const edit = {
      subscribe: relations('nginx'),
      unsubscribe: relations('vim'),
      hold: ['libc6'],
      unhold: ['vim'],
    }
    expect(editModel(byHand, edit)).toBe(byHand)
  })

  test('writes a list that is not there yet', () => {
    expect(editModel('channel = "a"', { hold: ['x'] })).toBe('channel = "a"\n\nholds = [\n  "x",\n]\n')
    const withCheck = 'channel = "a"\n\n# is it up\n[[check]]\nname = "x"\ncommand = ["true"]\n'
    expect(editModel(withCheck, { pin: relations('x << 2'), exclude: ['y'] })).toBe(
      'channel = "a"\n\npins = [\n  "name(x) << 2",\n]\n\nexcluded = [\n  "y",\n]\n\n' +
        '# is it up\n[[check]]\nname = "x"\ncommand = ["true"]\n',
    )
  })

  test('has one pin of a package, and another takes its place', () => {
    const pinned = editModel('channel = "a"\npins = [ "x << 2", "y = 1" ] # why\n', {
      pin: relations('x << 3'),
    })
    expect(pinned).toBe('channel = "a"\npins = [ "name(x) << 3", "y = 1" ] # why\n')
    expect(editModel(pinned, { unpin: ['x', 'z'] })).toBe('channel = "a"\npins = [ "y = 1" ] # why\n')
    expect(editModel(pinned, { pin: relations('y = 1') })).toBe(pinned)
  })

  test('unsubscribes a bounded wish by its name, and one of two by its bound', () => {
    const two = 'channel = "a"\nsubscriptions = [ "x >= 1", "x << 9", "y" ]\n'
    expect(editModel(two, { unsubscribe: relations('x') })).toBe('channel = "a"\nsubscriptions = [ "y" ]\n')
    expect(editModel(two, { unsubscribe: relations('x << 9') })).toBe(
      'channel = "a"\nsubscriptions = [ "x >= 1", "y" ]\n',
    )
  })

  const lists = [
    '[]',
    '[ ]',
    '[\n]',
    '[ "x" ]',
    '["x","y"]',
    '[ "x", "y", ]',
    '[\n "x",\n "y"\n]',
    '[\n\t"x" , # ]\n\t\'y\',\n]',
  ]
  const more = [
    '["x",\n "y"]',
    '[\n  # "x"\n]',
    '[ """x""", # a\n "y" ]',
    '[ # "z"\n "x", "y" # c\n]',
    '[\r\n  "x",\r\n]\r\n',
  ]
  const name = fc.constantFrom('x', 'y', 'z', 'w')
  const edits: fc.Arbitrary<ModelEdit> = fc.record({
    subscribe: fc.array(fc.constantFrom('x', 'y >= 2', 'z', 'soname(a"b)').map(parseRelation), {
      maxLength: 2,
    }),
    unsubscribe: fc.array(name.map(parseRelation), { maxLength: 2 }),
    hold: fc.array(name, { maxLength: 2 }),
    unhold: fc.array(name, { maxLength: 2 }),
    pin: fc.array(fc.constantFrom('x << 2', 'y = 1', 'y >= 3').map(parseRelation), { maxLength: 2 }),
    unpin: fc.array(name, { maxLength: 2 }),
    exclude: fc.array(name, { maxLength: 2 }),
    include: fc.array(name, { maxLength: 2 }),
  })

  test('makes any change in any way of writing a list, and comments survive unless their item goes', () => {
    const list = fc.constantFrom(...lists, ...more)
    fc.assert(
      fc.property(list, list, edits, (subscriptions, holds, edit) => {
        const toml = `# first\nsubscriptions = ${subscriptions}\n# between\nchannel = 'a' # [\nholds=${holds}\n# last\n`
        const before = parseModel(toml, 'm')
        const after = parseModel(editModel(toml, edit), 'm')
        const names = after.subscriptions.map((one) => one.name)
        for (const { name } of edit.subscribe ?? []) expect(names).toContain(name)
        for (const { name } of edit.unsubscribe ?? [])
          if (!edit.subscribe?.some((one) => one.name === name)) expect(names).not.toContain(name)
        for (const held of edit.hold ?? []) expect(after.holds).toContain(held)
        for (const held of edit.exclude ?? []) expect(after.excluded).toContain(held)
        const pinned = after.pins.map((one) => one.name)
        expect(new Set(pinned).size).toBe(pinned.length)
        for (const one of edit.pin ?? []) expect(pinned).toContain(one.name)
        for (const one of before.subscriptions)
          if (!edit.unsubscribe?.some((gone) => gone.name === one.name)) expect(names).toContain(one.name)
        for (const comment of ['# first', '# between', '# [', '# last'])
          expect(editModel(toml, edit)).toContain(comment)
      }),
      { numRuns: 2000 },
    )
  })
})
