/**
 * The nouns of identity and access management, in IAM's words. Each record is one document of the
 * store. Records refer to each other by their ids, so that a name may change.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Types.html
 */
import type { TimeMs } from '../../model/time.ts'
import type { PasswordHash } from './password.ts'

export interface Entity {
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  /** Four letters that say the kind, and 17 letters or digits: `AIDA…`. */
  readonly id: string
  readonly createdAtMs: TimeMs
  readonly tags: Readonly<Record<string, string>>
}

/** A user, group or role: whatever can have policies. */
export interface PolicyHolder {
  /** Documents by the name that the holder knows them by. */
  readonly inlinePolicies: Readonly<Record<string, string>>
  /** Ids of managed policies, in the order in which they were attached. */
  readonly attachedPolicyIds: readonly string[]
}

export interface User extends Entity, PolicyHolder {
  readonly kind: 'user'
  readonly groupIds: readonly string[]
  /** A disabled user is kept out until enabled again. IAM has no equivalent: it deactivates each key. */
  readonly disabled: boolean
  /** Sessions that began at this time or earlier have ended, even if the user is enabled again. */
  readonly sessionsEndedAtMs?: TimeMs
  readonly loginProfile?: LoginProfile
}

/** The password of a user, as IAM's calls manage it. The console asks for it. */
export interface LoginProfile {
  readonly password: PasswordHash
  readonly createdAtMs: TimeMs
  /** The user must choose another password when they next sign in. */
  readonly passwordResetRequired: boolean
}

export interface Group extends Entity, PolicyHolder {
  readonly kind: 'group'
}

export interface Role extends Entity, PolicyHolder {
  readonly kind: 'role'
  readonly description?: string
  /** The document that says who may assume the role. */
  readonly trustPolicy: string
  readonly maxSessionSeconds: number
}

/** A policy that the account's administrators wrote, to be attached to any number of holders. */
export interface ManagedPolicy extends Entity {
  readonly kind: 'policy'
  readonly description?: string
  readonly defaultVersionId: string
  /** The oldest first. Never empty. */
  readonly versions: readonly PolicyVersion[]
  /** The number of the next version: those of deleted versions are not given again. */
  readonly nextVersion: number
  readonly updatedAtMs: TimeMs
}

export interface PolicyVersion {
  /** `v1`. */
  readonly versionId: string
  readonly document: string
  readonly createdAtMs: TimeMs
}

export interface AccessKey {
  readonly kind: 'accessKey'
  /** The access key id. */
  readonly id: string
  readonly userId: string
  readonly status: 'Active' | 'Inactive'
  /** Sealed with a key of the installation (`sealing.ts`): a signature can only be checked with the secret itself. */
  readonly sealedSecret: string
  readonly createdAtMs: TimeMs
}

export type IdentityRecord = User | Group | Role | ManagedPolicy | AccessKey
export type RecordKind = IdentityRecord['kind']
export type Holder = User | Group | Role

/** One write of a decision. */
export type Change =
  | { readonly kind: 'put'; readonly record: IdentityRecord }
  | { readonly kind: 'remove'; readonly of: RecordKind; readonly id: string }

/** When an access key was last used, to the minute. */
export interface LastUse {
  readonly accessKeyId: string
  readonly atMs: TimeMs
  /** As the credential scope names them. */
  readonly service: string
  readonly region: string
}
