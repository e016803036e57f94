/** Services beside Batch as their clients meet them: CloudWatch Logs, STS, and those that are not offered. */

import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { type RequestToSign, signRequest } from '../../test/support/signed-request.ts'
import { policiesOf } from '../access/policies.testing.ts'
import type { Principal } from '../access/principal.ts'
import type { Key } from '../access/signature.ts'
import type { Backend } from './context.ts'
import { defineOperation } from './operation.ts'
import { createApi } from './server.ts'
import { batch } from './services/batch/service.ts'
import { logs } from './services/logs/service.ts'
import { own } from './services/own/service.ts'
import { sts } from './services/sts/service.ts'

const now = Date.UTC(2026, 10, 22, 15, 0, 0)
const ada: Key<Principal> = {
  ...{ accessKeyId: 'KEYada', secretAccessKey: 'secret-of-ada', disabled: false },
  owner: { name: 'ada', userId: 'AIDAADA', policies: policiesOf('user') },
}
const getLogEvents = defineOperation('logs', 'GetLogEvents', {
  resource: () => '*',
  handle: (input) =>
    input.logStreamName === 'none'
      ? { kind: 'refusal', code: 'ResourceNotFoundException', message: 'The specified log stream does not exist.' }
      : { events: [], nextForwardToken: 'f/0/s', nextBackwardToken: 'b/0/s' },
})
const { app } = createApi({
  // The operations use no more of the backend.
  backend: { account: '123456789012', region: 'us-west-2' } as Backend,
  findKey: (id) => (id === ada.accessKeyId ? ada : undefined),
  services: [{ ...batch, operations: [] }, { ...logs, operations: [getLogEvents] }, sts, own()],
  now: () => now,
  logger: pino({ level: 'silent' }),
  validateResponses: true,
})

async function send(request: RequestToSign, key = ada) {
  return app.inject(await signRequest(key, { at: new Date(now), ...request }))
}

