/** Documents that AWS takes and documents it refuses, as its reference of the grammar has them. */
import { expect, test } from 'vitest'
import { type DocumentKind, isMalformed, parsePolicyDocument } from './policy-document.ts'

const allow = { Effect: 'Allow', Action: 'batch:*', Resource: '*' }
const version = '2012-10-17'

function read(document: unknown, kind: DocumentKind = 'identity') {
  return parsePolicyDocument(typeof document === 'string' ? document : JSON.stringify(document), kind)
}

function withStatement(statement: unknown) {
  return { Version: version, Statement: statement }
}

function withCondition(Condition: unknown) {
  return withStatement({ ...allow, Condition })
}

const conditions: readonly unknown[] = [
  { StringEquals: { 'batch:User': 'root' } },
  { StringNotEquals: { 'batch:User': ['root', '0'] } },
  { StringEqualsIgnoreCase: { 'aws:username': 'Ada' } },
  { StringNotEqualsIgnoreCase: { 'aws:username': 'Ada' } },
  { StringLike: { 'batch:Image': 'registry/*:?' } },
  { StringNotLike: { 'batch:Image': ['a*', 'b*'] } },
  { StringEqualsIfExists: { 'batch:User': 'root' } },
  { NumericEquals: { 's3:max-keys': '10' } },
  { NumericEquals: { 's3:max-keys': 10 } },
  { NumericNotEquals: { 's3:max-keys': '1.5' } },
  { NumericLessThan: { 's3:max-keys': '-1' } },
  { NumericLessThanEquals: { 's3:max-keys': '1e3' } },
  { NumericGreaterThan: { 's3:max-keys': '.5' } },
  { NumericGreaterThanEquals: { 's3:max-keys': '5.' } },
  { NumericGreaterThanEqualsIfExists: { 's3:max-keys': '5' } },
  { DateEquals: { 'aws:CurrentTime': '2026-01-01' } },
  { DateNotEquals: { 'aws:CurrentTime': '2026' } },
  { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } },
  { DateLessThanEquals: { 'aws:CurrentTime': '2026-01-01T00:00:00.5Z' } },
  { DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00+02:00' } },
  { DateGreaterThanEquals: { 'aws:EpochTime': '1767225600' } },
  { Bool: { 'aws:SecureTransport': 'true' } },
  { Bool: { 'aws:SecureTransport': false } },
  { BoolIfExists: { 'batch:Privileged': 'FALSE' } },
  { BinaryEquals: { 'key:binary': 'QmluYXJ5VmFsdWVJbkJhc2U2NA==' } },
  { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
  { IpAddress: { 'aws:SourceIp': ['203.0.113.7', '2001:DB8:1234:5678::/64'] } },
  { NotIpAddress: { 'aws:SourceIp': '0.0.0.0/0' } },
  { NotIpAddressIfExists: { 'aws:SourceIp': '::/0' } },
  { ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:us-west-2:123456789012:topic' } },
  { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:123456789012:a:b:*' } },
  { ArnNotEquals: { 'aws:SourceArn': 'arn:aws:s3:::bucket' } },
  { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:user/${aws:username}' } },
  { ArnLike: { 'aws:SourceArn': '*' } },
  { Null: { 'aws:TokenIssueTime': 'true' } },
  { Null: { 'aws:TokenIssueTime': true } },
  { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
  { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'team*' } },
  { 'ForAnyValue:StringEqualsIfExists': { 'aws:TagKeys': 'a' } },
  { 'forallvalues:stringequals': { 'aws:tagkeys': 'a' } },
  { stringlike: { 'S3:PREFIX': '${aws:username}/*' } },
  { StringLike: { 's3:prefix': "${aws:PrincipalTag/team, 'none'}/*" } },
  { StringLike: { 's3:prefix': 'a${*}b${?}${$}' } },
  { StringEquals: { 'aws:RequestTag/cost centre': 'a' } },
  { StringEquals: { 'aws:ResourceTag/a/b=c+d@e': '' } },
  { StringEquals: { 'aws:username': [] } },
  { StringEquals: {}, Bool: {} },
  { StringEquals: { 'aws:username': 'a', 'aws:userid': 'b' }, Bool: { 'aws:SecureTransport': 'true' } },
  {},
]

test.each(conditions.map((condition) => [JSON.stringify(condition), condition]))(
  'the condition %s is taken',
  (_, condition) => {
    expect(read(withCondition(condition))).not.toHaveProperty('malformed')
  },
)

const taken: readonly [title: string, document: unknown, kind?: DocumentKind][] = [
  ['one statement that is not in a list', withStatement(allow)],
  ['several statements', withStatement([allow, { ...allow, Effect: 'Deny' }])],
  ['an Id', { ...withStatement(allow), Id: 'cd3ad3d9-2776-4ef1-a904-4c229d1642ee' }],
  ['the Version after the statements', { Statement: allow, Version: version }],
  ['a Sid', withStatement({ ...allow, Sid: 'Sid1' })],
  [
    'an empty Sid, twice',
    withStatement([
      { ...allow, Sid: '' },
      { ...allow, Sid: '' },
    ]),
  ],
  [
    'a key of a tag with colons and slashes',
    withCondition({ StringLike: { 'aws:RequestTag/kubernetes.io:cluster/*': '${aws:PrincipalTag/lab:team}' } }),
  ],
  ['blanks around an action', withStatement({ ...allow, Action: ['s3:GetObject ', 'ec2: DescribeInstances'] })],
  ['every action', withStatement({ ...allow, Action: '*' })],
  ['a list of actions with wildcards', withStatement({ ...allow, Action: ['s3:Get*', 'batch:?ubmitJob'] })],
  ['NotAction', withStatement({ Effect: 'Deny', NotAction: 'iam:*', Resource: '*' })],
  ['NotResource', withStatement({ Effect: 'Deny', Action: 's3:*', NotResource: 'arn:aws:s3:::a/*' })],
  ['an ARN of a job definition', withStatement({ ...allow, Resource: 'arn:aws:batch:*:*:job-definition/a:3' })],
  ['a variable in an ARN', withStatement({ ...allow, Resource: 'arn:aws:s3:::home/${aws:username}/*' })],
  ['an ARN cut short by a wildcard', withStatement({ ...allow, Resource: 'arn:aws:s3*' })],
  ['an action of a service that is not ours', withStatement({ ...allow, Action: 'ec2:DescribeInstances' })],
  ['the older version, on a resource', { Version: '2008-10-17', Statement: { ...allow, Principal: '*' } }, 'resource'],
  ['no version, on a resource', { Statement: { ...allow, Principal: '*' } }, 'resource'],
  [
    'text that would be a variable, in the older version',
    { Statement: { ...allow, Principal: '*', Resource: 'arn:aws:s3:::a/${' } },
    'resource',
  ],
  ['a principal by ARN', withStatement({ ...allow, Principal: { AWS: 'arn:aws:iam::123456789012:root' } }), 'resource'],
  [
    'principals of several kinds',
    withStatement({ ...allow, Principal: { AWS: ['123456789012', '*'], Service: 'batch.amazonaws.com' } }),
    'resource',
  ],
  ['NotPrincipal', withStatement({ ...allow, Effect: 'Deny', NotPrincipal: { AWS: 'a' } }), 'resource'],
  ['a Sid with spaces, on a resource', withStatement({ ...allow, Principal: '*', Sid: 'a b' }), 'resource'],
  [
    'who may assume a role',
    withStatement({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['ecs-tasks.amazonaws.com'] } }),
    'trust',
  ],
]

test.each(taken)('%s: taken', (_, document, kind) => {
  expect(read(document, kind)).not.toHaveProperty('malformed')
})

const refused: readonly [title: string, document: unknown, message: string | RegExp, kind?: DocumentKind][] = [
  ['no JSON', '{', 'Syntax errors in policy.'],
  ['nothing', '', 'Syntax errors in policy.'],
  ['null', 'null', 'Syntax errors in policy.'],
  ['a list', [], 'Syntax errors in policy.'],
  ['a text', '"a"', 'Syntax errors in policy.'],
  ['YAML', 'Version: 2012-10-17', 'Syntax errors in policy.'],
  ['a member twice', `{"Version":"${version}","Statement":[],"Statement":[]}`, 'Syntax errors in policy.'],
  [
    'a member of a statement twice',
    `{"Version":"${version}","Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}`,
    'Syntax errors in policy.',
  ],
  ['an unknown member', { ...withStatement(allow), Statements: [] }, 'Syntax errors in policy.'],
  ['an unknown member of a statement', withStatement({ ...allow, Actions: '*' }), 'Syntax errors in policy.'],
  ['members in small letters', { version, statement: allow }, 'Syntax errors in policy.'],
  [
    'a prototype as a member',
    `{"Version":"${version}","Statement":{"__proto__":{},"Effect":"Allow","Action":"*","Resource":"*"}}`,
    'Syntax errors in policy.',
  ],
  ['an unknown version', { Version: '2012-10-18', Statement: allow }, 'Syntax errors in policy.'],
  ['a version that is no text', { Version: 2012, Statement: allow }, 'Syntax errors in policy.'],
  ['no version', { Statement: allow }, 'Policy document must be version 2012-10-17 or greater.'],
  [
    'the older version',
    { Version: '2008-10-17', Statement: allow },
    'Policy document must be version 2012-10-17 or greater.',
  ],
  ['an Id that is no text', { ...withStatement(allow), Id: 3 }, 'Syntax errors in policy.'],
  ['no statement', { Version: version }, 'Policy document must contain at least one statement.'],
  ['an empty list of statements', withStatement([]), 'Policy document must contain at least one statement.'],
  ['a statement that is a text', withStatement('Allow'), 'Syntax errors in policy.'],
  ['a statement that is null', withStatement([null]), 'Syntax errors in policy.'],
  ['no effect', withStatement({ Action: '*', Resource: '*' }), 'Syntax errors in policy.'],
  ['an effect in small letters', withStatement({ ...allow, Effect: 'allow' }), 'Syntax errors in policy.'],
  ['two effects', withStatement({ ...allow, Effect: ['Allow'] }), 'Syntax errors in policy.'],
  ['a Sid that is no text', withStatement({ ...allow, Sid: 1 }), 'Syntax errors in policy.'],
  ['a Sid with spaces', withStatement({ ...allow, Sid: 'a b' }), /SID/],
  [
    'a Sid twice',
    withStatement([
      { ...allow, Sid: 'a' },
      { ...allow, Sid: 'a' },
    ]),
    'Statement IDs (SID) in a single policy must be unique.',
  ],
  ['no action', withStatement({ Effect: 'Allow', Resource: '*' }), 'Policy statement must contain actions.'],
  ['no action in the list', withStatement({ ...allow, Action: [] }), 'Policy statement must contain actions.'],
  ['Action and NotAction', withStatement({ ...allow, NotAction: '*' }), 'Policy statement must contain actions.'],
  ['an action that is no text', withStatement({ ...allow, Action: [1] }), 'Syntax errors in policy.'],
  ['an action without a service', withStatement({ ...allow, Action: 'SubmitJob' }), /prefaced by a vendor/],
  ['an empty action', withStatement({ ...allow, Action: '' }), /prefaced by a vendor/],
  ['an action with two colons', withStatement({ ...allow, Action: 'batch:a:b' }), /prefaced by a vendor/],
  ['a wildcard for a service', withStatement({ ...allow, Action: '*:SubmitJob' }), 'Vendor * is not valid'],
  ['an action with a space', withStatement({ ...allow, Action: 'batch:Submit Job' }), /is not valid/],
  ['a variable in an action', withStatement({ ...allow, Action: 'batch:${aws:username}' }), /vendor|valid/],
  ['no resource', withStatement({ Effect: 'Allow', Action: '*' }), 'Policy statement must contain resources.'],
  ['no resource in the list', withStatement({ ...allow, Resource: [] }), 'Policy statement must contain resources.'],
  [
    'Resource and NotResource',
    withStatement({ ...allow, NotResource: '*' }),
    'Policy statement must contain resources.',
  ],
  ['a resource that is no ARN', withStatement({ ...allow, Resource: 'bucket/*' }), /must be in ARN format or "\*"/],
  ['an empty resource', withStatement({ ...allow, Resource: '' }), /must be in ARN format or "\*"/],
  [
    'a resource with too few parts',
    withStatement({ ...allow, Resource: 'arn:aws:s3:a' }),
    'The policy failed legacy parsing',
  ],
  ['a resource that is an object', withStatement({ ...allow, Resource: { a: 1 } }), 'Syntax errors in policy.'],
  [
    'a variable that is not closed',
    withStatement({ ...allow, Resource: 'arn:aws:s3:::${aws:username' }),
    'Syntax errors in policy.',
  ],
  [
    'a variable without a service',
    withStatement({ ...allow, Resource: 'arn:aws:s3:::${username}' }),
    'Syntax errors in policy.',
  ],
  ['an empty variable', withStatement({ ...allow, Resource: 'arn:aws:s3:::${}' }), 'Syntax errors in policy.'],
  ['a principal', withStatement({ ...allow, Principal: '*' }), 'Policy document should not specify a principal.'],
  [
    'NotPrincipal on an identity',
    withStatement({ ...allow, NotPrincipal: '*' }),
    'Policy document should not specify a principal.',
  ],
  ['no principal', withStatement(allow), 'Policy statement must contain principals.', 'resource'],
  [
    'Principal and NotPrincipal',
    withStatement({ ...allow, Principal: '*', NotPrincipal: '*' }),
    'Policy statement must contain principals.',
    'resource',
  ],
  [
    'an empty principal',
    withStatement({ ...allow, Principal: {} }),
    'Policy statement must contain principals.',
    'resource',
  ],
  [
    'no principal in the list',
    withStatement({ ...allow, Principal: { AWS: [] } }),
    'Policy statement must contain principals.',
    'resource',
  ],
  [
    'a principal of an unknown kind',
    withStatement({ ...allow, Principal: { Aws: '*' } }),
    /Invalid principal in policy/,
    'resource',
  ],
  [
    'a principal with a wildcard in it',
    withStatement({ ...allow, Principal: { AWS: 'arn:aws:iam::1:user/*' } }),
    /Invalid principal in policy/,
    'resource',
  ],
  ['a principal that is a text', withStatement({ ...allow, Principal: 'ada' }), 'Syntax errors in policy.', 'resource'],
  [
    'a resource in a trust policy',
    withStatement({ ...allow, Action: 'sts:AssumeRole', Principal: '*' }),
    'Has prohibited field Resource',
    'trust',
  ],
  ...(
    [
      ['that is a text', 'a', 'Syntax errors in policy.'],
      ['that is a list', [], 'Syntax errors in policy.'],
      ['whose keys are a text', { StringEquals: 'a' }, 'Syntax errors in policy.'],
      [
        'with an unknown operator',
        { StringMatches: { 'aws:username': 'a' } },
        'Invalid Condition type : StringMatches.',
      ],
      [
        'with an operator of every object',
        { constructor: { 'aws:username': 'a' } },
        'Invalid Condition type : constructor.',
      ],
      [
        'with an unknown quantifier',
        { 'ForSomeValues:StringEquals': { 'aws:TagKeys': 'a' } },
        /Invalid Condition type/,
      ],
      ['with IfExists before', { IfExistsStringEquals: { 'aws:username': 'a' } }, /Invalid Condition type/],
      ['with IfExists twice', { StringEqualsIfExistsIfExists: { 'aws:username': 'a' } }, /Invalid Condition type/],
      ['with IfExists alone', { IfExists: { 'aws:username': 'a' } }, /Invalid Condition type/],
      ['with NullIfExists', { NullIfExists: { 'aws:username': 'true' } }, /Invalid Condition type/],
      ['with ForAnyValue of Null', { 'ForAnyValue:Null': { 'aws:TagKeys': 'true' } }, /Invalid Condition type/],
      ['on a key without a service', { StringEquals: { username: 'a' } }, /prefaced by a vendor/],
      ['on an empty key', { StringEquals: { '': 'a' } }, /prefaced by a vendor/],
      ['with a number that is none', { NumericEquals: { 's3:max-keys': 'ten' } }, /Invalid value "ten"/],
      ['with a number in hexadecimal', { NumericEquals: { 's3:max-keys': '0x10' } }, /Invalid value/],
      ['with a date that is none', { DateLessThan: { 'aws:CurrentTime': 'tomorrow' } }, /Invalid value/],
      ['with a day that is none', { DateLessThan: { 'aws:CurrentTime': '2026-02-40' } }, /Invalid value/],
      ['with a truth value that is none', { Bool: { 'aws:SecureTransport': 'yes' } }, /Invalid value/],
      ['with base64 that is none', { BinaryEquals: { 'key:binary': 'a' } }, /Invalid value/],
      ['with an address that is none', { IpAddress: { 'aws:SourceIp': '203.0.113.300' } }, /Invalid value/],
      ['with a prefix that is too long', { IpAddress: { 'aws:SourceIp': '203.0.113.0/33' } }, /Invalid value/],
      ['with a prefix that is no number', { IpAddress: { 'aws:SourceIp': '203.0.113.0/a' } }, /Invalid value/],
      ['with two prefixes', { IpAddress: { 'aws:SourceIp': '203.0.113.0/8/8' } }, /Invalid value/],
      ['with an ARN that is none', { ArnLike: { 'aws:SourceArn': 'bucket' } }, /Invalid value/],
      ['with an ARN that is too short', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3' } }, /Invalid value/],
      ['with Null of another value', { Null: { 'aws:username': 'maybe' } }, /Invalid value "maybe"/],
      ['with a value that is null', { StringEquals: { 'aws:username': null } }, 'Syntax errors in policy.'],
      ['with a value that is an object', { StringEquals: { 'aws:username': {} } }, 'Syntax errors in policy.'],
      ['with a variable that is not closed', { StringEquals: { 'aws:username': '${aws:userid' } }, /Invalid value/],
    ] as const
  ).map(([title, condition, message]): [string, unknown, string | RegExp] => [
    `a condition ${title}`,
    withCondition(condition),
    message,
  ]),
]

test.each(refused)('%s: refused whole', (_, document, message, kind) => {
  const result = read(document, kind)
  expect(isMalformed(result) && result.malformed).toMatch(message)
})

test('the tables above are as many documents as they are meant to be', () => {
  expect(conditions.length + taken.length + refused.length).toBeGreaterThanOrEqual(120)
})
