/**
 * What S3 demands of the rules of a bucket, beyond their form as XML.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
 */
import { limits } from '../../model/limits.ts'
import { type ObjectRefusal, objectRefusal } from '../object-refusal.ts'
import type { LifecycleRule } from './lifecycle-rule.ts'

const dayMs = 86_400_000
/** S3 keeps numbers in 32 bits. */
const largestNumber = 2 ** 31 - 1

export function refusalOfRules(rules: readonly LifecycleRule[]): ObjectRefusal | undefined {
  if (rules.length > limits.lifecycleRules)
    return invalidRequest(`Lifecycle configuration allows a maximum of ${limits.lifecycleRules} rules`)
  const ids = new Set(rules.map(({ id }) => id))
  if (ids.size < rules.length) return invalidArgument('Rule ID must be unique. Found same ID for more than one rule')
  return refusalOfForms(rules) ?? firstRefusal(rules, refusalOfRule)
}

/** Old and new rules do not go together. */
function refusalOfForms([first, ...others]: readonly LifecycleRule[]): ObjectRefusal | undefined {
  const isOld = first?.form === 'prefix'
  if (!others.some(({ form }) => (form === 'prefix') !== isOld)) return undefined
  return invalidRequest(
    isOld
      ? 'Filter element can only be used in Lifecycle V2.'
      : 'Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.',
  )
}

function refusalOfRule(rule: LifecycleRule): ObjectRefusal | undefined {
  if (rule.id.length > limits.lifecycleRuleIdLength)
    return invalidArgument(`ID length should not exceed allowed limit of ${limits.lifecycleRuleIdLength}`)
  if (!rule.expiration && !rule.noncurrentExpiration && rule.abortUploadDays === undefined)
    return invalidRequest('At least one action needs to be specified in a rule')
  return refusalOfFilter(rule) ?? refusalOfTimes(rule)
}

function refusalOfFilter({ filter, expiration, abortUploadDays }: LifecycleRule): ObjectRefusal | undefined {
  const { prefix = '', tags, sizeGreaterThan, sizeLessThan } = filter
  if (Buffer.byteLength(prefix) > limits.objectKeyBytes)
    return invalidRequest(`The maximum size of a prefix is ${limits.objectKeyBytes}.`)
  const hasSize = sizeGreaterThan !== undefined || sizeLessThan !== undefined
  const narrowed = tags ? 'Tags' : hasSize ? 'Object Size' : undefined
  if (abortUploadDays !== undefined && narrowed)
    return invalidRequest(`AbortIncompleteMultipartUpload cannot be specified with ${narrowed}.`)
  if (expiration?.kind === 'markers' && narrowed)
    return invalidRequest(`ExpiredObjectDeleteMarker cannot be specified with ${narrowed}.`)
  if (sizeGreaterThan !== undefined && sizeLessThan !== undefined && sizeLessThan <= sizeGreaterThan)
    return invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
  return undefined
}

function refusalOfTimes({
  expiration,
  noncurrentExpiration,
  abortUploadDays,
}: LifecycleRule): ObjectRefusal | undefined {
  if (expiration?.kind === 'days' && !isPositive(expiration.days))
    return invalidArgument("'Days' for Expiration action must be a positive integer")
  if (expiration?.kind === 'date' && expiration.atMs % dayMs !== 0)
    return invalidArgument("'Date' must be at midnight GMT")
  if (noncurrentExpiration && !isPositive(noncurrentExpiration.days))
    return invalidArgument("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
  const { newerVersions = 1 } = noncurrentExpiration ?? {}
  if (!isPositive(newerVersions) || newerVersions > limits.lifecycleNewerVersions)
    return invalidArgument(
      `'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and ${limits.lifecycleNewerVersions}`,
    )
  if (abortUploadDays !== undefined && !isPositive(abortUploadDays))
    return invalidArgument("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
  return undefined
}

function isPositive(number: number): boolean {
  return number >= 1 && number <= largestNumber
}

function firstRefusal(
  rules: readonly LifecycleRule[],
  refusalOf: (rule: LifecycleRule) => ObjectRefusal | undefined,
): ObjectRefusal | undefined {
  for (const rule of rules) {
    const refusal = refusalOf(rule)
    if (refusal) return refusal
  }
  return undefined
}

function invalidArgument(message: string): ObjectRefusal {
  return objectRefusal('InvalidArgument', message)
}

function invalidRequest(message: string): ObjectRefusal {
  return objectRefusal('InvalidRequest', message)
}
