/**
 * Policies that AWS itself gives to users and programs of Batch mean here what they say.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBatchFullAccess.html
 */
import { expect, test } from 'vitest'
import { evaluate } from './evaluate.ts'
import { isMalformed, parsePolicyDocument } from './policy-document.ts'

function policy(name: string, ...statements: object[]) {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return { name, document }
}

const fullAccess = policy(
  'AWSBatchFullAccess',
  {
    Effect: 'Allow',
    Action: [
      ...['batch:*', 'cloudwatch:GetMetricStatistics', 'ec2:DescribeSubnets', 'ecs:Describe*', 'ecs:List*'],
      ...['logs:Describe*', 'logs:Get*', 'logs:TestMetricFilter', 'logs:FilterLogEvents', 'iam:ListRoles'],
    ],
    Resource: '*',
  },
  {
    Effect: 'Allow',
    Action: ['iam:PassRole'],
    Resource: ['arn:aws:iam::*:role/AWSBatchServiceRole', 'arn:aws:iam::*:role/AWSBatchJobRole*'],
  },
  {
    Effect: 'Allow',
    Action: ['iam:CreateServiceLinkedRole'],
    Resource: 'arn:aws:iam::*:role/*Batch*',
    Condition: { StringEquals: { 'iam:AWSServiceName': 'batch.amazonaws.com' } },
  },
)
const eventTarget = policy('AWSBatchServiceEventTargetRole', {
  ...{ Effect: 'Allow', Action: ['batch:SubmitJob'], Resource: '*' },
})
/** Of BatchServiceRolePolicy: its conditions. */
const serviceRole = policy(
  'BatchServiceRolePolicy',
  {
    Effect: 'Allow',
    Action: 'iam:PassRole',
    Resource: ['*'],
    Condition: { StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'] } },
  },
  {
    Effect: 'Allow',
    Action: ['ec2:TerminateInstances'],
    Resource: '*',
    Condition: { Null: { 'aws:ResourceTag/AWSBatchServiceTag': 'false' } },
  },
  { Effect: 'Allow', Action: ['logs:CreateLogStream'], Resource: 'arn:aws:logs:*:*:log-group:/aws/batch/job*' },
)

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const queue = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'

test.each([
  [fullAccess, 'batch:CreateJobQueue', queue, {}, true],
  [fullAccess, 'BATCH:submitjob', queue, {}, true],
  [fullAccess, 'logs:GetLogEvents', '*', {}, true],
  [fullAccess, 'logs:DeleteLogGroup', '*', {}, false],
  [fullAccess, 'iam:PassRole', role('AWSBatchJobRole-lab'), {}, true],
  [fullAccess, 'iam:PassRole', role('lab'), {}, false],
  [
    fullAccess,
    'iam:CreateServiceLinkedRole',
    role('OurBatch'),
    { 'iam:awsservicename': ['batch.amazonaws.com'] },
    true,
  ],
  [fullAccess, 'iam:CreateServiceLinkedRole', role('OurBatch'), {}, false],
  [fullAccess, 'iam:CreateUser', '*', {}, false],
  [fullAccess, 's3:GetObject', 'arn:aws:s3:::lab/key', {}, false],
  [eventTarget, 'batch:SubmitJob', queue, {}, true],
  [eventTarget, 'batch:TerminateJob', '*', {}, false],
  [serviceRole, 'iam:PassRole', role('lab'), { 'iam:passedtoservice': ['ecs-tasks.amazonaws.com'] }, true],
  [serviceRole, 'iam:PassRole', role('lab'), { 'iam:passedtoservice': ['lambda.amazonaws.com'] }, false],
  [serviceRole, 'ec2:TerminateInstances', '*', { 'aws:resourcetag/awsbatchservicetag': ['x'] }, true],
  [serviceRole, 'ec2:TerminateInstances', '*', {}, false],
  [serviceRole, 'logs:CreateLogStream', 'arn:aws:logs:us-west-2:1:log-group:/aws/batch/job-a', {}, true],
  [serviceRole, 'logs:CreateLogStream', 'arn:aws:logs:us-west-2:1:log-group:/lab', {}, false],
] as const)('$0.name: $1 on $2 with %o: %s', (granted, action, resource, brought, allowed) => {
  const context = new Map<string, readonly string[]>(Object.entries(brought))
  expect(evaluate([granted], { action, resource, context }).kind === 'allowed').toBe(allowed)
})
