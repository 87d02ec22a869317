// Keys, in minisign's formats.
import { MossError } from '../base/error.ts'
import { formatFields, formatTable } from './format.ts'
import { formatFingerprint } from './trust-verbs.ts'
import type { Call, Verb } from './verb.ts'

async function newPassphrase(call: Call, name: string): Promise<Uint8Array | undefined> {
  if (call.has('no-passphrase')) return undefined
  const passphrase = await call.passphrase(`the new key ${name}`)
  // A slip of the finger would lock the key for good: what is typed unseen is typed twice.
  const again =
    call.has('passphrase-fd') || passphrase === undefined
      ? passphrase
      : await call.passphrase(`the new key ${name}, once more`)
  if (passphrase !== undefined && again?.toHex() !== passphrase.toHex())
    throw new MossError('CLI_USAGE', {
      problem: 'the two passphrases differ; no key was made',
      see: 'key generate',
    })
  if (passphrase === undefined)
    throw new MossError('CLI_USAGE', {
      problem: 'a key needs a passphrase: use --passphrase-fd N, or --no-passphrase',
      see: 'key generate',
    })
  return passphrase
}

const sayHolder = (key: { readonly isSecret: boolean; readonly isInAgent: boolean }): string =>
  key.isInAgent ? 'public; the agent signs' : key.isSecret ? 'secret and public' : 'public'

export const keyVerbs: readonly Verb[] = [
  {
    words: 'key generate',
    side: 'station',
    operands: [{ name: 'NAME', optional: true }],
    flags: [
      { name: 'no-passphrase', summary: 'keep the secret key unprotected on this disk' },
      {
        name: 'no-root',
        summary: 'make no trust root with it: the key is for a root that is made elsewhere',
      },
    ],
    summary: 'make a key; the first one makes a 1-of-1 trust root as well',
    run: async (call) => {
      const { generateKey } = await import('../ops/keys.ts')
      const name = call.operands[0] ?? 'station'
      const made = await generateKey(call.outside, {
        home: call.home,
        name,
        passphrase: await newPassphrase(call, name),
        withRoot: !call.has('no-root'),
      })
      const text = formatFields([
        ['key', made.name],
        ['id', made.id],
        ['public', made.publicFile],
        ['secret', `${made.secretFile}${made.isProtected ? '' : ' (no passphrase)'}`],
        ['root', made.root && [made.root.file, ...formatFingerprint(made.root)]],
        [
          '!',
          made.root === undefined
            ? undefined
            : 'one key signs everything: whoever takes it can make every host do anything',
        ],
        [
          'next',
          made.root === undefined
            ? undefined
            : `carry the root file to each host: moss init --trust FILE --expect "EIGHT WORDS"`,
        ],
      ])
      return { json: made, text }
    },
  },
  {
    words: 'key list',
    side: 'station',
    summary: 'keys of this station',
    run: async (call) => {
      const { listKeys } = await import('../ops/keys.ts')
      const keys = await listKeys(call.outside, { home: call.home })
      const rows = keys.map((key) => [key.name, key.id.slice(0, 16), sayHolder(key), key.roles.join(', ')])
      return {
        json: { keys },
        text: rows.length === 0 ? 'no keys yet: moss key generate' : formatTable(rows),
      }
    },
  },
  {
    words: 'key export',
    side: 'station',
    operands: [{ name: 'NAME', kind: 'key' }],
    summary: 'print a public key, as minisign or OpenSSH writes it',
    run: async (call) => {
      const { exportKey } = await import('../ops/keys.ts')
      const key = await exportKey(call.outside, { home: call.home, name: call.operands[0] ?? '' })
      return { json: key, text: key.text.trimEnd() }
    },
  },
  {
    words: 'key recipient',
    side: 'station',
    summary:
      'print the recipient of this station: moss state export --seal-to RECIPIENT seals a state for it',
    run: async (call) => {
      const { stationRecipient } = await import('../ops/keys.ts')
      const done = await stationRecipient(call.outside, { home: call.home })
      return { json: done, text: done.recipient }
    },
  },
  {
    words: 'key import',
    side: 'station',
    operands: [{ name: 'FILE' }, { name: 'NAME', optional: true }],
    summary:
      'take in a key file: of minisign, public or secret; or a public one of OpenSSH, whose agent or token signs',
    run: async (call) => {
      const { importKey } = await import('../ops/keys.ts')
      const file = call.path(call.operands[0] ?? '')
      const key = await importKey(call.outside, {
        home: call.home,
        file,
        name: call.operands[1],
        ask: (what) => call.passphrase(what),
      })
      return { json: key, text: `key ${key.name}, id ${key.id}, ${sayHolder(key)}` }
    },
  },
]
