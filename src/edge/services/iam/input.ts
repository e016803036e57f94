/**
 * Reads the input of an operation and checks it against AWS's shapes: types and enums by the
 * generated schema, lengths and patterns here, because the SDK leaves them out. Decisions check what
 * they store again, for the command line calls them too; descriptions, tags and the sizes of
 * documents are checked by them alone.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
 */
import { checkName, checkPath } from '../../../access/identities/check.ts'
import { type IamRefusal, iamRefusal, invalidValue } from '../../../access/identities/iam-refusal.ts'
import { limits } from '../../../model/limits.ts'
import type { Refusal } from '../../../model/refusal.ts'
import { queryInput } from '../../query-input.ts'
import { complainOfInput } from '../../validation.ts'
import { checkMarker } from './page.ts'

type Members = Record<string, unknown>
type Check = (value: string) => IamRefusal | undefined

/** Returns the input that a form of the query protocol holds, or what is wrong with it. */
export function readIamInput(shape: string, form: Readonly<Record<string, string>>): Members | Refusal {
  return checkIamInput(shape, queryInput('iam', shape, form))
}

/** Returns the input, or what is wrong with it. */
export function checkIamInput(shape: string, input: Members): Members | Refusal {
  return complainOfInput('iam', shape, input) ?? complainOfMembers(input) ?? input
}

function complainOfMembers(input: Members): IamRefusal | undefined {
  for (const [member, value] of Object.entries(input)) {
    if (typeof value === 'string') {
      const refused = texts[member]?.(value)
      if (refused) return refused
    }
  }
  const { MaxItems, PermissionsBoundary } = input as { MaxItems?: number; PermissionsBoundary?: string }
  if (MaxItems !== undefined && MaxItems < 1)
    return invalidValue('maxItems', 'have value greater than or equal to 1', String(MaxItems))
  if (MaxItems !== undefined && MaxItems > limits.iamPageMax)
    return invalidValue('maxItems', `have value less than or equal to ${limits.iamPageMax}`, String(MaxItems))
  // A policy that limits the others must not be dropped in silence.
  if (PermissionsBoundary !== undefined)
    return iamRefusal('InvalidInput', 'PermissionsBoundary is not supported by openbatch: give the user or role less.')
  return undefined
}

const documentPattern = /^[\t\n\r\u0020-\u00FF]+$/

const document =
  (member: string): Check =>
  (value) =>
    value === '' || documentPattern.test(value)
      ? undefined
      : invalidValue(member, String.raw`satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+`)

/** AWS: 320. A marker of ours holds a name or the key of a tag. */
const longestMarker = 1024

const arn = (member: string) => length(member, 20, 2048)

/** By the names of members. Values are never repeated in a refusal: one of them is a password. */
const texts: Readonly<Record<string, Check>> = {
  UserName: (value) => checkName('userName', value),
  NewUserName: (value) => checkName('newUserName', value),
  GroupName: (value) => checkName('groupName', value),
  NewGroupName: (value) => checkName('newGroupName', value),
  RoleName: (value) => checkName('roleName', value),
  PolicyName: (value) => checkName('policyName', value),
  Path: checkPath,
  NewPath: checkPath,
  PathPrefix: pattern('pathPrefix', /^\/[!-~]*$/, String.raw`\u002F[\u0021-\u007F]*`),
  PolicyArn: arn('policyArn'),
  PolicySourceArn: arn('policySourceArn'),
  AccessKeyId: pattern('accessKeyId', /^\w{1,128}$/, String.raw`[\w]+`),
  VersionId: pattern('versionId', /^v[1-9][0-9]*$/, String.raw`v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`),
  Marker: (value) => length('marker', 1, longestMarker)(value) ?? checkMarker(value),
  PolicyDocument: document('policyDocument'),
  AssumeRolePolicyDocument: document('assumeRolePolicyDocument'),
}

function length(member: string, least: number, most: number): Check {
  return (value) => {
    if (value.length < least) return invalidValue(member, `have length greater than or equal to ${least}`)
    return value.length > most ? invalidValue(member, `have length less than or equal to ${most}`) : undefined
  }
}

function pattern(member: string, expression: RegExp, shown: string): Check {
  return (value) =>
    expression.test(value) && value.length <= limits.identityPathLength
      ? undefined
      : invalidValue(member, `satisfy regular expression pattern: ${shown}`)
}
