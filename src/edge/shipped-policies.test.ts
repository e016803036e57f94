/** The shipped policies over the whole catalogue of actions: every action, on every kind of resource, one's own, another's and absent. */
import { describe, expect, test } from 'vitest'
import { evaluate, type NamedPolicy } from '../access/policy/evaluate.ts'
import { isMalformed, parsePolicyDocument } from '../access/policy/policy-document.ts'
import { type ShippedPolicyName, shippedDocument, shippedPolicy, shippedPolicyNames } from '../access/policy/shipped.ts'
import { arn, resourceKinds } from '../model/arn.ts'
import { actionsOf } from './actions.ts'
import { servicesOf } from './services.ts'

const account = { account: '123456789012', region: 'us-west-2' }
const logGroup = 'arn:aws:logs:us-west-2:123456789012:log-group:g:*'
const resources = [
  ...resourceKinds.map((kind) => arn(account, kind, 'x')),
  'arn:aws:s3:::b',
  'arn:aws:s3:::b/k',
  logGroup,
  '*',
]

interface Asked {
  readonly action: string
  readonly resource: string
  readonly owner?: string | undefined
}

function may(policy: NamedPolicy, { action, resource, owner }: Asked): boolean {
  const context = new Map([
    ['aws:username', ['ada']],
    ...(owner === undefined ? [] : [['openbatch:owner', [owner]]]),
  ] as [string, string[]][])
  return evaluate([policy], { action, resource, context }).kind === 'allowed'
}

const actions = actionsOf(servicesOf()).map(({ name }) => name)
const reads = actions.filter(
  (name) =>
    /^((batch|logs):(Describe|Filter|Get|List)|s3:(Get|List)|(ec2|ecs):Describe)/.test(name) ||
    /:(ExplainJob|ListInstances|SearchJobs)$/.test(name),
)
/** What ordinary users may change, and on which kinds of resource. */
const changes: Readonly<Record<string, readonly string[]>> = {
  'batch:RegisterJobDefinition': ['job-definition', 'job-queue'],
  'batch:SubmitJob': ['job-definition', 'job-queue'],
  'batch:SubmitServiceJob': ['job-definition', 'job-queue'],
  's3:PutObject': ['object'],
  's3:PutObjectTagging': ['object'],
  's3:PutObjectAcl': ['object'],
  's3:DeleteObject': ['object'],
  's3:DeleteObjectTagging': ['object'],
  's3:PutObjectVersionTagging': ['object'],
  's3:DeleteObjectVersionTagging': ['object'],
  's3:AbortMultipartUpload': ['object'],
}
/** Only of what they made themselves. */
const changesOfOnesOwn = [
  ...['batch:CancelJob', 'batch:TerminateJob', 'batch:DeregisterJobDefinition', 'batch:TerminateServiceJob'],
  ...['batch:UpdateServiceJob', 'batch:TagResource', 'batch:UntagResource'],
]
const onesOwn = ['job', 'job-definition', 'service-job']
const bucketsOfOnesOwn = ['s3:CreateBucket', 's3:DeleteBucket']
const logsOfOnesOwn = [
  ...['logs:CreateLogGroup', 'logs:DeleteLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteRetentionPolicy'],
  ...['logs:CreateLogStream', 'logs:DeleteLogStream', 'logs:PutLogEvents'],
]
/** Only of buckets that are there: nobody made the directories of the operator's. */
const settingsOfOnesOwn = [
  ...['s3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:PutBucketPublicAccessBlock', 's3:PutBucketTagging'],
  ...['s3:PutLifecycleConfiguration', 's3:PutBucketCORS', 's3:PutBucketVersioning', 's3:DeleteObjectVersion'],
]

/** Every action, on every kind of resource that is Ada's, somebody else's, or not there. */
const cases = actions
  .filter((name) => name !== 'openbatch:ExplainAccess')
  .flatMap((action) =>
    resources.flatMap((resource) => (['ada', 'bob', undefined] as const).map((owner) => ({ action, resource, owner }))),
  )

