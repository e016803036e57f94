/**
 * What the owner of a bucket has set for it. A member that is absent is not set. Whoever writes a
 * member has checked it.
 */
import type { LifecycleRule } from './lifecycle/lifecycle-rule.ts'
import type { Tags } from './tags.ts'

export interface BucketSettings {
  readonly versioning?: 'Enabled' | 'Suspended'
  /** In the order in which they were put. Never empty. */
  readonly lifecycle?: readonly LifecycleRule[]
  /** In the order in which they were put. Never empty. */
  readonly cors?: readonly CorsRule[]
  /** The text of the bucket policy, as it was put. */
  readonly policy?: string
  readonly publicAccessBlock?: PublicAccessBlock
  /** Never empty. */
  readonly tags?: Tags
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html */
export interface PublicAccessBlock {
  readonly blockPublicAcls: boolean
  readonly ignorePublicAcls: boolean
  readonly blockPublicPolicy: boolean
  readonly restrictPublicBuckets: boolean
}

/** The members that are given change. One that is `undefined` is no longer set. */
export type SettingsChange = { readonly [Member in keyof BucketSettings]?: BucketSettings[Member] | undefined }

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
export interface CorsRule {
  readonly id?: string
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeSeconds?: number
}

export const noSettings: BucketSettings = {}

export function changedSettings(before: BucketSettings, change: SettingsChange): BucketSettings {
  const members = Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(members)
}