describe('the other services', () => {
  const target = (name: string) => ({
    'x-amz-target': `Logs_20140328.${name}`,
    'content-type': 'application/x-amz-json-1.1',
  })

  test('answer CloudWatch Logs by its target', async () => {
    const body = JSON.stringify({ logGroupName: '/aws/batch/job', logStreamName: 's' })
    const answer = await send({ path: '/', service: 'logs', headers: target('GetLogEvents'), body })
    expect([answer.statusCode, answer.json().events]).toEqual([200, []])
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1')
  })

  test('errors of CloudWatch Logs carry their type in the body', async () => {
    const none = await send({
      path: '/',
      service: 'logs',
      headers: target('GetLogEvents'),
      body: '{"logStreamName":"none"}',
    })
    expect([none.statusCode, none.json()]).toEqual([
      400,
      { __type: 'ResourceNotFoundException', message: 'The specified log stream does not exist.' },
    ])
    const bad = await send({ path: '/', service: 'logs', headers: target('GetLogEvents'), body: '{}' })
    expect(bad.json()).toMatchObject({
      __type: 'InvalidParameterException',
      message: expect.stringContaining('logStreamName'),
    })
    const unknown = await send({ path: '/', service: 'logs', headers: target('PutMetricFilter'), body: '{}' })
    expect(unknown.json()).toMatchObject({ __type: 'UnknownOperationException' })
    const unsigned = await app.inject({ method: 'POST', url: '/', headers: target('GetLogEvents'), payload: '{}' })
    expect([unsigned.statusCode, unsigned.json().__type]).toEqual([403, 'MissingAuthenticationTokenException'])
  })

  test('a call signed for another service is refused', async () => {
    const body = JSON.stringify({ logStreamName: 's' })
    const answer = await send({ path: '/', service: 's3', headers: target('GetLogEvents'), body })
    expect([answer.statusCode, answer.json()]).toEqual([
      403,
      { __type: 'InvalidSignatureException', message: "Credential should be scoped to correct service: 'logs'." },
    ])
  })

  test('answer GetCallerIdentity, in a form or in the URL', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    const form = { path: '/', service: 'sts', headers, body: 'Action=GetCallerIdentity&Version=2011-06-15' }
    const url = {
      method: 'GET',
      path: '/',
      service: 'sts',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    }
    for (const request of [form, url]) {
      const answer = await send(request)
      expect(answer.statusCode).toBe(200)
      expect(answer.headers['content-type']).toBe('text/xml')
      const id = answer.headers['x-amzn-requestid']
      expect(answer.body).toBe(
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
          '<UserId>AIDAADA</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ada</Arn>' +
          `</GetCallerIdentityResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
      )
    }
    const wrong = await send(form, { ...ada, secretAccessKey: 'x' })
    expect(wrong.statusCode).toBe(403)
    expect(wrong.body).toContain('<Type>Sender</Type><Code>SignatureDoesNotMatch</Code>')
    const other = await send({ ...form, body: 'Action=%3CAssumeRole%3E' })
    expect(other.body).toContain(
      '<Code>InvalidAction</Code><Message>openbatch does not offer &lt;AssumeRole&gt; of STS.</Message>',
    )
  })

  describe('that are not offered say so in the form that their clients read', () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    const no = (what: string) => `openbatch does not offer ${what}.`

    test('EC2', async () => {
      const answer = await send({ path: '/', service: 'ec2', headers: form, body: 'Action=DescribeImages' })
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'text/xml'])
      expect(answer.body).toBe(
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidAction</Code>' +
          `<Message>${no('DescribeImages of the ec2 service')}</Message></Error></Errors>` +
          `<RequestID>${answer.headers['x-amzn-requestid']}</RequestID></Response>`,
      )
    })

    test('Auto Scaling and all services with the query protocol, by form and by URL', async () => {
      const requests = [
        { headers: form, body: 'Action=DescribePolicies&Version=2011-01-01' },
        { method: 'GET', query: { Action: 'DescribePolicies' } },
      ]
      for (const request of requests) {
        const answer = await send({ path: '/', service: 'autoscaling', ...request })
        expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'text/xml'])
        expect(answer.body).toBe(
          '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code>' +
            `<Message>${no('DescribePolicies of the autoscaling service')}</Message></Error>` +
            `<RequestId>${answer.headers['x-amzn-requestid']}</RequestId></ErrorResponse>`,
        )
      }
    })

    test.each([
      ['ecr', 'AmazonEC2ContainerRegistry_V20150921.DescribeImages', 'application/x-amz-json-1.1'],
      ['sagemaker', 'SageMaker.DescribeDomain', 'application/x-amz-json-1.1'],
      ['dynamodb', 'DynamoDB_20120810.GetItem', 'application/x-amz-json-1.0'],
    ])('%s and all services with JSON', async (service, target, type) => {
      const headers = { 'x-amz-target': target, 'content-type': type }
      const answer = await send({ path: '/', service, headers, body: '{}' })
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, type])
      const message = no(`${target} of the ${service} service`)
      expect(answer.json()).toEqual({ __type: 'UnknownOperationException', message })
    })

    test('CloudWatch, to SDKs with CBOR', async () => {
      const path = '/service/GraniteServiceVersion20100801/operation/PutMetricData'
      const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }
      const answer = await send({ path, service: 'monitoring', headers, body: 'x' })
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'application/cbor'])
      expect(answer.headers['smithy-protocol']).toBe('rpc-v2-cbor')
      const { rawPayload: bytes } = answer
      // A map of two pairs of texts, each with its length in two bytes.
      const text = (from: number) => bytes.subarray(from + 3, from + 3 + bytes.readUInt16BE(from + 1)).toString()
      const code = 'UnknownOperationException'
      expect([bytes[0], text(1), text(10)]).toEqual([0xa2, '__type', code])
      expect(text(13 + code.length)).toBe('message')
      expect(text(23 + code.length)).toBe(no('PutMetricData of the monitoring service'))
    })

    test('Lambda and all services with REST and JSON', async () => {
      const answer = await send({ path: '/2015-03-31/functions', service: 'lambda' })
      expect([answer.statusCode, answer.headers['x-amzn-errortype']]).toEqual([404, 'UnknownOperationException'])
      expect(answer.json()).toEqual({ message: no('the lambda service') })
    })

    test('Route 53, whose errors have the query protocol’s form', async () => {
      const headers = { 'content-type': 'application/xml' }
      const answer = await send({ path: '/2013-04-01/hostedzone', service: 'route53', headers, body: '<a/>' })
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'text/xml'])
      expect(answer.body).toContain('<Code>InvalidAction</Code>')
    })

    test('whatever their names', async () => {
      for (const service of ['constructor', '__proto__', 'toString', 'hasownproperty']) {
        const answer = await send({ path: '/', service, headers: form, body: 'Action=constructor' })
        expect(answer.statusCode).toBe(400)
      }
    })
  })
})
