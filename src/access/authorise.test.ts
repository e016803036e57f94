import { expect, test } from 'vitest'
import { authorise } from './authorise.ts'
import { type Circumstances, RequestValues } from './condition-values.ts'
import { isMalformed, parsePolicyDocument } from './policy/policy-document.ts'
import type { Principal } from './principal.ts'

const account = '123456789012'
const queue = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'

function principal(...statements: object[]): Principal {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return { name: 'ada', userId: 'AIDAADA', tags: { lab: 'doe' }, policies: [{ name: 'team', document }] }
}

function ask(who: Principal, more: Partial<Circumstances> = {}) {
  const values = new RequestValues({
    ...{ principal: who, account, now: Date.UTC(2026, 0, 2), sourceIp: '10.0.0.7', secureTransport: false },
    ...{ requestTags: {}, tagKeys: [], own: {}, resource: () => undefined },
    ...more,
  })
  return authorise(who, { action: 'batch:SubmitJob', resource: queue, values }, account)
}

const submit = { Effect: 'Allow', Action: 'batch:SubmitJob', Resource: '*' }

test('what no statement allows is refused in AWS’s words', () => {
  expect(ask(principal({ ...submit, Action: 'batch:ListJobs' }))).toEqual({
    kind: 'refusal',
    code: 'AccessDeniedException',
    message: `User: arn:aws:iam::123456789012:user/ada is not authorized to perform: batch:SubmitJob on resource: ${queue} because no identity-based policy allows the batch:SubmitJob action`,
    httpStatus: 403,
  })
})

test('what a statement denies is refused whatever allows it, and says so', () => {
  expect(ask(principal(submit, { ...submit, Effect: 'Deny' }))).toMatchObject({
    message: `User: arn:aws:iam::123456789012:user/ada is not authorized to perform: batch:SubmitJob on resource: ${queue} with an explicit deny in an identity-based policy`,
  })
})

test.each([
  ['the name of who asks', { StringEquals: { 'aws:username': 'ada' } }, {}],
  ['their id', { StringEquals: { 'AWS:UserId': 'AIDAADA' } }, {}],
  ['their ARN', { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:user/ada' } }, {}],
  ['their account', { StringEquals: { 'aws:PrincipalAccount': account } }, {}],
  ['what they are', { StringEquals: { 'aws:PrincipalType': 'User' } }, {}],
  ['a tag of who asks', { StringEquals: { 'aws:PrincipalTag/Lab': 'doe' } }, {}],
  ['the address', { IpAddress: { 'aws:SourceIp': '10.0.0.0/24' } }, {}],
  ['the time', { DateLessThan: { 'aws:CurrentTime': '2026-01-03T00:00:00Z' } }, {}],
  ['the time in seconds', { NumericEquals: { 'aws:EpochTime': String(Date.UTC(2026, 0, 2) / 1000) } }, {}],
  ['TLS', { Bool: { 'aws:SecureTransport': 'true' } }, { secureTransport: true }],
  ['a tag given', { StringEquals: { 'aws:RequestTag/Lab': 'doe' } }, { requestTags: { lab: 'doe' } }],
  ['the keys of tags', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['lab'] } }, { tagKeys: ['lab'] }],
  [
    'a tag of the resource',
    { StringEquals: { 'aws:ResourceTag/lab': 'doe' } },
    { resource: () => ({ tags: { lab: 'doe' } }) },
  ],
  [
    'the groups of whose it is',
    { 'ForAnyValue:StringEquals': { 'openbatch:OwnerGroup': 'chemists' } },
    { resource: () => ({ owner: 'bob', ownerGroups: () => ['staff', 'chemists'], tags: {} }) },
  ],
  [
    'whose it is',
    { StringEquals: { 'openbatch:Owner': '${aws:username}' } },
    { resource: () => ({ owner: 'ada', tags: {} }) },
  ],
  [
    'a key of the operation',
    { StringEquals: { 'batch:ShareIdentifier': 'lab' } },
    { own: { 'batch:ShareIdentifier': ['lab'] } },
  ],
] as const)('a condition may ask %s', (_what, Condition, brought) => {
  const strict = principal({ ...submit, Condition })
  expect(ask(strict, brought)).toBeUndefined()
  const others = { ...strict, name: 'bob', userId: 'AIDABOB', tags: { lab: 'roe' } }
  const without = ask(others, {
    ...{ account: '210987654321', now: Date.UTC(2027, 0, 2), sourceIp: '10.0.1.7', tagKeys: ['room'] },
    resource: () => ({ owner: 'ada', tags: {} }),
  })
  if (_what !== 'what they are') expect(without).toMatchObject({ code: 'AccessDeniedException' })
})

test('a resource is looked up only if a policy asks about it, and once', () => {
  let looks = 0
  const resource = () => {
    looks++
    return { owner: 'ada', tags: { lab: 'doe' } }
  }
  ask(principal(submit), { resource })
  expect(looks).toBe(0)
  const Condition = { StringEquals: { 'openbatch:Owner': 'ada', 'aws:ResourceTag/lab': 'doe' } }
  expect(ask(principal({ ...submit, Condition }), { resource })).toBeUndefined()
  expect(looks).toBe(1)
})
