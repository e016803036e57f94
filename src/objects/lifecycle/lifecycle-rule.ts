/**
 * A rule of a bucket about which objects expire, in the terms of S3.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
import type { TimeMs } from '../../model/time.ts'
import type { Tags } from '../tags.ts'

export interface LifecycleRule {
  readonly id: string
  readonly isEnabled: boolean
  readonly filter: LifecycleFilter
  /** How the rule was written, and is given back: an old `Prefix`, a `Filter`, or a `Filter` with an `And`. */
  readonly form: 'prefix' | 'filter' | 'and'
  readonly expiration?: Expiration
  readonly noncurrentExpiration?: NoncurrentExpiration
  /** Days after its beginning that an upload in parts is given up. */
  readonly abortUploadDays?: number
}

/** An object that has all of it. Nothing: every object. */
export interface LifecycleFilter {
  readonly prefix?: string
  readonly tags?: Tags
  /** Bytes. */
  readonly sizeGreaterThan?: number
  readonly sizeLessThan?: number
}

export type Expiration =
  | { readonly kind: 'days'; readonly days: number }
  /** A midnight UTC. */
  | { readonly kind: 'date'; readonly atMs: TimeMs }
  /** Delete markers behind which no version is left. */
  | { readonly kind: 'markers' }

/** Of versions that are no longer the current one. */
export interface NoncurrentExpiration {
  readonly days: number
  /** As many of the newest ones stay. */
  readonly newerVersions?: number
}
