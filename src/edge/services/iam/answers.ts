/** Users, groups, roles and policies as IAM's answers show them. */
import { arnOf } from '../../../access/identities/arn.ts'
import type { AccessKey, Group, ManagedPolicy, PolicyVersion, Role, User } from '../../../access/identities/entities.ts'
import type * as Iam from '../../../model/generated/iam.ts'
import type { TimeMs } from '../../../model/time.ts'

/** ISO 8601 to the second, UTC. */
export function dateOf(atMs: TimeMs): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** A document is percent-encoded as RFC 3986 says. */
export function encodedDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

export function tagsOf(tags: Readonly<Record<string, string>>): Iam.Tag[] {
  return Object.entries(tags)
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((a, b) => (a.Key < b.Key ? -1 : 1))
}

/** An answer about one thing shows its tags, if it has any. Lists leave them out. */
export function withTags<Answer extends { readonly Tags?: readonly Iam.Tag[] }>(
  answer: Answer,
  tags: Readonly<Record<string, string>>,
): Answer {
  return Object.keys(tags).length === 0 ? answer : { ...answer, Tags: tagsOf(tags) }
}

export function userAnswer(account: string, user: User): Iam.User {
  return {
    ...{ Path: user.path, UserName: user.name, UserId: user.id },
    ...{ Arn: arnOf(account, user), CreateDate: dateOf(user.createdAtMs) },
  }
}

export function groupAnswer(account: string, group: Group): Iam.Group {
  return {
    ...{ Path: group.path, GroupName: group.name, GroupId: group.id },
    ...{ Arn: arnOf(account, group), CreateDate: dateOf(group.createdAtMs) },
  }
}

export function roleAnswer(account: string, role: Role): Iam.Role {
  return {
    ...{ Path: role.path, RoleName: role.name, RoleId: role.id },
    ...{ Arn: arnOf(account, role), CreateDate: dateOf(role.createdAtMs) },
    AssumeRolePolicyDocument: encodedDocument(role.trustPolicy),
    ...(role.description !== undefined && { Description: role.description }),
    MaxSessionDuration: role.maxSessionSeconds,
  }
}

/** Without the secret. */
export function keyAnswer(userName: string, { id, status, createdAtMs }: AccessKey) {
  return { UserName: userName, AccessKeyId: id, Status: status, CreateDate: dateOf(createdAtMs) }
}

export function versionAnswer(
  { versionId, createdAtMs }: PolicyVersion,
  { defaultVersionId }: Pick<ManagedPolicy, 'defaultVersionId'>,
): Iam.PolicyVersion {
  const IsDefaultVersion = versionId === defaultVersionId
  return { VersionId: versionId, IsDefaultVersion, CreateDate: dateOf(createdAtMs) }
}
