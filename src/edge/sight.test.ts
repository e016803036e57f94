/** Whose jobs a caller may know of, by the configuration and by policies. */
import { expect, test } from 'vitest'
import type { NamedPolicy } from '../access/policy/evaluate.ts'
import { isMalformed, parsePolicyDocument } from '../access/policy/policy-document.ts'
import { shippedPolicy } from '../access/policy/shipped.ts'
import type { RequestContext } from './context.ts'
import { Sight } from './sight.ts'

const groups: Readonly<Record<string, readonly string[]>> = { ada: ['chemists'], bob: ['chemists', 'staff'], eve: [] }
const identities = {
  current: () => ({
    list: () => Object.keys(groups).map((name) => ({ name })),
    named: (_: string, name: string) => (groups[name] ? { name } : undefined),
    groupsOf: ({ name }: { name: string }) => groups[name]!.map((group) => ({ name: group })),
  }),
}

function policy(statement: object): NamedPolicy {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statement }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return { name: 'own', document }
}

function sightOfAda(policies: readonly NamedPolicy[], othersJobs: 'visible' | 'hidden' = 'hidden'): Sight {
  const backend = { account: '123456789012', region: 'us-west-2', othersJobs, identities }
  const principal = { name: 'ada', userId: 'AIDAADA', policies }
  return new Sight({ backend, principal, now: () => 0, sourceIp: '127.0.0.1' } as unknown as RequestContext)
}

const allow = { Effect: 'Allow', Action: 'openbatch:SeeJobs' }
const user = 'arn:aws:iam::123456789012:user'

test.each<[string, readonly NamedPolicy[], readonly string[] | undefined]>([
  ['no policy', [], ['ada']],
  ['OpenBatchUser', [shippedPolicy('OpenBatchUser')], ['ada']],
  ['OpenBatchReadOnly', [shippedPolicy('OpenBatchReadOnly')], undefined],
  ['OpenBatchOperator', [shippedPolicy('OpenBatchOperator')], undefined],
  ['OpenBatchAdmin', [shippedPolicy('OpenBatchAdmin')], undefined],
  ['a policy for one user', [policy({ ...allow, Resource: `${user}/eve` })], ['ada', 'eve']],
  ['a policy for all users', [policy({ ...allow, Resource: `${user}/*` })], undefined],
  [
    'a policy for the members of a group',
    [
      policy({
        ...allow,
        ...{ Resource: '*', Condition: { 'ForAnyValue:StringEquals': { 'openbatch:OwnerGroup': 'chemists' } } },
      }),
    ],
    ['ada', 'bob'],
  ],
  [
    'everybody but one',
    [shippedPolicy('OpenBatchAdmin'), policy({ ...allow, Effect: 'Deny', Resource: `${user}/eve` })],
    ['ada', 'bob'],
  ],
  ['a policy that denies even oneself', [policy({ ...allow, Effect: 'Deny', Resource: '*' })], ['ada']],
])('under %s', (_, policies, owners) => {
  const sight = sightOfAda(policies)
  expect(sight.owners?.toSorted()).toEqual(owners)
  for (const name of Object.keys(groups)) expect(sight.sees(name)).toBe(owners?.includes(name) ?? true)
  // A user who is gone is seen by those who see everybody.
  expect(sight.sees('gone')).toBe(owners === undefined)
})

test('where others’ jobs are visible, everybody sees all of them', () => {
  const sight = sightOfAda([], 'visible')
  expect(sight.owners).toBeUndefined()
  expect(sight.sees('eve')).toBe(true)
  expect(sight.hides('any')).toBe(false)
})
