/**
 * Who may call what on whose: every operation of the services, under every shipped policy, on what
 * is the caller's own, of a member of the caller's group, of somebody else, and absent. The outcomes
 * are written down in `authorisation-matrix.testing.ts`, and not derived from the policies.
 */
import { expect, test } from 'vitest'
import type { IdentityRecord } from '../access/identities/entities.ts'
import { Identities } from '../access/identities/identities.ts'
import type { NamedPolicy } from '../access/policy/evaluate.ts'
import { isMalformed, parsePolicyDocument } from '../access/policy/policy-document.ts'
import { shippedPolicy, shippedPolicyNames } from '../access/policy/shipped.ts'
import { submitJob } from '../core/job/submit.ts'
import { registerJobDefinition } from '../core/job-definition/decide.ts'
import { makeWorld, needs } from '../core/world.testing.ts'
import { arn } from '../model/arn.ts'
import { isRefusal } from '../model/refusal.ts'
import {
  byDefault,
  type Column,
  columns,
  inputsOf,
  matrix,
  type Outcome,
  type Row,
  type Whose,
} from './authorisation-matrix.testing.ts'
import type { RequestContext } from './context.ts'
import { ApiFailure } from './errors.ts'
import type { Operation } from './operation.ts'
import { resourcesOf } from './resources-of.ts'
import { servicesOf } from './services.ts'
import { authoriseCall } from './steps/authorise.ts'

const account = { account: '123456789012', region: 'us-west-2' }
const owners = { own: 'ada', group: 'bob', other: 'eve' } as const
const groups: Readonly<Record<string, readonly string[]>> = { ada: ['chemists'], bob: ['chemists'], eve: ['staff'] }
const absentJob = '12345678-1234-4123-8123-123456789abc'

/** The users with a key each, and their groups. */
const known = new Identities(
  Object.entries(groups).flatMap(([name, of]): IdentityRecord[] => {
    const entity = { name, path: '/', id: `AIDA${name}`, createdAtMs: 0, tags: {} }
    const holder = { ...entity, inlinePolicies: {}, attachedPolicyIds: [] }
    return [
      { ...holder, kind: 'user', groupIds: of.map((group) => `AGPA${group}`), disabled: false },
      ...of.map((group): IdentityRecord => ({ ...holder, kind: 'group', name: group, id: `AGPA${group}` })),
      {
        ...{ kind: 'accessKey', id: `KEY${name}`, userId: entity.id, status: 'Active' },
        ...{ sealedSecret: '', createdAtMs: 0 },
      },
    ]
  }),
)

/** A job and a definition of each user. */
const world = makeWorld()
const jobs: Record<Whose, string> = { own: '', group: '', other: '', absent: absentJob }
for (const [whose, owner] of Object.entries(owners) as [Exclude<Whose, 'absent'>, string][]) {
  world.do(
    registerJobDefinition(
      {
        ...{ jobDefinitionName: `of-${owner}`, type: 'container' },
        containerProperties: { image: 'i', command: ['c'], resourceRequirements: needs(1, 64) },
      },
      owner,
    ),
  )
  const made = world.do(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: `of-${owner}` }, owner))
  jobs[whose] = made.jobId
}

/** What a request may name, by whose it is. Whatever has no owner is there, or is absent. */
function named(whose: Whose) {
  const owner = whose === 'absent' ? 'nobody' : owners[whose]
  const jobDefinition = arn(account, 'job-definition', `of-${owner}:1`)
  return { whose, owner, jobId: jobs[whose], jobArn: arn(account, 'job', jobs[whose]), jobDefinition }
}

/** As docs/operate/access.md has it for the members of a group. */
const groupStatement = {
  Effect: 'Allow',
  Action: ['batch:CancelJob', 'batch:TerminateJob'],
  Resource: 'arn:aws:batch:*:*:job/*',
  Condition: { 'ForAnyValue:StringEquals': { 'openbatch:OwnerGroup': 'chemists' } },
}

function policyOf(statement: object): NamedPolicy {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statement }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return { name: 'own', document }
}

const policies: Readonly<Record<Column, readonly NamedPolicy[]>> = {
  none: [],
  user: [shippedPolicy('OpenBatchUser')],
  group: [shippedPolicy('OpenBatchUser'), policyOf(groupStatement)],
  readOnly: [shippedPolicy('OpenBatchReadOnly')],
  operator: [shippedPolicy('OpenBatchOperator')],
  admin: [shippedPolicy('OpenBatchAdmin')],
}

function contextOf(column: Column): RequestContext {
  return {
    backend: {
      ...account,
      loop: { state: world.state },
      store: { getJobs: () => new Map() },
      objects: {
        settings: () => ({}),
        bucket: (name: string) =>
          Object.values(owners)
            .filter((owner) => name === `of-${owner}`)
            .map((owner) => ({ name, owner }))[0],
      },
      identities: { current: () => known },
      secrets: { look: () => undefined },
      logs: {
        written: {
          ownerOf: ({ group }: { group: string }) => Object.values(owners).find((owner) => group === `of-${owner}`),
        },
      },
    },
    principal: { name: 'ada', userId: 'AIDAADA', policies: policies[column] },
    ...{ now: () => world.now, sourceIp: '127.0.0.1' },
  } as unknown as RequestContext
}

function isLetThrough(operation: Operation, input: object, column: Column): boolean {
  const context = contextOf(column)
  const call = { operation, input }
  const resources = resourcesOf(call, context)
  try {
    const refused = authoriseCall(call, resources, context, undefined)
    expect([...refused.values()].every(isRefusal)).toBe(true)
    return refused.size === 0
  } catch (error) {
    if (error instanceof ApiFailure && error.failure.httpStatus === 403) return false
    throw error
  }
}

const whoses: Readonly<Record<Outcome, readonly Whose[]>> = {
  all: ['own', 'group', 'other', 'absent'],
  group: ['own', 'group', 'absent'],
  own: ['own', 'absent'],
  made: ['own'],
  oneself: ['own'],
  '-': [],
}

const operations = servicesOf().flatMap((service) => service.operations)
const nameOf = ({ service, name }: Operation) => `${service}:${name}`

function rowsOf(operation: Operation): readonly Row[] {
  const own = matrix.filter(({ name }) => name === nameOf(operation))
  return own.length > 0 ? own : byDefault.filter(({ name }) => name === `${operation.service}:*`)
}

test.each(operations.map((operation) => [nameOf(operation), operation]))('%s', (name, operation) => {
  const rows = rowsOf(operation)
  expect(rows.length, `${name} needs a row in authorisation-matrix.testing.ts`).toBeGreaterThan(0)
  for (const { on, outcomes } of rows)
    for (const column of columns) {
      const through = (Object.keys(jobs) as Whose[]).filter((whose) =>
        isLetThrough(operation, inputsOf(on, named(whose)), column),
      )
      expect(through, `${name} on ${on} under ${column}`).toEqual(whoses[outcomes[column]])
    }
})

test('every row is about an operation, and every shipped policy has a column', () => {
  const names = operations.map(nameOf)
  expect(matrix.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([])
  expect(shippedPolicyNames).toEqual(['OpenBatchUser', 'OpenBatchReadOnly', 'OpenBatchOperator', 'OpenBatchAdmin'])
})

test('an operation without permission is one of those that are named', () => {
  const open = operations.filter(({ needsNoPermission }) => needsNoPermission).map(nameOf)
  const named = matrix.filter(({ outcomes }) => outcomes.none === 'all').map(({ name }) => name)
  expect(open.sort()).toEqual(named.sort())
})
