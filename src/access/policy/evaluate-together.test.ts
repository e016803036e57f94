/** The policies of an identity and that of a resource, in one account. */
import { describe, expect, test } from 'vitest'
import { type Principal, principalNames } from '../principal.ts'
import type { NamedPolicy } from './evaluate.ts'
import { evaluateTogether } from './evaluate-together.ts'
import { type DocumentKind, isMalformed, parsePolicyDocument } from './policy-document.ts'

const account = '123456789012'
const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::lab/x', context: new Map() }
const get = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::lab/*' }
const ada: Principal = { name: 'ada', userId: 'AIDAADA', policies: [] }
const lab: Principal = {
  ...{ name: 'ada', userId: 'AIDAADA', policies: [] },
  session: { assumedRole: { id: 'AROALAB', name: 'lab', path: '/wet/', sessionName: 'mine' } },
}
const job: Principal = { ...ada, session: { attempt: { jobId: 'j', number: 1 } } }
const user = `arn:aws:iam::${account}:user/ada`
const root = `arn:aws:iam::${account}:root`

function policy(kind: DocumentKind, ...statements: object[]): NamedPolicy[] {
  if (statements.length === 0) return []
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind)
  if (isMalformed(document)) throw new Error(document.malformed)
  return [{ name: kind, document }]
}

function decide(ofIdentity: object[], ofResource: object[], who: Principal = ada) {
  const both = { ofIdentity: policy('identity', ...ofIdentity), ofResource: policy('resource', ...ofResource) }
  return evaluateTogether(both, request, () => principalNames(account, who))
}

const to = (Principal: unknown, more: object = {}) => ({ ...get, Principal, ...more })
const deny = { Effect: 'Deny' }

describe('with the policy of a resource', () => {
  test.each<[string, object[], object[], string, string]>([
    ['neither', [], [], 'notAllowed', 'identity'],
    ['an Allow of the identity', [get], [], 'allowed', 'identity'],
    ['an Allow of the resource', [], [to({ AWS: user })], 'allowed', 'resource'],
    ['an Allow for everybody', [], [to('*')], 'allowed', 'resource'],
    ['an Allow for somebody else', [], [to({ AWS: `${user}a` })], 'notAllowed', 'identity'],
    ['a Deny of the identity', [{ ...get, ...deny }], [to('*')], 'denied', 'identity'],
    ['a Deny of the resource', [get], [to('*', deny), to('*')], 'denied', 'resource'],
    ['a Deny for the account', [get], [to({ AWS: account }, deny)], 'denied', 'resource'],
    ['an Allow for the account', [], [to({ AWS: [account, root] })], 'notAllowed', 'identity'],
    ['an Allow for the account and of the identity', [get], [to({ AWS: root })], 'allowed', 'identity'],
    [
      'a Deny for all but the caller',
      [get],
      [to(undefined, { ...deny, NotPrincipal: { AWS: user } })],
      'allowed',
      'identity',
    ],
    [
      'a Deny for all but somebody else, whose account is named as AWS wants it',
      [get],
      [to(undefined, { ...deny, NotPrincipal: { AWS: [`${user}a`, root] } })],
      ...(['denied', 'resource'] as const),
    ],
    ['an Allow by the id of the user', [], [to({ AWS: 'AIDAADA' })], 'allowed', 'resource'],
  ])('%s: %3$s', (_, ofIdentity, ofResource, kind, basedOn) => {
    expect(decide(ofIdentity, ofResource)).toMatchObject({ kind, basedOn })
  })

  test('a role is named by itself and by its session, and is not its user', () => {
    const kindOf = (name: string) => decide([], [to({ AWS: name })], lab).kind
    expect(kindOf(`arn:aws:iam::${account}:role/wet/lab`)).toBe('allowed')
    expect(kindOf(`arn:aws:sts::${account}:assumed-role/lab/mine`)).toBe('allowed')
    expect(kindOf(`arn:aws:sts::${account}:assumed-role/lab/other`)).toBe('notAllowed')
    expect(kindOf(user)).toBe('notAllowed')
  })

  test('a job without a role is not its owner', () => {
    expect(decide([], [to({ AWS: [user, 'AIDAADA'] })], job).kind).toBe('notAllowed')
  })

  test('what came near is shown of both', () => {
    const elsewhere = { ...get, Resource: 'arn:aws:s3:::other/*' }
    const nearly = (statement: object) => {
      const decision = decide([elsewhere], [statement])
      return decision.kind === 'notAllowed' && decision.nearly
    }
    const byIdentity = { policy: 'identity', statement: '1', missed: 'resource' }
    const Condition = { StringEquals: { 'aws:username': 'bob' } }
    expect(nearly(to('*', { Condition }))).toEqual([
      byIdentity,
      { policy: 'resource', statement: '1', missed: 'condition', condition: 'StringEquals aws:username' },
    ])
    expect(nearly(to({ AWS: root }))).toEqual([byIdentity, { policy: 'resource', statement: '1', missed: 'account' }])
  })
})
