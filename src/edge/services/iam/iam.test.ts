/** IAM on the wire: its exact XML, pages, refusals, who may call, and what is kept out of sight. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { IamServer } from './iam-server.testing.ts'

let server: IamServer
beforeEach(() => {
  server = new IamServer()
})
afterEach(() => server.remove())

const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: statement })
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of policies
const labOfCaller = '${aws:PrincipalTag/lab}'
const arnOf = (rest: string) => `arn:aws:iam::123456789012:${rest}`

/** A user with a key and one policy. */
async function userWith(name: string, ...statements: object[]) {
  server.users.add({ name, role: 'user' }, 0)
  const [PolicyName, PolicyDocument] = ['p', document(statements)]
  await server.call('PutUserPolicy', { UserName: name, PolicyName, PolicyDocument })
  return server.keyOf(name)
}

test('an answer is XML with members of lists, dates without fractions and documents percent-encoded', async () => {
  const trust = document({ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' })
  const created = await server.call('CreateRole', {
    ...{ RoleName: 'r', AssumeRolePolicyDocument: trust, Description: '<a> & "b"' },
    ...{ 'Tags.member.1.Key': 'k 1', 'Tags.member.1.Value': '', 'Tags.member.2.Key': 'a', 'Tags.member.2.Value': 'b' },
  })
  const { id } = server.directory.current().named('role', 'r')!
  expect(created).toEqual({
    status: 200,
    body:
      '<CreateRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateRoleResult><Role>' +
      `<Path>/</Path><RoleName>r</RoleName><RoleId>${id}</RoleId><Arn>arn:aws:iam::123456789012:role/r</Arn>` +
      '<CreateDate>2026-11-27T08:00:00Z</CreateDate><AssumeRolePolicyDocument>' +
      '%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22%2A%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D' +
      '</AssumeRolePolicyDocument><Description>&lt;a&gt; &amp; &quot;b&quot;</Description>' +
      '<MaxSessionDuration>3600</MaxSessionDuration><Tags><member><Key>a</Key><Value>b</Value></member>' +
      '<member><Key>k 1</Key><Value></Value></member></Tags></Role></CreateRoleResult>' +
      '<ResponseMetadata></ResponseMetadata></CreateRoleResponse>',
  })
  expect((await server.call('DeleteRole', { RoleName: 'r' })).body).toBe(
    '<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata></ResponseMetadata></DeleteRoleResponse>',
  )
  expect((await server.call('ListRoles')).body).toContain(
    '<ListRolesResult><Roles></Roles><IsTruncated>false</IsTruncated></ListRolesResult>',
  )
})

test('pages follow each other without a gap, whatever is made or deleted between them', async () => {
  for (const name of ['d', 'b', 'a', 'c']) await server.call('CreateGroup', { GroupName: name })
  const first = await server.call('ListGroups', { MaxItems: '2' })
  const namesIn = (body: string) => [...body.matchAll(/<GroupName>(\w)</g)].map((found) => found[1])
  expect(namesIn(first.body)).toEqual(['a', 'b'])
  expect(first.body).toContain('<IsTruncated>true</IsTruncated>')
  const Marker = /<Marker>(.*)<\/Marker>/.exec(first.body)![1]!
  await server.call('DeleteGroup', { GroupName: 'b' })
  await server.call('CreateGroup', { GroupName: 'a2' })
  await server.call('CreateGroup', { GroupName: 'e' })
  expect(namesIn((await server.call('ListGroups', { Marker })).body)).toEqual(['c', 'd', 'e'])
})

test.each([
  ['CreateUser', {}, "Value null at 'userName' failed to satisfy constraint: Member must not be null"],
  ['ListUsers', { MaxItems: '0' }, "Value '0' at 'maxItems' failed to satisfy constraint: Member must have value"],
  ['ListUsers', { MaxItems: 'x' }, "Value 'x' at 'maxItems' failed to satisfy constraint: Member must be of type"],
  [
    'GetUser',
    { UserName: 'x'.repeat(65) },
    "Value at 'userName' failed to satisfy constraint: Member must have length",
  ],
  ['GetPolicy', { PolicyArn: 'p' }, "Value at 'policyArn' failed to satisfy constraint: Member must have length"],
  ['ListPolicies', { Scope: 'all' }, "Value 'all' at 'scope' failed to satisfy constraint: Member must satisfy enum"],
  ['TagUser', { UserName: 'admin', 'Tags.member.1.Key': 'k' }, "Value null at 'tags.1.member.value' failed"],
  ['CreatePolicy', { PolicyName: 'p', PolicyDocument: '“' }, "Value at 'policyDocument' failed to satisfy constraint"],
])('%s refuses what does not have its shape: %j', async (action, members, text) => {
  expect(await server.refusal(action, members)).toContain(`400 ValidationError: 1 validation error detected: ${text}`)
})

test('what is not built is refused by name, and what would be half done is refused', async () => {
  expect(await server.refusal('CreateInstanceProfile')).toBe(
    '400 InvalidAction: openbatch does not offer CreateInstanceProfile of IAM.',
  )
  expect(await server.refusal('')).toBe('400 InvalidAction: The request names no action of IAM.')
  expect(await server.refusal('CreateUser', { UserName: 'u', PermissionsBoundary: arnOf('policy/some') })).toBe(
    '400 InvalidInput: PermissionsBoundary is not supported by openbatch: give the user or role less.',
  )
  expect(server.directory.current().named('user', 'u')).toBeUndefined()
})

test('the last administrator who can sign in stays', async () => {
  const refused = '409 DeleteConflict: admin is the only administrator left who can sign in. Add another first.'
  const { accessKeyId: AccessKeyId } = server.keyOf('admin')
  const PolicyArn = 'arn:aws:iam::aws:policy/OpenBatchAdmin'
  expect(await server.refusal('DetachUserPolicy', { UserName: 'admin', PolicyArn })).toBe(refused)
  expect(await server.refusal('DeleteAccessKey', { AccessKeyId })).toBe(refused)
  expect(await server.refusal('UpdateAccessKey', { AccessKeyId, Status: 'Inactive' })).toBe(refused)
})

test('an action on a path is allowed there alone, and a new name needs permission too', async () => {
  const inLab = { Effect: 'Allow', Action: 'iam:*', Resource: arnOf('user/lab/*') }
  const head = await userWith('head', inLab)
  expect((await server.call('CreateUser', { UserName: 'ida', Path: '/lab/' }, head)).status).toBe(200)
  expect(await server.refusal('CreateUser', { UserName: 'ida2' }, head)).toBe(
    `403 AccessDenied: User: ${arnOf('user/head')} is not authorized to perform: iam:CreateUser on resource: ${arnOf('user/ida2')} because no identity-based policy allows the iam:CreateUser action`,
  )
  expect((await server.call('GetUser', { UserName: 'ida' }, head)).status).toBe(200)
  expect((await server.call('GetUser', { UserName: 'admin' }, head)).status).toBe(403)
  expect((await server.call('UpdateUser', { UserName: 'ida', NewPath: '/' }, head)).status).toBe(403)
  expect((await server.call('UpdateUser', { UserName: 'ida', NewUserName: 'eda' }, head)).status).toBe(200)
})

test('who may attach one policy cannot attach another', async () => {
  const OpenBatchUser = 'arn:aws:iam::aws:policy/OpenBatchUser'
  const only = { ArnEquals: { 'iam:PolicyARN': OpenBatchUser } }
  const head = await userWith('head', {
    ...{ Effect: 'Allow', Action: 'iam:AttachUserPolicy', Resource: '*', Condition: only },
  })
  const attach = (PolicyArn: string) => server.call('AttachUserPolicy', { UserName: 'head', PolicyArn }, head)
  expect((await attach(OpenBatchUser)).status).toBe(200)
  expect((await attach('arn:aws:iam::aws:policy/OpenBatchAdmin')).status).toBe(403)
})

test('tags decide: of the request, of what is touched, and of who asks', async () => {
  const key = await userWith(
    'head',
    {
      ...{ Effect: 'Allow', Action: ['iam:CreateUser', 'iam:TagUser'], Resource: '*' },
      Condition: { StringEquals: { 'aws:RequestTag/lab': labOfCaller } },
    },
    {
      ...{ Effect: 'Allow', Action: 'iam:DeleteUser', Resource: '*' },
      Condition: { StringEquals: { 'iam:ResourceTag/lab': labOfCaller } },
    },
    {
      ...{ Effect: 'Allow', Action: 'iam:UntagUser', Resource: '*' },
      Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['room'] } },
    },
  )
  const tags = (Value: string) => ({ 'Tags.member.1.Key': 'lab', 'Tags.member.1.Value': Value })
  await server.call('TagUser', { UserName: 'head', ...tags('one') })
  const statusOf = async (action: string, members: Record<string, string>) =>
    (await server.call(action, members, key)).status
  expect(await statusOf('CreateUser', { UserName: 'ida', ...tags('one') })).toBe(200)
  expect(await statusOf('CreateUser', { UserName: 'ida2', ...tags('two') })).toBe(403)
  expect(await statusOf('CreateUser', { UserName: 'ida2' })).toBe(403)
  expect(await statusOf('UntagUser', { UserName: 'ida', 'TagKeys.member.1': 'lab' })).toBe(403)
  expect(await statusOf('UntagUser', { UserName: 'ida', 'TagKeys.member.1': 'room' })).toBe(200)
  expect(await statusOf('DeleteUser', { UserName: 'admin' })).toBe(403)
  expect(await statusOf('DeleteUser', { UserName: 'ida' })).toBe(200)
})

