/**
 * Writes the generated shapes: TypeScript types, JSON Schemas and the table of operations, for AWS
 * Batch and for the parts of other services that openbatch serves. Everything comes from the
 * run-time schemas inside the AWS SDK, except enums, which come from its type declarations: only
 * these say which member uses which enum. `npm run generate` runs it; the output is committed, and
 * `generate-shapes.test.ts` proves that it is fresh.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ReadOptions, readService, type Service } from './shapes/read-sdk.ts'
import { writeOperations } from './shapes/write-operations.ts'
import { writeQueryNames } from './shapes/write-query-names.ts'
import { writeJsonSchema } from './shapes/write-schema.ts'
import { writeTypes } from './shapes/write-types.ts'

/** The Logs operations that openbatch answers, or knows well enough to refuse by name. */
const logsOperations = [
  ...['DescribeLogGroups', 'DescribeLogStreams', 'FilterLogEvents', 'GetLogEvents', 'StartLiveTail'],
  ...['CreateLogGroup', 'CreateLogStream', 'PutLogEvents', 'DeleteLogGroup', 'DeleteLogStream'],
  ...['PutRetentionPolicy', 'DeleteRetentionPolicy'],
]

/** The operations of further services that programs ask before they start. */
const smallServices: readonly { name: string; package: string; options: ReadOptions }[] = [
  {
    name: 'ec2',
    package: '@aws-sdk/client-ec2',
    options: { only: ['DescribeInstances', 'DescribeInstanceTypes'], enumsAsStrings: true },
  },
  {
    name: 'ecs',
    package: '@aws-sdk/client-ecs',
    options: { only: ['DescribeTasks', 'DescribeContainerInstances'], timestamps: 'seconds' },
  },
  {
    name: 'ssm',
    package: '@aws-sdk/client-ssm',
    options: { only: ['GetParameter', 'GetParameters'], timestamps: 'seconds' },
  },
  {
    name: 'secretsmanager',
    package: '@aws-sdk/client-secrets-manager',
    options: { only: ['GetSecretValue', 'DescribeSecret'], timestamps: 'seconds' },
  },
]

/** The operations of IAM that openbatch answers: users, groups, roles, keys and policies. */
const iamOperations = [
  ...['CreateUser', 'GetUser', 'ListUsers', 'UpdateUser', 'DeleteUser'],
  ...['TagUser', 'UntagUser', 'ListUserTags', 'TagRole', 'UntagRole', 'ListRoleTags'],
  ...['TagPolicy', 'UntagPolicy', 'ListPolicyTags'],
  ...['CreateAccessKey', 'ListAccessKeys', 'UpdateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed'],
  ...['CreateLoginProfile', 'GetLoginProfile', 'UpdateLoginProfile', 'DeleteLoginProfile', 'ChangePassword'],
  ...['CreateGroup', 'GetGroup', 'ListGroups', 'UpdateGroup', 'DeleteGroup'],
  ...['AddUserToGroup', 'RemoveUserFromGroup', 'ListGroupsForUser'],
  ...['CreateRole', 'GetRole', 'ListRoles', 'UpdateRole', 'UpdateRoleDescription', 'DeleteRole'],
  ...['UpdateAssumeRolePolicy', 'ListInstanceProfilesForRole'],
  ...['PutUserPolicy', 'GetUserPolicy', 'DeleteUserPolicy', 'ListUserPolicies'],
  ...['PutGroupPolicy', 'GetGroupPolicy', 'DeleteGroupPolicy', 'ListGroupPolicies'],
  ...['PutRolePolicy', 'GetRolePolicy', 'DeleteRolePolicy', 'ListRolePolicies'],
  ...['AttachUserPolicy', 'DetachUserPolicy', 'ListAttachedUserPolicies'],
  ...['AttachGroupPolicy', 'DetachGroupPolicy', 'ListAttachedGroupPolicies'],
  ...['AttachRolePolicy', 'DetachRolePolicy', 'ListAttachedRolePolicies', 'ListEntitiesForPolicy'],
  ...['CreatePolicy', 'GetPolicy', 'ListPolicies', 'DeletePolicy'],
  ...[
    'CreatePolicyVersion',
    'GetPolicyVersion',
    'ListPolicyVersions',
    'SetDefaultPolicyVersion',
    'DeletePolicyVersion',
  ],
  ...['SimulatePrincipalPolicy', 'SimulateCustomPolicy'],
  // There are none of these: Terraform asks before it deletes a user with `force_destroy`.
  ...['ListMFADevices', 'ListVirtualMFADevices', 'ListServiceSpecificCredentials'],
  ...['ListSigningCertificates', 'ListSSHPublicKeys'],
]

/** Every generated file: its path from the repository's root and its text. */
export async function generateShapes(): Promise<Map<string, string>> {
  const batch: Service = await readService('batch', '@aws-sdk/client-batch')
  const logs: Service = await readService('logs', '@aws-sdk/client-cloudwatch-logs', { only: logsOperations })
  const iam: Service = await readService('iam', '@aws-sdk/client-iam', { only: iamOperations })
  const small = await Promise.all(smallServices.map((one) => readService(one.name, one.package, one.options)))
  const services = [batch, logs, iam, ...small]
  return new Map([
    ...services.map((service) => [`src/model/generated/${service.name}.ts`, writeTypes(service)] as const),
    ...services.map((service) => [`src/edge/generated/${service.name}.schema.json`, writeJsonSchema(service)] as const),
    ['src/edge/generated/operations.ts', writeOperations(services)],
    ['src/edge/generated/ec2-names.ts', writeQueryNames(small.find(({ name }) => name === 'ec2')!)],
  ])
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  for (const [path, text] of await generateShapes()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}
