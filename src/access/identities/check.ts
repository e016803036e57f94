/**
 * Checks the values of a request to IAM: names, paths, tags, documents. Each answers with a refusal,
 * or with nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
import { limits } from '../../model/limits.ts'
import type { CheckPolicyDocument } from './decision.ts'
import { type IamRefusal, iamRefusal, invalidValue } from './iam-refusal.ts'

const nameLengths = {
  userName: limits.userNameLength,
  newUserName: limits.userNameLength,
  groupName: limits.groupNameLength,
  newGroupName: limits.groupNameLength,
  roleName: limits.roleNameLength,
  policyName: limits.policyNameLength,
} as const

type NameMember = keyof typeof nameLengths

export function checkName(member: NameMember, name: string): IamRefusal | undefined {
  if (name === '') return invalidValue(member, 'have length greater than or equal to 1')
  const most = nameLengths[member]
  if (name.length > most) return invalidValue(member, `have length less than or equal to ${most}`)
  // Other than `\w`, this has no letters beyond ASCII in any mode.
  if (/^[A-Za-z0-9_+=,.@-]+$/.test(name)) return undefined
  const text = `The specified value for ${member} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`
  return iamRefusal('ValidationError', text)
}

/** IAM allows any character from `!` to DEL within a path. */
export function checkPath(path: string): IamRefusal | undefined {
  if (path.length > limits.identityPathLength)
    return invalidValue('path', `have length less than or equal to ${limits.identityPathLength}`)
  if (/^\/(?:[!-~]+\/)?$/.test(path)) return undefined
  const text =
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.'
  return iamRefusal('ValidationError', text)
}

export function checkDescription(description: string | undefined): IamRefusal | undefined {
  if (description === undefined) return undefined
  if (description.length > limits.identityDescriptionLength)
    return invalidValue('description', `have length less than or equal to ${limits.identityDescriptionLength}`)
  if (/^[\t\n\r\u0020-\u007E\u00A1-\u00FF]*$/.test(description)) return undefined
  return invalidValue(
    'description',
    String.raw`satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`,
  )
}

export interface Tag {
  readonly key: string
  readonly value: string
}

const tagPattern = String.raw`[\p{L}\p{Z}\p{N}_.:/=+\-@]`
const tagKey = new RegExp(`^${tagPattern}+$`, 'u')
const tagValue = new RegExp(`^${tagPattern}*$`, 'u')

/** Keys that differ only in case are one key. */
export function checkTags(tags: readonly Tag[]): IamRefusal | undefined {
  if (tags.length > limits.tags) return invalidValue('tags', `have length less than or equal to ${limits.tags}`)
  for (const [index, { key, value }] of tags.entries()) {
    const member = (name: string) => `tags.${index + 1}.member.${name}`
    if (key.length > limits.tagKeyLength)
      return invalidValue(member('key'), `have length less than or equal to ${limits.tagKeyLength}`)
    if (value.length > limits.tagValueLength)
      return invalidValue(member('value'), `have length less than or equal to ${limits.tagValueLength}`)
    if (!tagKey.test(key)) return invalidValue(member('key'), `satisfy regular expression pattern: ${tagPattern}+`)
    if (!tagValue.test(value))
      return invalidValue(member('value'), `satisfy regular expression pattern: ${tagPattern}*`)
  }
  if (new Set(tags.map(({ key }) => key.toLowerCase())).size === tags.length) return undefined
  return iamRefusal('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
}

/** Characters of a document as IAM counts them: white space is free. */
export function documentSize(document: string): number {
  return document.replace(/\s+/g, '').length
}

export function checkDocument(
  document: string,
  kind: 'identity' | 'trust',
  check: CheckPolicyDocument,
): IamRefusal | undefined {
  const member = kind === 'trust' ? 'assumeRolePolicyDocument' : 'policyDocument'
  if (document === '') return invalidValue(member, 'have length greater than or equal to 1')
  if (document.length > limits.policyDocumentLength)
    return invalidValue(member, `have length less than or equal to ${limits.policyDocumentLength}`)
  const flaw = check(document, kind)
  return flaw === undefined ? undefined : iamRefusal('MalformedPolicyDocument', flaw)
}