test('everybody sees themselves with the shipped policy, and nobody else', async () => {
  server.users.add({ name: 'ida', role: 'user' }, 0)
  const ida = server.keyOf('ida')
  expect((await server.call('GetUser', {}, ida)).body).toContain('<UserName>ida</UserName>')
  expect((await server.call('ListAccessKeys', {}, ida)).body).toContain(ida.accessKeyId)
  expect((await server.call('GetUser', { UserName: 'admin' }, ida)).status).toBe(403)
  expect((await server.call('CreateAccessKey', {}, ida)).status).toBe(403)
})

test('a change counts for the next request', async () => {
  const key = await userWith('head', { Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*' })
  expect((await server.call('ListUsers', {}, key)).status).toBe(200)
  await server.call('DeleteUserPolicy', { UserName: 'head', PolicyName: 'p' })
  expect((await server.call('ListUsers', {}, key)).status).toBe(403)
  await server.call('UpdateAccessKey', { UserName: 'head', AccessKeyId: key.accessKeyId, Status: 'Inactive' })
  expect(await server.refusal('GetUser', {}, key)).toMatch(/^403 InvalidClientTokenId/)
})

test('the audit says who gave what to whom, and neither it nor the log nor an error has a secret', async () => {
  await server.call('CreateUser', { UserName: 'ida', Path: '/lab/' })
  const created = await server.call('CreateAccessKey', { UserName: 'ida' })
  const [, secret] = /<SecretAccessKey>(.*)<\/SecretAccessKey>/.exec(created.body)!
  const passwords = ['correct horse battery', 'shrt', 'staple', 'another phrase']
  const answers = [
    await server.call('CreateLoginProfile', { UserName: 'ida', Password: passwords[0]! }),
    await server.call('UpdateLoginProfile', { UserName: 'ida', Password: passwords[1]! }),
    await server.call('UpdateLoginProfile', { UserName: 'nobody', Password: passwords[2]! }),
    await server.call('CreateLoginProfile', { UserName: 'ida', Password: passwords[0]!, PasswordResetRequired: 'x' }),
    await server.call('ChangePassword', { OldPassword: passwords[0]!, NewPassword: passwords[3]! }),
    await server.call('AttachUserPolicy', { UserName: 'ida', PolicyArn: 'arn:aws:iam::aws:policy/OpenBatchAdmin' }),
    await server.call('GetUser', { UserName: 'ida' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 404, 400, 400, 200, 200])
  expect(
    server.records.map(({ operation, resources, mentioned, made, code }) => [
      operation,
      resources?.[0],
      mentioned ?? made ?? code,
    ]),
  ).toEqual([
    ['CreateUser', arnOf('user/lab/ida'), arnOf('user/lab/ida')],
    ['CreateAccessKey', arnOf('user/lab/ida'), expect.stringMatching(/^OPENB/)],
    ['CreateLoginProfile', arnOf('user/lab/ida'), undefined],
    ['UpdateLoginProfile', arnOf('user/lab/ida'), 'PasswordPolicyViolation'],
    ['UpdateLoginProfile', arnOf('user/nobody'), 'NoSuchEntity'],
    ['ChangePassword', arnOf('user/admin'), 'InvalidInput'],
    ['AttachUserPolicy', arnOf('user/lab/ida'), 'arn:aws:iam::aws:policy/OpenBatchAdmin'],
  ])
  const kept = JSON.stringify([answers, server.records, server.logged])
  for (const hidden of [secret!, ...passwords]) expect(kept).not.toContain(hidden)
})

test('a simulation says which statement of which policy decides, and where it stands', async () => {
  const PolicyDocument = `{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "batch:*", "Resource": "*" },
    { "Sid": "NotStop", "Effect": "Deny", "Action": "batch:TerminateJob", "Resource": "*" },
    { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } }
  ]
}`
  await server.call('CreateGroup', { GroupName: 'lab' })
  await server.call('CreateUser', { UserName: 'ida' })
  await server.call('AddUserToGroup', { GroupName: 'lab', UserName: 'ida' })
  await server.call('PutGroupPolicy', { GroupName: 'lab', PolicyName: 'g', PolicyDocument })
  const ask = async (...members: [string, string][]) => {
    const question = { PolicySourceArn: arnOf('user/ida'), ...Object.fromEntries(members) }
    const { body } = await server.call('SimulatePrincipalPolicy', question)
    return body.replace(/^.*<EvaluationResults>|<\/EvaluationResults>.*$/g, '')
  }
  expect(await ask(['ActionNames.member.1', 'batch:TerminateJob'])).toBe(
    '<member><EvalActionName>batch:TerminateJob</EvalActionName><EvalResourceName>*</EvalResourceName>' +
      '<EvalDecision>explicitDeny</EvalDecision><MatchedStatements><member>' +
      '<SourcePolicyId>g of group lab</SourcePolicyId><SourcePolicyType>group</SourcePolicyType>' +
      '<StartPosition><Line>5</Line><Column>5</Column></StartPosition>' +
      '<EndPosition><Line>5</Line><Column>92</Column></EndPosition></member></MatchedStatements>' +
      '<MissingContextValues></MissingContextValues></member>',
  )
  const get: [string, string] = ['ActionNames.member.1', 's3:GetObject']
  expect(await ask(get)).toContain(
    '<EvalDecision>implicitDeny</EvalDecision><MatchedStatements></MatchedStatements>' +
      '<MissingContextValues><member>aws:sourceip</member></MissingContextValues>',
  )
  const entry = 'ContextEntries.member.1.ContextKey'
  const from: [string, string][] = [
    [`${entry}Name`, 'aws:SourceIp'],
    [`${entry}Values.member.1`, '10.1.2.3'],
    [`${entry}Type`, 'ip'],
  ]
  expect(await ask(get, ...from)).toContain('<EvalDecision>allowed</EvalDecision>')
  expect(
    await server.refusal('SimulatePrincipalPolicy', {
      ...{ PolicySourceArn: arnOf('user/ida'), 'ActionNames.member.1': 's3:GetObject', ResourcePolicy: '{}' },
    }),
  ).toBe('400 InvalidInput: ResourcePolicy is not supported by openbatch.')
})

test('a simulation of a user asks the policies of buckets too', async () => {
  await server.call('CreateUser', { UserName: 'ida' })
  await server.objects.createBucket('lab', 'admin')
  const named = { AWS: arnOf('user/ida') }
  const policyOf = (Effect: string) =>
    JSON.stringify({ Statement: { Effect, Principal: named, Action: 's3:GetObject', Resource: 'arn:aws:s3:::lab/*' } })
  const ask = async (source: string) => {
    const members = { 'ActionNames.member.1': 's3:GetObject', 'ResourceArns.member.1': 'arn:aws:s3:::lab/x' }
    const { body } = await server.call('SimulatePrincipalPolicy', { PolicySourceArn: arnOf(source), ...members })
    return /<EvalDecision>(\w+)<\/EvalDecision>(.*)<MissingContextValues>/.exec(body)?.slice(1)
  }
  const matched =
    '<MatchedStatements><member><SourcePolicyId>the policy of bucket lab, statement 1</SourcePolicyId><SourcePolicyType>resource</SourcePolicyType></member></MatchedStatements>'
  await server.objects.changeSettings('lab', { policy: policyOf('Allow') })
  expect(await ask('user/ida')).toEqual(['allowed', matched])
  await server.objects.changeSettings('lab', { policy: policyOf('Deny') })
  expect(await ask('user/ida')).toEqual(['explicitDeny', matched])
  expect((await ask('user/admin'))?.[0]).toBe('allowed')
})

test('a page of a simulation asks only its own questions', async () => {
  const many = (name: string, texts: string[]) =>
    Object.fromEntries(texts.map((text, index) => [`${name}.member.${index + 1}`, text]))
  const form = {
    ...many('PolicyInputList', [document({ Effect: 'Allow', Action: '*', Resource: '*' })]),
    ...many('ActionNames', ['s3:A', 's3:B']),
    ...many('ResourceArns', ['arn:aws:s3:::1', 'arn:aws:s3:::2', 'arn:aws:s3:::3']),
  }
  const asked = (body: string) =>
    [...body.matchAll(/<EvalActionName>s3:(\w)<\/EvalActionName><EvalResourceName>arn:aws:s3:::(\d)</g)].map(
      ([, action, resource]) => `${action}${resource}`,
    )
  const first = await server.call('SimulateCustomPolicy', { ...form, MaxItems: '4' })
  expect(asked(first.body)).toEqual(['A1', 'A2', 'A3', 'B1'])
  const Marker = /<Marker>(.*)<\/Marker>/.exec(first.body)![1]!
  const second = await server.call('SimulateCustomPolicy', { ...form, Marker })
  expect(asked(second.body)).toEqual(['B2', 'B3'])
  expect(second.body).toContain('<IsTruncated>false</IsTruncated>')
})

test('a long document is refused before it is read', async () => {
  // Not a document at all: what is read would be malformed.
  const long = 'x'.repeat(20_000)
  const Role = { RoleName: 'r', AssumeRolePolicyDocument: long }
  expect(await server.refusal('CreateRole', Role)).toBe(
    '409 LimitExceeded: Cannot exceed quota for ACLSizePerRole: 4096',
  )
  const named = { PolicyName: 'p', PolicyDocument: long }
  expect(await server.refusal('CreatePolicy', named)).toBe(
    '409 LimitExceeded: Cannot exceed quota for PolicySize: 6144',
  )
  expect(await server.refusal('PutUserPolicy', { UserName: 'admin', ...named })).toBe(
    '409 LimitExceeded: Maximum policy size of 2048 bytes exceeded for user admin',
  )
  const asked = { 'PolicyInputList.member.1': long, 'ActionNames.member.1': 's3:GetObject' }
  expect(await server.refusal('SimulateCustomPolicy', asked)).toMatch(/^400 ValidationError: .*'policyInputList'/)
})

test('the same operations answer in JSON under /api/iam, to the same rights', async () => {
  const made = await server.callApi('CreateRole', {
    ...{
      RoleName: 'r',
      AssumeRolePolicyDocument: document({ Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' }),
    },
    ...{ Tags: [{ Key: 'lab', Value: 'doe' }], Description: null, unknown: 1 },
  })
  expect(made).toMatchObject({ status: 200, body: { Role: { RoleName: 'r', Tags: [{ Key: 'lab', Value: 'doe' }] } } })
  expect(await server.callApi('DeleteRole', { RoleName: 'r' })).toEqual({ status: 200, body: {} })
  expect(await server.callApi('GetRole', { RoleName: 'r' })).toMatchObject({
    status: 404,
    code: 'NoSuchEntity',
    body: { message: expect.stringContaining('r cannot be found') },
  })
  expect(await server.callApi('CreateUser', { UserName: 7 })).toMatchObject({ status: 400, code: 'ValidationError' })
  expect(await server.callApi('CreateInstanceProfile', {})).toMatchObject({
    status: 404,
    code: 'UnknownOperationException',
  })
  const ada = await userWith('ada')
  expect(await server.callApi('CreateUser', { UserName: 'eve' }, ada)).toMatchObject({
    status: 403,
    code: 'AccessDeniedException',
    body: { message: expect.stringContaining('is not authorized to perform: iam:CreateUser') },
  })
  expect(server.records.at(-1)).toMatchObject({ action: 'iam:CreateUser', user: 'ada' })
})
