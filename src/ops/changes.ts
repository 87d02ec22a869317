// The plain values by which the update verbs speak of what changes. No functions: plans are inert.
import type { Health } from '../state/health-rule.ts'

export interface PackageChange {
  readonly name: string
  readonly from?: string
  readonly to?: string
  /** Why it is there, in words. */
  readonly reason?: string
}

/** What the channel says of a package that is or was installed. */
export interface ToldAdvisory {
  readonly package: string
  /** Versions before this one have the problem. */
  readonly before: string
  readonly text: string
  /** What the plan has of it, and whether that is free of it. */
  readonly version: string
  readonly isMended: boolean
}

/** What a package says of the versions between the one that is here and the one that comes. */
export interface ToldChangelog {
  readonly package: string
  readonly lines: readonly string[]
}

/** What apply or rollback would do, and what it was made from. */
export interface ApplyPlan {
  readonly kind: 'apply' | 'rollback'
  readonly root: string
  /** The state the plan was made from; executing it on another is refused. */
  readonly from: number
  /** The number that the new or kept state has. */
  readonly to: number
  readonly isNothing: boolean
  readonly bundle?: string
  readonly channel?: {
    readonly name: string
    readonly serial: number
    readonly fromSerial?: number
    readonly created: number
  }
  readonly signedBy: readonly string[]
  /** What whoever made the bundle says with it. */
  readonly note?: string
  readonly changes: readonly PackageChange[]
  readonly packages: number
  readonly files: number
  readonly sizeBytes: number
  /** Files that are or become setuid, setgid or capable. */
  readonly privileged: readonly string[]
  /** Under the channel's signature. */
  readonly advisories: readonly ToldAdvisory[]
  /** Only where they were asked for; of packages that change their version. */
  readonly changelogs?: readonly ToldChangelog[]
  /** Why somebody might hesitate. */
  readonly warnings: readonly string[]
  readonly freeBytes: number
  readonly neededBytes: number
  /** Absent where the filesystem has no limit of its own. */
  readonly freeInodes?: number
  readonly neededInodes: number
  readonly withModel: boolean
  /** A state of these packages was gone back from; executing needs that it `isAccepted`. */
  readonly failedBefore?: { readonly state: number; readonly why: string; readonly isAccepted: boolean }
  /** Digest of the model file that the plan was checked against. */
  readonly model: string
}

export interface Applied {
  readonly kind: 'apply' | 'rollback'
  readonly state: number
  readonly previous: number
  readonly files: number
  readonly changes: readonly PackageChange[]
  readonly triggers: readonly { readonly name: string; readonly outcome: string }[]
  /** What was delivered to /etc and /var, one path each with what happened to it. */
  readonly deliveries: readonly { readonly path: string; readonly outcome: string }[]
  /** False where the machine did not let all of /etc and /var be written: the notes say what, and it is tried again. */
  readonly isDelivered: boolean
  readonly notes: readonly string[]
  /** If it went `back`, `state` is the one that is current again and `previous` the one that was not well. */
  readonly health: Health | undefined
  readonly seconds: number
}

export interface ImportedBundle {
  readonly file: string
  readonly bundle: string
  readonly channel: string
  readonly serial: number
  readonly isNew: boolean
  readonly fileBytes: number
  readonly contentBytes: number
  readonly files: number
  readonly signedBy: readonly string[]
  /** The trust root that it brought, if this host had an older one. */
  readonly trustRoot?: number
  readonly seconds: number
}
