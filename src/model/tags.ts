/** What tags a resource may have; https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html */
import type { Complaint } from './complaint.ts'
import { checkMaxConcurrent } from './concurrency.ts'
import { limits } from './limits.ts'

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
