/** The policies of resources: those of buckets. Each is parsed once. */
import { keptBucketPolicy } from '../access/bucket-policy/read-bucket-policy.ts'
import type { NamedPolicy } from '../access/policy/evaluate.ts'
import { shippedPolicy } from '../access/policy/shipped.ts'
import type { Principal } from '../access/principal.ts'
import type { BucketSettings } from '../objects/bucket-settings.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import { bucketOfArn } from './services/s3/resource.ts'

const none: readonly NamedPolicy[] = []

/** Settings are replaced as a whole when they change. */
const ofSettings = new WeakMap<BucketSettings, readonly NamedPolicy[]>()

/** Empty for a resource without a policy. The list does not change. */
export function resourcePolicies(
  objects: Pick<ObjectStore, 'settings'>,
  resource: string,
  { principal, action }: { readonly principal: Principal; readonly action: string },
): readonly NamedPolicy[] {
  const bucket = bucketOfArn(resource)
  const settings = bucket === undefined ? undefined : objects.settings(bucket)
  if (bucket === undefined || settings?.policy === undefined) return none
  // Otherwise a policy that denies everything to everybody could never be removed.
  if (onPolicies.has(action) && principal.policies.includes(shippedPolicy('OpenBatchAdmin'))) return none
  const known = ofSettings.get(settings)
  if (known) return known
  const document = keptBucketPolicy(settings.policy) ?? nothingAllowed
  const made = [{ name: `the policy of bucket ${bucket}`, document }]
  ofSettings.set(settings, made)
  return made
}

const onPolicies: ReadonlySet<string> = new Set([
  ...['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
])

/** In place of a policy that somebody made unreadable: it might have denied something. */
const nothingAllowed = keptBucketPolicy(
  JSON.stringify({ Statement: { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' } }),
)!
