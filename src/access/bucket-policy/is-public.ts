/**
 * Whether the policy of a bucket is public: whether it allows something to everybody.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
import type { Condition } from '../policy/condition.ts'
import type { PolicyDocument, Statement } from '../policy/policy-document.ts'

export function isPublicPolicy({ statements }: PolicyDocument): boolean {
  return statements.some((statement) => allowsEverybody(statement) && !statement.conditions.some(restricts))
}

function allowsEverybody({ effect, principals }: Statement): boolean {
  return effect === 'Allow' && principals !== undefined && (principals.everybody || principals.negated)
}

/** Keys that say who asks, or from where. */
const restricting: ReadonlySet<string> = new Set([
  ...['aws:username', 'aws:userid', 'aws:principalarn', 'aws:sourceip'],
])
const restrictingOperators: ReadonlySet<string> = new Set([
  ...['stringequals', 'stringequalsignorecase', 'stringlike', 'arnequals', 'arnlike', 'ipaddress'],
])

/** A condition makes a policy private if it names values of such a key. Everybody has any of those with wildcards. */
function restricts({ key, operator, ifExists, values }: Condition): boolean {
  if (!restricting.has(key) || !restrictingOperators.has(operator) || ifExists) return false
  return values.every((value) => (key === 'aws:sourceip' ? !isEverywhere(value) : !/[*?]|\$\{/.test(value)))
}

/** Blocks wider than these are public: /8 of IPv4 and /32 of IPv6, as S3 has it. */
function isEverywhere(block: string): boolean {
  const [address = '', prefix] = block.split('/')
  return prefix !== undefined && Number(prefix) < (address.includes(':') ? 32 : 8)
}
