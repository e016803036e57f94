/**
 * The policies that come with openbatch (docs/operate/access.md). They are ordinary policies: any
 * other could say the same. The owner of a job is in the condition key `openbatch:Owner`.
 */
import type { NamedPolicy } from './evaluate.ts'
import { isMalformed, parsePolicyDocument } from './policy-document.ts'

/** Actions that only read. */
const seeing = [
  ...['batch:Describe*', 'batch:Get*', 'batch:List*', 'logs:Describe*', 'logs:Filter*', 'logs:Get*'],
  ...['openbatch:ExplainJob', 'openbatch:ListInstances', 'openbatch:SearchJobs'],
  // Hosts and attempts, as EC2 and ECS show them.
  ...['ec2:Describe*', 'ecs:Describe*'],
]

/** Listing buckets and reading objects. */
const seeingObjects = ['s3:Get*', 's3:List*']

/** A principal may always see itself, and ask what it may do. The name of a user may stand below a path. */
const oneself = {
  Sid: 'AskWhatOneMayDo',
  Effect: 'Allow',
  Action: [
    'openbatch:ExplainAccess',
    'iam:GetUser',
    'iam:ListAccessKeys',
    'iam:ChangePassword',
    'iam:SimulatePrincipalPolicy',
  ],
  Resource: ['arn:*:iam::*:user/${aws:username}', 'arn:*:iam::*:user/*/${aws:username}'],
} as const

const documents = {
  OpenBatchUser: [
    { Sid: 'See', Effect: 'Allow', Action: seeing, Resource: '*' },
    {
      Sid: 'DefineAndSubmit',
      Effect: 'Allow',
      Action: ['batch:RegisterJobDefinition', 'batch:SubmitJob', 'batch:SubmitServiceJob'],
      Resource: ['arn:*:batch:*:*:job-definition/*', 'arn:*:batch:*:*:job-queue/*'],
    },
    {
      // A resource that does not exist has no owner. The operation itself says that it is missing.
      Sid: 'ChangeWhatIsOnesOwn',
      Effect: 'Allow',
      Action: [
        ...['batch:CancelJob', 'batch:TerminateJob', 'batch:DeregisterJobDefinition'],
        ...['batch:TerminateServiceJob', 'batch:UpdateServiceJob', 'batch:TagResource', 'batch:UntagResource'],
      ],
      Resource: ['arn:*:batch:*:*:job/*', 'arn:*:batch:*:*:job-definition/*', 'arn:*:batch:*:*:service-job/*'],
      Condition: { StringEqualsIfExists: { 'openbatch:Owner': '${aws:username}' } },
    },
    {
      // A group that does not exist has no owner, nor has one into which only jobs wrote.
      Sid: 'WriteLogsOfOnesOwn',
      Effect: 'Allow',
      Action: [
        ...['logs:CreateLogGroup', 'logs:DeleteLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteRetentionPolicy'],
        ...['logs:CreateLogStream', 'logs:DeleteLogStream', 'logs:PutLogEvents'],
      ],
      Resource: 'arn:*:logs:*:*:log-group:*',
      Condition: { StringEqualsIfExists: { 'openbatch:Owner': '${aws:username}' } },
    },
    { Sid: 'SeeObjects', Effect: 'Allow', Action: seeingObjects, Resource: '*' },
    {
      // A group shares its data, as it shares its disk.
      Sid: 'KeepObjects',
      Effect: 'Allow',
      Action: [
        ...['s3:PutObject', 's3:PutObjectTagging', 's3:DeleteObject', 's3:DeleteObjectTagging'],
        ...['s3:PutObjectVersionTagging', 's3:DeleteObjectVersionTagging', 's3:AbortMultipartUpload'],
        // Copying programs set the access control list, which can only be what it is.
        's3:PutObjectAcl',
      ],
      Resource: 'arn:*:s3:::*/*',
    },
    {
      // A bucket that does not exist has no owner. Directories of the operator's belong to nobody.
      Sid: 'KeepBucketsOfOnesOwn',
      Effect: 'Allow',
      Action: ['s3:CreateBucket', 's3:DeleteBucket'],
      Resource: 'arn:*:s3:::*',
      Condition: { StringEqualsIfExists: { 'openbatch:Owner': '${aws:username}' } },
    },
    {
      Sid: 'SetUpBucketsOfOnesOwn',
      Effect: 'Allow',
      Action: [
        ...['s3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:PutBucketPublicAccessBlock', 's3:PutBucketTagging'],
        ...['s3:PutLifecycleConfiguration', 's3:PutBucketCORS', 's3:PutBucketVersioning'],
        // On its objects.
        's3:DeleteObjectVersion',
      ],
      Resource: 'arn:*:s3:::*',
      Condition: { StringEquals: { 'openbatch:Owner': '${aws:username}' } },
    },
    oneself,
  ],
  OpenBatchReadOnly: [
    { Sid: 'See', Effect: 'Allow', Action: [...seeing, ...seeingObjects, 'openbatch:SeeJobs'], Resource: '*' },
    oneself,
  ],
  OpenBatchOperator: [
    {
      Sid: 'Operate',
      Effect: 'Allow',
      Action: ['batch:*', 'logs:*', 's3:*', 'openbatch:*', 'ec2:Describe*', 'ecs:Describe*'],
      Resource: '*',
    },
    oneself,
  ],
  OpenBatchAdmin: [{ Sid: 'Everything', Effect: 'Allow', Action: '*', Resource: '*' }],
} as const

export type ShippedPolicyName = keyof typeof documents

export const shippedPolicyNames = Object.keys(documents) as readonly ShippedPolicyName[]

const parsed = new Map(shippedPolicyNames.map((name) => [name, parse(name)]))

export function shippedPolicy(name: ShippedPolicyName): NamedPolicy {
  return parsed.get(name)!
}

/** JSON text for people to read and copy. */
export function shippedDocument(name: ShippedPolicyName): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: documents[name] }, undefined, 2)
}

function parse(name: ShippedPolicyName): NamedPolicy {
  const document = parsePolicyDocument(shippedDocument(name), 'identity')
  if (isMalformed(document)) throw new Error(`the policy ${name}: ${document.malformed}`)
  return { name, document }
}
