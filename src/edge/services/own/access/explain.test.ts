/** What the policies of buckets say is part of an explanation. */
import { expect, test } from 'vitest'
import { isMalformed, parsePolicyDocument } from '../../../../access/policy/policy-document.ts'
import type { Principal } from '../../../../access/principal.ts'
import { MemoryObjectStore } from '../../../../objects/memory-object-store.testing.ts'
import type { RequestContext } from '../../../context.ts'
import { explainAccess } from './explain.ts'

async function explain(who: Principal, resource: string, ...Statement: object[]) {
  const objects = new MemoryObjectStore({ now: () => 0 })
  await objects.createBucket('lab', '')
  await objects.changeSettings('lab', { policy: JSON.stringify({ Statement }) })
  const context = {
    backend: { account: '123456789012', objects },
    principal: who,
    now: () => 0,
  } as unknown as RequestContext
  const answer = await explainAccess.handle({ action: 's3:GetObject', resource } as never, context)
  return answer as { decision: string; by?: object; text: string[] }
}

function allowed(...statements: object[]): Principal['policies'] {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return [{ name: 'OwnPolicy', document }]
}

const ada: Principal = { name: 'ada', userId: 'AIDAADA', policies: [] }
const object = 'arn:aws:s3:::lab/x'
const get = { Sid: 'Read', Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::lab/*' }

test('the policy of a bucket allows', async () => {
  expect(await explain(ada, object, { ...get, Principal: '*' })).toMatchObject({
    ...{ decision: 'allowed', by: { policy: 'the policy of bucket lab', statement: 'Read' } },
    text: [`ada may: s3:GetObject on ${object} is allowed by statement Read of the policy of bucket lab`],
  })
})

test('the policy of a bucket denies', async () => {
  const may = { ...ada, policies: allowed(get) }
  expect(await explain(may, object, { ...get, Effect: 'Deny', Principal: '*' })).toMatchObject({
    decision: 'denied',
    text: [
      `ada may not: s3:GetObject on ${object} is denied by statement Read of the policy of bucket lab, whatever else allows it`,
    ],
  })
})

test('the policy of a bucket comes near', async () => {
  const account = { AWS: '123456789012' }
  expect((await explain(ada, object, { ...get, Principal: account })).text).toEqual([
    `ada may not: no policy of ada allows s3:GetObject on ${object}`,
    'statement Read of the policy of bucket lab allows it to the account, which leaves it to the policies of its users and roles',
  ])
})
