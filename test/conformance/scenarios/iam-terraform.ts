/**
 * A plan of Terraform from creation to destruction: a role for jobs, a policy for a lab's bucket, and
 * a user who may pass just that role. The calls are those that the AWS provider sends for each
 * resource, in its order; https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service/iam
 */
import { expect, test } from 'vitest'
import type { AccessKey } from '../../../src/model/generated/iam.ts'
import type { Client } from '../clients/client.ts'
import { needs, type Setting } from './setting.ts'

const arnOf = (rest: string) => `arn:aws:iam::123456789012:${rest}`
const tags = [{ Key: 'managed-by', Value: 'terraform' }]
const roleArn = arnOf('role/lab-jobs')
const policyArn = arnOf('policy/lab-bucket')
const attached = { UserName: 'lab-pipeline', PolicyName: 'submit' }

const documentOf = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const trust = (...services: string[]) =>
  documentOf({ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' })
const bucket = (...actions: string[]) =>
  documentOf({ Effect: 'Allow', Action: actions, Resource: ['arn:aws:s3:::lab', 'arn:aws:s3:::lab/*'] })
const submit = documentOf(
  { Effect: 'Allow', Action: ['batch:SubmitJob', 'batch:RegisterJobDefinition', 'batch:Describe*'], Resource: '*' },
  { Effect: 'Allow', Action: 'iam:PassRole', Resource: roleArn },
)

export function exerciseTerraform(given: () => Setting): void {
  test('Terraform makes, reads, changes and destroys a role, a policy and a user', async () => {
    const { asAdministrator: admin, kind, server } = given()
    const aws = new Provider(admin)
    await aws.createRole()
    await aws.createPolicy()
    await aws.attachRolePolicy()
    await aws.createUser()
    await aws.putUserPolicy()
    const key = await aws.createAccessKey()

    await aws.readEverything('for jobs of the lab', bucket('s3:GetObject'))
    await mayPassJustThatRole(admin)
    const credentials = { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey }
    const pipeline = kind.open({ endpoint: server.endpoint, credentials })
    expect((await pipeline.batch('DescribeJobQueues', {})).jobQueues).toHaveLength(1)
    expect(await pipeline.whoAmI()).toMatchObject({ Arn: arnOf('user/lab-pipeline') })
    await passRoles(pipeline)

    await aws.change()
    await aws.readEverything('for jobs', bucket('s3:GetObject', 's3:PutObject'))
    await expect(pipeline.batch('DescribeJobQueues', {})).rejects.toMatchObject({
      code: 'UnrecognizedClientException',
    })
    await aws.destroy(key)
    pipeline.close()
  })

  test('Terraform destroys a user with everything that was not its own, by force_destroy', async () => {
    const { asAdministrator: admin } = given()
    await admin.iam('CreateUser', { UserName: 'gone', Path: '/' })
    await admin.iam('CreateAccessKey', { UserName: 'gone' })
    await admin.iam('CreateLoginProfile', { UserName: 'gone', Password: 'correct horse', PasswordResetRequired: true })
    await destroyByForce(admin, 'gone')
    await expectGone(admin.iam('GetUser', { UserName: 'gone' }))
  })
}

/** What the provider sends, by resource. */
class Provider {
  readonly #iam: Client['iam']

  constructor({ iam }: Client) {
    this.#iam = iam
  }

  async createRole(): Promise<void> {
    const { Role } = await this.#iam('CreateRole', {
      ...{ RoleName: 'lab-jobs', Path: '/', AssumeRolePolicyDocument: trust('ecs-tasks.amazonaws.com') },
      ...{ Description: 'for jobs of the lab', MaxSessionDuration: 3600, Tags: tags },
    })
    expect(Role).toMatchObject({ RoleName: 'lab-jobs', Arn: roleArn })
  }

  async createPolicy(): Promise<void> {
    const { Policy } = await this.#iam('CreatePolicy', {
      ...{ PolicyName: 'lab-bucket', Path: '/', PolicyDocument: bucket('s3:GetObject'), Tags: tags },
    })
    expect(Policy).toMatchObject({ Arn: policyArn, DefaultVersionId: 'v1' })
  }

  async attachRolePolicy(): Promise<void> {
    await this.#iam('AttachRolePolicy', { RoleName: 'lab-jobs', PolicyArn: policyArn })
  }

  async createUser(): Promise<void> {
    const { User } = await this.#iam('CreateUser', { UserName: 'lab-pipeline', Path: '/', Tags: tags })
    expect(User).toMatchObject({ Arn: arnOf('user/lab-pipeline') })
  }

  async putUserPolicy(): Promise<void> {
    await this.#iam('PutUserPolicy', { ...attached, PolicyDocument: submit })
  }

  async createAccessKey(): Promise<AccessKey> {
    const { AccessKey } = await this.#iam('CreateAccessKey', { UserName: 'lab-pipeline' })
    return AccessKey
  }

  /** A plan without a difference. */
  async readEverything(description: string, document: string): Promise<void> {
    const { Role } = await this.#iam('GetRole', { RoleName: 'lab-jobs' })
    expect(Role).toMatchObject({ Arn: roleArn, Description: description, MaxSessionDuration: 3600, Tags: tags })
    expect(textOf(Role?.AssumeRolePolicyDocument)).toContain('ecs-tasks.amazonaws.com')
    expect((await this.#iam('ListRolePolicies', { RoleName: 'lab-jobs' })).PolicyNames).toEqual([])
    const { AttachedPolicies } = await this.#iam('ListAttachedRolePolicies', { RoleName: 'lab-jobs' })
    expect(AttachedPolicies).toEqual([{ PolicyName: 'lab-bucket', PolicyArn: policyArn }])

    const { Policy } = await this.#iam('GetPolicy', { PolicyArn: policyArn })
    expect(Policy).toMatchObject({ PolicyName: 'lab-bucket', Path: '/', AttachmentCount: 1, Tags: tags })
    const version = { PolicyArn: policyArn, VersionId: Policy?.DefaultVersionId ?? '' }
    const { PolicyVersion } = await this.#iam('GetPolicyVersion', version)
    expect(textOf(PolicyVersion?.Document)).toBe(document)

    expect((await this.#iam('GetUser', { UserName: 'lab-pipeline' })).User).toMatchObject({ Path: '/', Tags: tags })
    const { PolicyDocument } = await this.#iam('GetUserPolicy', attached)
    expect(textOf(PolicyDocument)).toBe(submit)
    const { AccessKeyMetadata } = await this.#iam('ListAccessKeys', { UserName: 'lab-pipeline' })
    expect(AccessKeyMetadata).toHaveLength(1)
  }

  /** An apply of another configuration: every kind of update that the provider has. */
  async change(): Promise<void> {
    const both = trust('ecs-tasks.amazonaws.com', 'batch.amazonaws.com')
    await this.#iam('UpdateAssumeRolePolicy', { RoleName: 'lab-jobs', PolicyDocument: both })
    await this.#iam('UpdateRoleDescription', { RoleName: 'lab-jobs', Description: 'for jobs' })
    await this.#iam('UpdateRole', { RoleName: 'lab-jobs', MaxSessionDuration: 3600 })
    await this.#iam('UntagRole', { RoleName: 'lab-jobs', TagKeys: ['managed-by'] })
    await this.#iam('TagRole', { RoleName: 'lab-jobs', Tags: tags })
    // The provider makes room for a version before it adds one.
    expect((await this.#iam('ListPolicyVersions', { PolicyArn: policyArn })).Versions).toHaveLength(1)
    const PolicyDocument = bucket('s3:GetObject', 's3:PutObject')
    await this.#iam('CreatePolicyVersion', { PolicyArn: policyArn, PolicyDocument, SetAsDefault: true })
    await this.#iam('UpdateUser', { UserName: 'lab-pipeline', NewUserName: 'lab-pipeline', NewPath: '/' })
    const { AccessKeyMetadata = [] } = await this.#iam('ListAccessKeys', { UserName: 'lab-pipeline' })
    const { AccessKeyId = '' } = AccessKeyMetadata[0]!
    await this.#iam('UpdateAccessKey', { UserName: 'lab-pipeline', AccessKeyId, Status: 'Inactive' })
  }

  async destroy({ AccessKeyId }: AccessKey): Promise<void> {
    await this.#iam('DeleteAccessKey', { UserName: 'lab-pipeline', AccessKeyId })
    await this.#iam('DeleteUserPolicy', attached)
    expect((await this.#iam('ListGroupsForUser', { UserName: 'lab-pipeline' })).Groups).toEqual([])
    await this.#iam('DeleteUser', { UserName: 'lab-pipeline' })
    await expectGone(this.#iam('GetUser', { UserName: 'lab-pipeline' }))

    await this.#iam('DetachRolePolicy', { RoleName: 'lab-jobs', PolicyArn: policyArn })
    const { Versions = [] } = await this.#iam('ListPolicyVersions', { PolicyArn: policyArn })
    for (const { IsDefaultVersion, VersionId = '' } of Versions)
      if (!IsDefaultVersion) await this.#iam('DeletePolicyVersion', { PolicyArn: policyArn, VersionId })
    await this.#iam('DeletePolicy', { PolicyArn: policyArn })
    await expectGone(this.#iam('GetPolicy', { PolicyArn: policyArn }))

    const { InstanceProfiles } = await this.#iam('ListInstanceProfilesForRole', { RoleName: 'lab-jobs' })
    expect(InstanceProfiles).toEqual([])
    await this.#iam('DeleteRole', { RoleName: 'lab-jobs' })
    await expectGone(this.#iam('GetRole', { RoleName: 'lab-jobs' }))
  }
}

/** What `aws_iam_principal_policy_simulation` asks. */
async function mayPassJustThatRole({ iam }: Client): Promise<void> {
  const { EvaluationResults = [] } = await iam('SimulatePrincipalPolicy', {
    ...{ PolicySourceArn: arnOf('user/lab-pipeline'), ActionNames: ['iam:PassRole'] },
    ResourceArns: [roleArn, arnOf('role/lab-jobs2'), arnOf('role/admin')],
  })
  expect(EvaluationResults.map(({ EvalDecision }) => EvalDecision)).toEqual(['allowed', 'implicitDeny', 'implicitDeny'])
}

/** The same as a user meets it. */
async function passRoles(pipeline: Client): Promise<void> {
  const define = (jobRoleArn: string) =>
    pipeline.batch('RegisterJobDefinition', {
      ...{ jobDefinitionName: 'of-the-lab', type: 'container' },
      containerProperties: { image: 'i', command: ['c'], jobRoleArn, resourceRequirements: needs(1, 64) },
    })
  expect(await define(roleArn)).toMatchObject({ jobDefinitionName: 'of-the-lab' })
  await expect(define(arnOf('role/admin'))).rejects.toMatchObject({
    code: 'AccessDeniedException',
    message: expect.stringContaining(`not authorized to perform: iam:PassRole on resource: ${arnOf('role/admin')}`),
  })
}

async function destroyByForce({ iam }: Client, UserName: string): Promise<void> {
  await iam('ListGroupsForUser', { UserName })
  const { AccessKeyMetadata = [] } = await iam('ListAccessKeys', { UserName })
  for (const { AccessKeyId = '' } of AccessKeyMetadata) await iam('DeleteAccessKey', { UserName, AccessKeyId })
  expect((await iam('ListSSHPublicKeys', { UserName })).SSHPublicKeys).toEqual([])
  expect((await iam('ListVirtualMFADevices', { AssignmentStatus: 'Assigned' })).VirtualMFADevices).toEqual([])
  expect((await iam('ListMFADevices', { UserName })).MFADevices).toEqual([])
  await iam('DeleteLoginProfile', { UserName })
  expect((await iam('ListSigningCertificates', { UserName })).Certificates).toEqual([])
  expect((await iam('ListServiceSpecificCredentials', { UserName })).ServiceSpecificCredentials).toEqual([])
  await iam('DeleteUser', { UserName })
}

/** The provider tells by this code that something is not there. */
async function expectGone(call: Promise<unknown>): Promise<void> {
  await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^NoSuchEntity(Exception)?$/) })
}

/** A document of an answer. boto3 decodes and parses it, other clients leave it as it was sent. */
function textOf(document: unknown): string {
  return typeof document === 'string' ? decodeURIComponent(document) : JSON.stringify(document)
}
