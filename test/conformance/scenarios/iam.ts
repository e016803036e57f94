/**
 * IAM as its clients call it: every operation once with what it answers, and once with its main
 * refusal.
 */
import { expect, test } from 'vitest'
import type { CreateAccessKeyResponse, IamOperations } from '../../../src/model/generated/iam.ts'
import { testPasswords } from '../../support/openbatch-server.ts'
import { type Client, ServiceError } from '../clients/client.ts'
import type { Setting } from './setting.ts'

type Name = keyof IamOperations

/** A call with what it answers, or with the code of the refusal. */
type Step = {
  readonly [N in Name]: readonly [N, IamOperations[N]['input'], (object | string)?]
}[Name]

const account = '123456789012'
const arnOf = (rest: string) => `arn:aws:iam::${account}:${rest}`
const policyArn = arnOf('policy/lab/read-bucket')
const shippedArn = 'arn:aws:iam::aws:policy/OpenBatchReadOnly'
const policy = (...actions: string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] })
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})
const Tags = [{ Key: 'team', Value: 'a +b' }]
const one = { MaxItems: 1 }
const inLab = { PathPrefix: '/lab/' }

const users: readonly Step[] = [
  ['CreateUser', { UserName: 'ida', Path: '/lab/', Tags }, { User: { Arn: arnOf('user/lab/ida'), Tags } }],
  ['CreateUser', { UserName: 'IDA' }, 'EntityAlreadyExists'],
  ['GetUser', { UserName: 'ida' }, { User: { UserName: 'ida', Path: '/lab/', UserId: expect.any(String), Tags } }],
  ['GetUser', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['GetUser', {}, { User: { UserName: 'admin' } }],
  ['ListUsers', inLab, { Users: [{ UserName: 'ida' }], IsTruncated: false }],
  ['ListUsers', { PathPrefix: 'lab' }, 'ValidationError'],
  ['UpdateUser', { UserName: 'ida', NewUserName: 'ida2', NewPath: '/lab/two/' }],
  ['UpdateUser', { UserName: 'ida2', NewUserName: 'admin' }, 'EntityAlreadyExists'],
  ['GetUser', { UserName: 'ida2' }, { User: { Arn: arnOf('user/lab/two/ida2') } }],
  ['UpdateUser', { UserName: 'ida2', NewUserName: 'ida', NewPath: '/lab/' }],
  ['TagUser', { UserName: 'ida', Tags: [{ Key: 'room', Value: '' }] }],
  ['TagUser', { UserName: 'nobody', Tags }, 'NoSuchEntity'],
  ['ListUserTags', { UserName: 'ida', ...one }, { Tags: [{ Key: 'room', Value: '' }], IsTruncated: true }],
  ['ListUserTags', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['UntagUser', { UserName: 'ida', TagKeys: ['room', 'team'] }],
  ['UntagUser', { UserName: 'nobody', TagKeys: ['room'] }, 'NoSuchEntity'],
  ['ListUserTags', { UserName: 'ida' }, { Tags: [], IsTruncated: false }],
  ['ListMFADevices', { UserName: 'ida' }, { MFADevices: [] }],
  ['ListMFADevices', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['ListVirtualMFADevices', {}, { VirtualMFADevices: [] }],
  ['ListVirtualMFADevices', { MaxItems: 1001 }, 'ValidationError'],
  ['ListServiceSpecificCredentials', { UserName: 'ida' }, { ServiceSpecificCredentials: [] }],
  ['ListServiceSpecificCredentials', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['ListSigningCertificates', { UserName: 'ida' }, { Certificates: [] }],
  ['ListSigningCertificates', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['ListSSHPublicKeys', { UserName: 'ida' }, { SSHPublicKeys: [] }],
  ['ListSSHPublicKeys', { UserName: 'nobody' }, 'NoSuchEntity'],
]

const [Password, newPassword] = testPasswords
const loginProfile = { UserName: 'ida', PasswordResetRequired: true }
const loginProfiles: readonly Step[] = [
  ['GetLoginProfile', { UserName: 'ida' }, 'NoSuchEntity'],
  ['UpdateLoginProfile', { UserName: 'ida', Password }, 'NoSuchEntity'],
  ['CreateLoginProfile', { ...loginProfile, Password: 'short' }, 'PasswordPolicyViolation'],
  ['CreateLoginProfile', { ...loginProfile, Password }, { LoginProfile: loginProfile }],
  ['CreateLoginProfile', { ...loginProfile, Password }, 'EntityAlreadyExists'],
  ['UpdateLoginProfile', { UserName: 'ida', PasswordResetRequired: false }],
  ['GetLoginProfile', { UserName: 'ida' }, { LoginProfile: { UserName: 'ida', PasswordResetRequired: false } }],
  ['DeleteUser', { UserName: 'ida' }, 'DeleteConflict'],
  ['DeleteLoginProfile', { UserName: 'ida' }],
  ['DeleteLoginProfile', { UserName: 'ida' }, 'NoSuchEntity'],
]

const groups: readonly Step[] = [
  ['CreateGroup', { GroupName: 'crew', Path: '/lab/' }, { Group: { Arn: arnOf('group/lab/crew') } }],
  ['CreateGroup', { GroupName: 'crew' }, 'EntityAlreadyExists'],
  ['ListGroups', inLab, { Groups: [{ GroupName: 'crew', GroupId: expect.any(String) }], IsTruncated: false }],
  ['ListGroups', { Marker: 'wrong' }, 'ValidationError'],
  ['UpdateGroup', { GroupName: 'crew', NewGroupName: 'crew2' }],
  ['UpdateGroup', { GroupName: 'crew' }, 'NoSuchEntity'],
  ['UpdateGroup', { GroupName: 'crew2', NewGroupName: 'crew', NewPath: '/' }],
  ['AddUserToGroup', { GroupName: 'crew', UserName: 'ida' }],
  ['AddUserToGroup', { GroupName: 'crew', UserName: 'nobody' }, 'NoSuchEntity'],
  ['GetGroup', { GroupName: 'crew' }, { Group: { Path: '/' }, Users: [{ UserName: 'ida' }], IsTruncated: false }],
  ['GetGroup', { GroupName: 'none' }, 'NoSuchEntity'],
  ['ListGroupsForUser', { UserName: 'ida' }, { Groups: [{ GroupName: 'crew' }], IsTruncated: false }],
  ['ListGroupsForUser', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['DeleteGroup', { GroupName: 'crew' }, 'DeleteConflict'],
]

const roles: readonly Step[] = [
  [
    'CreateRole',
    { RoleName: 'jobs', AssumeRolePolicyDocument: trust, Path: '/lab/', Description: 'for jobs', Tags },
    { Role: { Arn: arnOf('role/lab/jobs'), MaxSessionDuration: 3600, Description: 'for jobs', Tags } },
  ],
  ['CreateRole', { RoleName: 'other', AssumeRolePolicyDocument: '{}' }, 'MalformedPolicyDocument'],
  ['CreateRole', { RoleName: 'o', AssumeRolePolicyDocument: trust, PermissionsBoundary: shippedArn }, 'InvalidInput'],
  ['UpdateRole', { RoleName: 'jobs', MaxSessionDuration: 7200 }, {}],
  ['UpdateRole', { RoleName: 'jobs', MaxSessionDuration: 50_000 }, 'ValidationError'],
  ['UpdateRoleDescription', { RoleName: 'jobs', Description: 'x' }, { Role: { Description: 'x' } }],
  ['UpdateRoleDescription', { RoleName: 'none', Description: 'x' }, 'NoSuchEntity'],
  ['GetRole', { RoleName: 'jobs' }, { Role: { Description: 'x', MaxSessionDuration: 7200, Tags } }],
  ['GetRole', { RoleName: 'none' }, 'NoSuchEntity'],
  ['ListRoles', inLab, { Roles: [{ RoleName: 'jobs', RoleId: expect.any(String) }], IsTruncated: false }],
  ['ListRoles', { PathPrefix: 'lab' }, 'ValidationError'],
  ['UpdateAssumeRolePolicy', { RoleName: 'jobs', PolicyDocument: trust }],
  ['UpdateAssumeRolePolicy', { RoleName: 'jobs', PolicyDocument: policy('s3:Get*') }, 'MalformedPolicyDocument'],
  ['TagRole', { RoleName: 'jobs', Tags: [{ Key: 'Team', Value: 'c' }] }],
  ['TagRole', { RoleName: 'none', Tags }, 'NoSuchEntity'],
  ['ListRoleTags', { RoleName: 'jobs' }, { Tags: [{ Key: 'Team', Value: 'c' }] }],
  ['ListRoleTags', { RoleName: 'none' }, 'NoSuchEntity'],
  ['UntagRole', { RoleName: 'jobs', TagKeys: ['team'] }],
  ['UntagRole', { RoleName: 'none', TagKeys: ['team'] }, 'NoSuchEntity'],
  ['ListInstanceProfilesForRole', { RoleName: 'jobs' }, { InstanceProfiles: [], IsTruncated: false }],
  ['ListInstanceProfilesForRole', { RoleName: 'none' }, 'NoSuchEntity'],
]

const inlinePolicies: readonly Step[] = [
  ['PutUserPolicy', { UserName: 'ida', PolicyName: 'mine', PolicyDocument: policy('batch:SubmitJob') }],
  ['PutUserPolicy', { UserName: 'ida', PolicyName: 'bad', PolicyDocument: '{' }, 'MalformedPolicyDocument'],
  ['PutGroupPolicy', { GroupName: 'crew', PolicyName: 'ours', PolicyDocument: policy('batch:List*') }],
  ['PutGroupPolicy', { GroupName: 'none', PolicyName: 'ours', PolicyDocument: policy('batch:*') }, 'NoSuchEntity'],
  ['PutRolePolicy', { RoleName: 'jobs', PolicyName: 'its', PolicyDocument: policy('s3:GetObject') }],
  ['PutRolePolicy', { RoleName: 'none', PolicyName: 'its', PolicyDocument: policy('s3:*') }, 'NoSuchEntity'],
  ['GetUserPolicy', { UserName: 'ida', PolicyName: 'mine' }, { PolicyName: 'mine', UserName: 'ida' }],
  ['GetUserPolicy', { UserName: 'ida', PolicyName: 'none' }, 'NoSuchEntity'],
  ['GetGroupPolicy', { GroupName: 'crew', PolicyName: 'ours' }, { PolicyName: 'ours', GroupName: 'crew' }],
  ['GetGroupPolicy', { GroupName: 'crew', PolicyName: 'none' }, 'NoSuchEntity'],
  ['GetRolePolicy', { RoleName: 'jobs', PolicyName: 'its' }, { PolicyName: 'its', RoleName: 'jobs' }],
  ['GetRolePolicy', { RoleName: 'jobs', PolicyName: 'none' }, 'NoSuchEntity'],
  ['ListUserPolicies', { UserName: 'ida' }, { PolicyNames: ['mine'], IsTruncated: false }],
  ['ListUserPolicies', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['ListGroupPolicies', { GroupName: 'crew' }, { PolicyNames: ['ours'], IsTruncated: false }],
  ['ListGroupPolicies', { GroupName: 'none' }, 'NoSuchEntity'],
  ['ListRolePolicies', { RoleName: 'jobs' }, { PolicyNames: ['its'], IsTruncated: false }],
  ['ListRolePolicies', { RoleName: 'none' }, 'NoSuchEntity'],
  ['DeleteRole', { RoleName: 'jobs' }, 'DeleteConflict'],
  ['DeleteUserPolicy', { UserName: 'ida', PolicyName: 'mine' }],
  ['DeleteUserPolicy', { UserName: 'ida', PolicyName: 'mine' }, 'NoSuchEntity'],
  ['DeleteGroupPolicy', { GroupName: 'crew', PolicyName: 'ours' }],
  ['DeleteGroupPolicy', { GroupName: 'crew', PolicyName: 'ours' }, 'NoSuchEntity'],
  ['DeleteRolePolicy', { RoleName: 'jobs', PolicyName: 'its' }],
  ['DeleteRolePolicy', { RoleName: 'jobs', PolicyName: 'its' }, 'NoSuchEntity'],
]

const created = { PolicyName: 'read-bucket', Path: '/lab/', PolicyDocument: policy('s3:GetObject'), Tags }
const policies: readonly Step[] = [
  ['CreatePolicy', { ...created, Description: 'reads' }, { Policy: { Arn: policyArn, AttachmentCount: 0, Tags } }],
  ['CreatePolicy', created, 'EntityAlreadyExists'],
  ['GetPolicy', { PolicyArn: policyArn }, { Policy: { DefaultVersionId: 'v1', Description: 'reads', Tags } }],
  ['GetPolicy', { PolicyArn: `${policyArn}2` }, 'NoSuchEntity'],
  ['GetPolicy', { PolicyArn: shippedArn }, { Policy: { PolicyName: 'OpenBatchReadOnly', IsAttachable: true } }],
  ['ListPolicies', { Scope: 'Local', ...inLab }, { Policies: [{ PolicyName: 'read-bucket' }], IsTruncated: false }],
  ['ListPolicies', { Marker: 'wrong' }, 'ValidationError'],
  [
    'CreatePolicyVersion',
    { PolicyArn: policyArn, PolicyDocument: policy('s3:GetObject', 's3:PutObject'), SetAsDefault: true },
    { PolicyVersion: { VersionId: 'v2', IsDefaultVersion: true } },
  ],
  ['CreatePolicyVersion', { PolicyArn: shippedArn, PolicyDocument: policy('s3:*') }, 'UnmodifiableEntity'],
  ['GetPolicyVersion', { PolicyArn: policyArn, VersionId: 'v1' }, { PolicyVersion: { IsDefaultVersion: false } }],
  ['GetPolicyVersion', { PolicyArn: policyArn, VersionId: 'v9' }, 'NoSuchEntity'],
  ['ListPolicyVersions', { PolicyArn: policyArn }, { Versions: [{ VersionId: 'v2' }, { VersionId: 'v1' }] }],
  ['ListPolicyVersions', { PolicyArn: `${policyArn}2` }, 'NoSuchEntity'],
  ['DeletePolicyVersion', { PolicyArn: policyArn, VersionId: 'v2' }, 'DeleteConflict'],
  ['SetDefaultPolicyVersion', { PolicyArn: policyArn, VersionId: 'v1' }],
  ['SetDefaultPolicyVersion', { PolicyArn: policyArn, VersionId: 'v9' }, 'NoSuchEntity'],
  ['DeletePolicy', { PolicyArn: policyArn }, 'DeleteConflict'],
  ['DeletePolicyVersion', { PolicyArn: policyArn, VersionId: 'v2' }],
  ['TagPolicy', { PolicyArn: policyArn, Tags: [{ Key: 'x', Value: 'y' }] }],
  ['TagPolicy', { PolicyArn: shippedArn, Tags }, 'UnmodifiableEntity'],
  ['ListPolicyTags', { PolicyArn: policyArn }, { Tags: [...Tags, { Key: 'x', Value: 'y' }] }],
  ['ListPolicyTags', { PolicyArn: `${policyArn}2` }, 'NoSuchEntity'],
  ['UntagPolicy', { PolicyArn: policyArn, TagKeys: ['x'] }],
  ['UntagPolicy', { PolicyArn: `${policyArn}2`, TagKeys: ['x'] }, 'NoSuchEntity'],
]

const attached = { AttachedPolicies: [{ PolicyName: 'read-bucket', PolicyArn: policyArn }], IsTruncated: false }
const attachments: readonly Step[] = [
  ['AttachUserPolicy', { UserName: 'ida', PolicyArn: policyArn }],
  ['AttachUserPolicy', { UserName: 'ida', PolicyArn: `${policyArn}2` }, 'NoSuchEntity'],
  ['AttachGroupPolicy', { GroupName: 'crew', PolicyArn: policyArn }],
  ['AttachGroupPolicy', { GroupName: 'none', PolicyArn: policyArn }, 'NoSuchEntity'],
  ['AttachRolePolicy', { RoleName: 'jobs', PolicyArn: policyArn }],
  ['AttachRolePolicy', { RoleName: 'none', PolicyArn: policyArn }, 'NoSuchEntity'],
  ['ListAttachedUserPolicies', { UserName: 'ida' }, attached],
  ['ListAttachedUserPolicies', { UserName: 'nobody' }, 'NoSuchEntity'],
  ['ListAttachedGroupPolicies', { GroupName: 'crew', ...inLab }, attached],
  ['ListAttachedGroupPolicies', { GroupName: 'none' }, 'NoSuchEntity'],
  ['ListAttachedRolePolicies', { RoleName: 'jobs' }, attached],
  ['ListAttachedRolePolicies', { RoleName: 'none' }, 'NoSuchEntity'],
  [
    'ListEntitiesForPolicy',
    { PolicyArn: policyArn },
    {
      PolicyGroups: [{ GroupName: 'crew' }],
      PolicyUsers: [{ UserName: 'ida' }],
      PolicyRoles: [{ RoleName: 'jobs' }],
    },
  ],
  ['ListEntitiesForPolicy', { PolicyArn: `${policyArn}2` }, 'NoSuchEntity'],
  [
    'SimulatePrincipalPolicy',
    { PolicySourceArn: arnOf('user/lab/ida'), ActionNames: ['s3:GetObject', 's3:DeleteObject'] },
    {
      EvaluationResults: [
        {
          ...{ EvalActionName: 's3:GetObject', EvalDecision: 'allowed' },
          MatchedStatements: [{ SourcePolicyId: 'read-bucket', SourcePolicyType: 'user-managed' }],
        },
        { EvalActionName: 's3:DeleteObject', EvalDecision: 'implicitDeny' },
      ],
      IsTruncated: false,
    },
  ],
  ['SimulatePrincipalPolicy', { PolicySourceArn: arnOf('user/nobody'), ActionNames: ['s3:Get'] }, 'NoSuchEntity'],
  [
    'SimulateCustomPolicy',
    { PolicyInputList: [policy('s3:Get*')], ActionNames: ['s3:GetObject'] },
    { EvaluationResults: [{ EvalResourceName: '*', EvalDecision: 'allowed' }] },
  ],
  ['SimulateCustomPolicy', { PolicyInputList: ['{}'], ActionNames: ['s3:GetObject'] }, 'InvalidInput'],
  ['DeletePolicy', { PolicyArn: policyArn }, 'DeleteConflict'],
  ['DetachUserPolicy', { UserName: 'ida', PolicyArn: policyArn }],
  ['DetachUserPolicy', { UserName: 'ida', PolicyArn: policyArn }, 'NoSuchEntity'],
  ['DetachGroupPolicy', { GroupName: 'crew', PolicyArn: policyArn }],
  ['DetachGroupPolicy', { GroupName: 'crew', PolicyArn: policyArn }, 'NoSuchEntity'],
  ['DetachRolePolicy', { RoleName: 'jobs', PolicyArn: policyArn }],
  ['DetachRolePolicy', { RoleName: 'jobs', PolicyArn: policyArn }, 'NoSuchEntity'],
]

const deletions: readonly Step[] = [
  ['DeletePolicy', { PolicyArn: policyArn }],
  ['DeleteRole', { RoleName: 'jobs' }],
  ['RemoveUserFromGroup', { GroupName: 'crew', UserName: 'ida' }],
  ['RemoveUserFromGroup', { GroupName: 'crew', UserName: 'ida' }, 'NoSuchEntity'],
  ['DeleteGroup', { GroupName: 'crew' }],
  ['DeleteUser', { UserName: 'ida' }],
]

const chapters = { users, loginProfiles, groups, roles, inlinePolicies, policies, attachments, deletions }

export function exerciseIam(given: () => Setting): void {
  test.each(Object.entries(chapters))('IAM: %s', async (_, steps) => {
    for (const step of steps) await take(given().asAdministrator, step)
  })

  test('IAM: an access key is shown once, is used, stopped and deleted', async () => {
    await takeKeys(given())
  })

  test('IAM: a user changes the password of oneself', async () => {
    await takePassword(given())
  })

  test('IAM: who is not allowed is refused in AWS’s words', async () => {
    await expect(given().asUser.iam('ListUsers', {})).rejects.toMatchObject({
      code: expect.stringMatching(/^AccessDenied/),
      message: `User: ${arnOf('user/jdoe')} is not authorized to perform: iam:ListUsers on resource: ${arnOf('user/')} because no identity-based policy allows the iam:ListUsers action`,
    })
  })
}

/** `CreateUser answered`, `CreateUser refused`: what all clients together have met. */
export const iamMet = new Set<string>()

/** Returns what was answered. */
async function take(client: Client, [name, input, expected]: Step): Promise<unknown> {
  const result = await client.iam(name, input as never).catch((error: unknown) => error)
  const place = `${name} ${JSON.stringify(input)}`
  if (typeof expected !== 'string') {
    expect(result, place).not.toBeInstanceOf(Error)
    expect(result, place).toMatchObject(expected ?? {})
  } else {
    expect(result, place).toBeInstanceOf(ServiceError)
    // The SDK for JavaScript names errors by its classes.
    expect((result as ServiceError).code.replace(/Exception$/, ''), place).toBe(expected)
  }
  iamMet.add(`${name} ${typeof expected === 'string' ? 'refused' : 'answered'}`)
  return result
}

/** A user changes the password of oneself, and the administrator sees that it was done. */
async function takePassword({ asAdministrator: admin, asUser }: Setting): Promise<void> {
  const change = (OldPassword: string, NewPassword: string) => ({ OldPassword, NewPassword })
  await take(asUser, ['ChangePassword', change('none', newPassword), 'InvalidInput'])
  await take(admin, ['CreateLoginProfile', { UserName: 'jdoe', Password, PasswordResetRequired: true }])
  await take(asUser, ['ChangePassword', change('wrong horse', newPassword), 'InvalidInput'])
  await take(asUser, ['ChangePassword', change(Password, 'short'), 'PasswordPolicyViolation'])
  await take(asUser, ['ChangePassword', change(Password, newPassword)])
  await take(asUser, ['ChangePassword', change(Password, `${newPassword} 2`), 'InvalidInput'])
  const done = { LoginProfile: { PasswordResetRequired: false } }
  await take(admin, ['GetLoginProfile', { UserName: 'jdoe' }, done])
  await take(admin, ['DeleteLoginProfile', { UserName: 'jdoe' }])
}

async function takeKeys({ asAdministrator: admin, kind, server }: Setting): Promise<void> {
  await take(admin, ['CreateUser', { UserName: 'keyed' }])
  const created = await take(admin, ['CreateAccessKey', { UserName: 'keyed' }])
  const { AccessKeyId, SecretAccessKey: secretAccessKey } = (created as CreateAccessKeyResponse).AccessKey
  const client = kind.open({ endpoint: server.endpoint, credentials: { accessKeyId: AccessKeyId, secretAccessKey } })
  try {
    expect(await client.whoAmI()).toMatchObject({ Arn: arnOf('user/keyed') })
    const shown = { AccessKeyMetadata: [{ UserName: 'keyed', AccessKeyId, Status: 'Active' }] }
    const listed = await take(admin, ['ListAccessKeys', { UserName: 'keyed' }, shown])
    expect(JSON.stringify(listed)).not.toContain(secretAccessKey)
    await take(admin, ['GetAccessKeyLastUsed', { AccessKeyId }, { AccessKeyLastUsed: { ServiceName: 'sts' } }])
    await take(admin, ['GetAccessKeyLastUsed', { AccessKeyId: 'AKIAUNKNOWNUNKNOWN00' }, 'NoSuchEntity'])
    await take(admin, ['UpdateAccessKey', { UserName: 'keyed', AccessKeyId, Status: 'Inactive' }])
    await expect(client.whoAmI()).rejects.toMatchObject({ code: 'InvalidClientTokenId' })
    await take(admin, ['UpdateAccessKey', { UserName: 'admin', AccessKeyId, Status: 'Active' }, 'NoSuchEntity'])
    await take(admin, ['CreateAccessKey', { UserName: 'keyed' }])
    await take(admin, ['CreateAccessKey', { UserName: 'keyed' }, 'LimitExceeded'])
    await take(admin, ['ListAccessKeys', { UserName: 'nobody' }, 'NoSuchEntity'])
    await take(admin, ['DeleteUser', { UserName: 'keyed' }, 'DeleteConflict'])
    await take(admin, ['DeleteAccessKey', { UserName: 'keyed', AccessKeyId }])
    await take(admin, ['DeleteAccessKey', { UserName: 'keyed', AccessKeyId }, 'NoSuchEntity'])
  } finally {
    client.close()
  }
}