/** Written down apart from the policies: what each allows. */
function expected(policy: ShippedPolicyName, { action, resource, owner }: (typeof cases)[number]): boolean {
  if (policy === 'OpenBatchAdmin') return true
  // Users and their policies are for administrators, and so are the operator's secrets until a policy gives them.
  if (/^(iam|ssm|secretsmanager):/.test(action)) return false
  if (policy === 'OpenBatchOperator') return true
  if (reads.includes(action)) return true
  if (action === 'openbatch:SeeJobs') return policy === 'OpenBatchReadOnly'
  if (policy === 'OpenBatchReadOnly') return false
  const kind = /^arn:aws:s3:/.test(resource)
    ? resource.includes('/')
      ? 'object'
      : 'bucket'
    : (/:([a-z-]+)\/x$/.exec(resource)?.[1] ?? '*')
  if (changes[action]) return changes[action].includes(kind)
  if (logsOfOnesOwn.includes(action)) return resource === logGroup && owner !== 'bob'
  if (bucketsOfOnesOwn.includes(action)) return (kind === 'bucket' || kind === 'object') && owner !== 'bob'
  if (settingsOfOnesOwn.includes(action)) return (kind === 'bucket' || kind === 'object') && owner === 'ada'
  return changesOfOnesOwn.includes(action) && onesOwn.includes(kind) && owner !== 'bob'
}

describe.each(shippedPolicyNames)('%s', (policy) => {
  test(`allows exactly what it is for, over ${cases.length} cases`, () => {
    const wrong = cases.filter((it) => may(shippedPolicy(policy), it) !== expected(policy, it))
    expect(wrong).toEqual([])
  })

  test('explains to everybody what they may do themselves', () => {
    const explain = (name: string) =>
      may(shippedPolicy(policy), {
        action: 'openbatch:ExplainAccess',
        resource: `arn:aws:iam::123456789012:user/${name}`,
      })
    const ofOthers = policy === 'OpenBatchAdmin' || policy === 'OpenBatchOperator'
    expect([explain('ada'), explain('bob')]).toEqual([true, ofOthers])
  })

  test('shows everybody themselves, and nobody else', () => {
    const see = (name: string) =>
      ['iam:GetUser', 'iam:ListAccessKeys', 'iam:SimulatePrincipalPolicy'].map((action) =>
        may(shippedPolicy(policy), { action, resource: `arn:aws:iam::123456789012:user/${name}` }),
      )
    const ofOthers = policy === 'OpenBatchAdmin'
    const all = (allowed: boolean) => [allowed, allowed, allowed]
    expect(['ada', 'lab/ada', 'bob', 'ada/bob', 'xada'].map(see)).toEqual(
      [true, true, ofOthers, ofOthers, ofOthers].map(all),
    )
  })
})

test('a wildcard among their actions allows what the list of all that it describes allows', () => {
  for (const policy of shippedPolicyNames) {
    const { Version, Statement } = JSON.parse(shippedDocument(policy))
    const described = (text: string) =>
      actions.filter((name) => new RegExp(`^${text.replaceAll('*', '.*')}$`).test(name))
    const listed = Statement.map((each: { Action: string | string[] }) => ({
      ...each,
      Action: [each.Action].flat().flatMap(described),
    }))
    const document = parsePolicyDocument(JSON.stringify({ Version, Statement: listed }), 'identity')
    if (isMalformed(document)) throw new Error(document.malformed)
    const byList = { name: policy, document }
    const wrong = cases.filter((it) => may(byList, it) !== may(shippedPolicy(policy), it))
    expect(wrong).toEqual([])
  }
})

test('only administrators touch what is not batch, logs, s3 or openbatch', () => {
  const allowed = shippedPolicyNames.filter((policy) =>
    may(shippedPolicy(policy), { action: 'iam:CreateUser', resource: '*' }),
  )
  expect(allowed).toEqual(['OpenBatchAdmin'])
})

test('an action that nobody knows is allowed to nobody but those who may everything', () => {
  const allowed = shippedPolicyNames.filter((policy) =>
    may(shippedPolicy(policy), { action: 'batch:InventThings', resource: '*' }),
  )
  expect(allowed).toEqual(['OpenBatchOperator', 'OpenBatchAdmin'])
})

test('every action belongs to one of the lists above, or is for operators', () => {
  const known = [
    ...reads,
    ...Object.keys(changes),
    ...changesOfOnesOwn,
    ...bucketsOfOnesOwn,
    ...settingsOfOnesOwn,
    ...logsOfOnesOwn,
  ]
  expect(known.filter((name) => !actions.includes(name))).toEqual([])
})
