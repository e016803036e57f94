/** Who may name a secret for the pull of an image. */
import { expect, test } from 'vitest'
import { parsePolicyDocument } from '../../../access/policy/policy-document.ts'
import { secretArn } from '../../../secrets/secret-arn.ts'
import type { RequestContext } from '../../context.ts'
import { refusedSecret } from './registry-secrets.ts'

const account = { account: '123456789012', region: 'us-west-2' }

function asUserWith(...statements: object[]) {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const policies = statements.length > 0 ? [{ name: 'p', document: parsePolicyDocument(text, 'identity') }] : []
  const context = {
    backend: { ...account, secrets: { look: (name: string) => (name === 'lab/quay' ? { name } : undefined) } },
    principal: { name: 'ada', userId: 'AIDAADA', policies },
    now: Date.now,
    sourceIp: '127.0.0.1',
    secureTransport: false,
  } as unknown as RequestContext
  return (parameter: string) => refusedSecret(context, [parameter])?.message
}

const allow = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }
const ofQuay = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:lab/quay-??????'
const forms = [
  'lab/quay',
  'arn:aws:secretsmanager:us-west-2:123456789012:secret:lab/quay',
  'arn:aws:secretsmanager:us-west-2:123456789012:secret:lab/quay-AbCdEf',
  'arn:aws:secretsmanager:eu-west-1:999999999999:secret:lab/quay-AbCdEf',
  'arn:aws:secretsmanager:us-west-2:123456789012:secret:lab/quay-AbCdEf:key::',
  'arn:aws:ssm:us-west-2:123456789012:parameter/lab/quay',
]

test('nobody may without a policy, in AWS’s words', () => {
  const why = asUserWith()
  for (const form of forms)
    expect(why(form)).toMatch(
      `User: arn:aws:iam::123456789012:user/ada is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secretArn(account, 'lab/quay')} because no identity-based policy allows`,
    )
})

test('a policy for one secret allows it in every form, and no other', () => {
  const why = asUserWith({ ...allow, Resource: ofQuay })
  for (const form of forms) expect(why(form)).toBeUndefined()
  for (const other of ['lab/other', 'lab/quay/inside', 'arn:aws:s3:::bucket']) expect(why(other)).toBeDefined()
})

test('no form of a name passes by a policy that denies the secret', () => {
  const why = asUserWith(allow, { ...allow, Effect: 'Deny', Resource: ofQuay })
  for (const form of forms) expect(why(form)).toMatch(/with an explicit deny/)
  expect(why('lab/other')).toBeUndefined()
})
