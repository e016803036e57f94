/**
 * The tags that a resource may have:
 * https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html
 */
import type { Complaint } from './complaint.ts'
import { checkMaxConcurrent } from './concurrency.ts'
import { limits } from './limits.ts'
import type { Refusal } from './refusal.ts'

/**
 * AWS's front end refuses these before the service reads the request, and answers in a form of its
 * own: https://github.com/Netflix/metaflow/issues/1345
 */
export function refuseIllegalTags(tags: Readonly<Record<string, string>> | undefined): Refusal | undefined {
  for (const [key, value] of Object.entries(tags ?? {})) {
    const illegal = isLegal(key)
      ? isLegal(value)
        ? undefined
        : ([value, 'TagValue'] as const)
      : ([key, 'TagKey'] as const)
    if (illegal) {
      const message = `'${illegal[0]}' is not a valid value for ${illegal[1]} - it contains illegal characters`
      return { kind: 'refusal', code: 'BadRequestException', message }
    }
  }
  return undefined
}

/** Letters, digits and spaces of any script, and a few symbols. */
function isLegal(text: string): boolean {
  return /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)
}

const constraint = (member: string) =>
  `1 validation error detected: Value at 'tags' failed to satisfy constraint: ${member}`

/** At most 50 tags; keys of 1–128 characters, not beginning `aws:`; values of at most 256. */
export function checkTags(tags: Readonly<Record<string, string>> | undefined): Complaint {
  const entries = Object.entries(tags ?? {})
  if (entries.length > limits.tags) return constraint(`Member must have length less than or equal to ${limits.tags}`)
  for (const [key, value] of entries) {
    if (key.length === 0 || key.length > limits.tagKeyLength) {
      return constraint(
        `Map keys must satisfy constraint: [Member must have length less than or equal to ${limits.tagKeyLength}, ` +
          'Member must have length greater than or equal to 1]',
      )
    }
    if (value.length > limits.tagValueLength) {
      return constraint(
        `Map value must satisfy constraint: [Member must have length less than or equal to ${limits.tagValueLength}]`,
      )
    }
    if (key.toLowerCase().startsWith('aws:')) {
      return `Tag keys beginning with aws: are reserved for AWS: ${key}`
    }
  }
  return checkMaxConcurrent(tags ?? {})
}
