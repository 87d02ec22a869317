// What each code means, for the manual and `moss help CODE`: said once, whatever the details of one case are. What to do is the code's
// own hint; where that depends on the details, it is said here in general.
import { codes, type ErrorCode } from './codes.ts'

interface Meaning {
  readonly meaning: string
  /** Where the hint depends on the details. */
  readonly remedy?: string
}

const of = (meaning: string, remedy?: string): Meaning =>
  remedy === undefined ? { meaning } : { meaning, remedy }

export const meanings: Readonly<Record<ErrorCode, Meaning>> = {
  CLI_USAGE: of('what was typed is no call of moss', 'moss help VERB says how it is called'),
  MODEL_INVALID: of(
    'etc/moss/model.toml cannot be read as a model',
    'correct the file that is named; moss-model(5) describes it',
  ),
  CHANNEL_INVALID: of('channel.toml of a channel names no channels', 'correct the file that is named'),
  SOURCES_INVALID: of('a .sources file of apt says not where an archive is'),
  CAPABILITY_INVALID: of('a word is neither the name of a package nor a capability'),
  RECIPE_INVALID: of('a recipe breaks a rule of moss-recipe(5)'),
  RECIPES_ALIKE: of(
    'two recipes of one call make packages of one name, version and architecture, or one recipe was named twice',
  ),
  RECIPE_SOURCE_REFUSED: of(
    'a source of a recipe has another digest than the recipe says, or cannot be unpacked safely',
    'no package was made: fetch the file again; if it is meant to have changed, write its new digest into the recipe',
  ),
  BUILD_STEP_FAILED: of(
    'a step of a recipe ended with an error',
    'no package was made; the log that is named has all that the steps printed',
  ),
  BUILD_NOT_PRIVATE: of('the system does not let the steps of a recipe be shut off from this machine'),
  VOLUME_TOO_SMALL: of(
    'no volume of this size could have what every volume must have',
    'say at least the size that is named with --volume',
  ),
  HOST_IO: of('the system refused to read or write something'),
  HOST_NO_SPACE: of('a filesystem has too few bytes or inodes, now or for what would be written'),
  NETWORK_FAILED: of('an archive on the web did not answer, or broke off five times without progress'),
  HOST_UNSUPPORTED: of(
    'a folder lies on a filesystem that lacks what a managed root needs',
    'use a folder on a local filesystem such as ext4, XFS, btrfs or tmpfs, that is not a lower layer of an overlay and has no mount at usr; the hint says more where more is known',
  ),
  STATE_MOUNTED: of('something is mounted below usr, and would go away with the tree that is replaced'),
  STATE_LOCKED: of('another moss, or another program that changes users, is at work there'),
  CBOR_INVALID: of('a record of a container is not canonical CBOR'),
  SHAPE_INVALID: of('a record has other fields or values than it may have'),
  CONTAINER_NOT_ONE: of(
    'a file is no container, or one of another kind than is needed here',
    'name another file: bundles and packages end in .moss, states in .moss-state, roots in .moss-root; or copy it again',
  ),
  CONTAINER_TOO_NEW: of('a container is written in a later version of the format'),
  CONTAINER_TRUNCATED: of(
    'a container ends too early',
    'copy the file again and run the same command; frames that were taken in are kept',
  ),
  CONTAINER_DAMAGED: of(
    'a part of a container has other bytes than were signed, or breaks a rule of the format',
  ),
  CONTAINER_CODEC_UNKNOWN: of('a frame or section is packed in a way that this moss does not know'),
  CHUNK_DIGEST_MISMATCH: of('a genuine container has a chunk whose bytes are not those that its id names'),
  STORE_DAMAGED: of('the store of this host lacks a content, or has other bytes'),
  MANIFEST_INVALID: of('what a package says of itself is not valid'),
  PACKAGE_UNREADABLE: of('a file cannot be read as a package of any kind that moss knows'),
  PACKAGE_PATH_REFUSED: of('a package has a path that no package may own'),
  KEY_INVALID: of('a file is no key that moss can use'),
  KEY_PASSPHRASE: of('the passphrase of a key is missing or wrong'),
  KEY_AGENT: of('the agent of OpenSSH, or a token, did not sign'),
  KEY_ABSENT: of(
    'this station has no trust root yet, or too few secret keys for a role',
    'moss key generate makes the first; moss key list shows which key may do what; an agent counts where SSH_AUTH_SOCK names it',
  ),
  KEY_TOO_COSTLY: of('a key file asks for more memory than moss gives to any'),
  SEALED_FOR_OTHERS: of('a sealed file has another recipient'),
  RECIPIENT_ABSENT: of(
    'a bundle shall be sealed for a host whose state, made by an older moss, names no recipient',
  ),
  SEAL_DAMAGED: of('a sealed file was altered or cut'),
  TRUST_SIGNATURE_INVALID: of('a signature does not belong to these bytes'),
  ARCHIVE_REFUSED: of(
    'a package archive bears no signature of the keyring, or has other bytes than it signed',
  ),
  TRUST_UNKNOWN_KEY: of('a signature is of a key that the trust root does not name for this'),
  TRUST_THRESHOLD: of('too few of the keys of a role have signed'),
  TRUST_ROOT_UNSIGNED: of(
    'a trust root lacks signatures of those who shall sign it',
    'moss root sign FILE where their keys are; moss root assemble puts signed copies together',
  ),
  TRUST_FINGERPRINT: of(
    'a root or a host’s key is another one than was expected with --expect',
    'this is not what you were told of: do not use it',
  ),
  TRUST_NOT_ENROLLED: of(
    'a state is of a host that this station does not answer',
    'compare the words of its key with those that moss trust show says there, then: moss fleet enroll FILE',
  ),
  TRUST_ROLLBACK: of('something older is offered than this host has seen already'),
  TRUST_FORK: of('a channel has signed two different snapshots with one serial'),
  TRUST_SERIAL_JUMP: of('a serial rises by more than any channel does, which would lock newer ones out'),
  TRUST_EPOCH_AHEAD: of('a snapshot counts in an epoch that the trust root of this machine has not reached'),
  TRUST_EXPIRED: of('a snapshot has expired, and the model says that such are refused'),
  TRUST_GRANT_REFUSED: of('a grant to go back is for another host, for another serial, or no longer valid'),
  TRUST_ROOT_ORDER: of('a trust root is offered without those between it and the one that is here'),
  TRUST_ROOT_REFUSED: of('a trust root breaks a rule, or too few keys of both roots have signed it'),
  TRUST_FUTURE: of('something is dated too far in the future'),
  TRUST_NOT_NAMED: of('a bundle has a package that the signed snapshot of its channel does not name'),
  BUNDLE_WRONG_HOST: of('a bundle was made for other hosts'),
  BUNDLE_SET_REFUSED: of('the packages that a bundle has chosen are not a solution of this machine’s model'),
  ARCHIVE_LACKING: of('an archive has not all that was asked for, or it contradicts itself'),
  SOLVE_NO_SOLUTION: of('no choice of packages satisfies the model; the message says why not'),
  TOOL_ABSENT: of('the moss that runs is no package that could be put on a medium'),
  LAYOUT_CONFLICT: of('two packages own one path in ways that exclude each other'),
  BUNDLE_BASE_MISSING: of(
    'a bundle builds on contents that this host has not, or has lost',
    'nothing is lost: take in what was made for this host before it; or moss state export, and the station’s next bundle brings all',
  ),
  CONTENT_MISSING: of('a content that a state needs is not in the store'),
  NOT_FOUND: of(
    'there is nothing of the name that was said',
    'the message says of what; the hint, how to see which there are',
  ),
  CATALOGUE_MISSING: of('no bundle has brought the list of what the channel offers'),
  NOTHING_WAITING: of('no bundle waits to be applied'),
  PLAN_STALE: of('what a plan was made from has changed since'),
  ALREADY_EXISTS: of('what should be made is there'),
  PACKAGE_OF_OTHERS: of(
    'where a package should go lies a file of its name that was signed under no trust root of this station',
  ),
  NOT_INITIALISED: of(
    'a root is not managed by moss',
    'moss init --trust ROOTFILE makes it one; or say another with --root DIR',
  ),
  MEDIUM_ABSENT: of('there is no medium or file at a path'),
  VOLUME_WANTED: of(
    'volumes of a bundle are missing; what came is kept',
    'moss import the next one that is named, from any medium, in any order',
  ),
  VOLUME_NEXT: of(
    'a medium is full before the last volume; what is written there is whole',
    'put the next medium in and go on with the --volume and --from-volume that are named',
  ),
  STATE_BROKEN: of(
    'a state, a record or a database of moss is missing or spoiled',
    'moss repair says what is damaged before it mends; a spoiled fleet.db of a station is moved away, and hosts are enrolled again',
  ),
  STATE_NEEDED: of('a state that must stay was to be let go'),
  CHANNEL_BEHIND_ROOT: of(
    'the newest snapshot of a channel was signed under an older trust root',
    'moss channel publish CHANNEL signs it anew; then make the bundle again',
  ),
  AUDIT_BROKEN: of('the chain of entries of the audit does not hold'),
  TRIGGER_FAILED: of('a command that a package declares failed on the staged tree'),
  TRIGGER_INVALID: of('a package brings a trigger that breaks a rule of moss-triggers(5)'),
  STATE_FAILED_BEFORE: of('the same packages were applied before, and were gone back from'),
  VERIFY_FINDINGS: of(
    'something is not as it should be; each finding has a line',
    'see the findings; moss repair mends the store and the trees',
  ),
  INTERRUPTED: of('somebody pressed Ctrl-C or stopped the program'),
}

/** Stands for details that must not matter. */
const detailsOf = (code: ErrorCode): object =>
  new Proxy(
    {},
    {
      get: (_, name) => {
        throw new TypeError(
          `the hint of ${code} depends on ${String(name)}: say its remedy in base/meanings.ts`,
        )
      },
    },
  )

/** Undefined where there is nothing to do. Throws a TypeError where the hint depends on the details and no other is said: a bug. */
export function remedyOf(code: ErrorCode): string | undefined {
  const { remedy } = meanings[code]
  return remedy ?? (codes[code].hint as (details: object) => string | undefined)(detailsOf(code))
}
