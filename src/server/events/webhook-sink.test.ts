/** Webhooks, on a receiver whose answers the test sets. */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventBody } from '../../core/notify/event-body.ts'
import { OutboxEvent } from './outbox-events.ts'
import type { Webhook } from './webhook-settings.ts'
import { webhookSink } from './webhook-sink.ts'

interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

let server: Server
let url: string
let received: Received[]
/** Undefined means that it never answers. */
let answer: { status: number; headers?: Record<string, string>; body?: string } | undefined
beforeEach(async () => {
  received = []
  answer = { status: 200 }
  server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      received.push({ method: request.method!, path: request.url!, headers: request.headers, text })
      if (answer) response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=b`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const sinkOf = (more: Partial<Webhook> = {}) =>
  webhookSink('hook', { url, headers: {}, concurrency: 4, timeoutSeconds: 10, ...more } as Webhook)
const event = (more: Partial<EventBody> = {}, detail = {}) =>
  new OutboxEvent(
    1,
    JSON.stringify({
      'detail-type': 'Batch Job State Change',
      detail: {
        status: 'FAILED',
        jobQueue: 'arn:aws:batch:us-west-2:123456789012:job-queue/q',
        jobName: 'ünïcode',
        ...detail,
      },
      ...more,
    }),
  )
const send = (more: Partial<Webhook> = {}, signal = new AbortController().signal) =>
  sinkOf(more).send([event()], signal)

test('an event is posted as it is', async () => {
  await send()
  expect(received).toMatchObject([
    { method: 'POST', path: '/hook?a=b', headers: { 'content-type': 'application/json', 'user-agent': 'openbatch' } },
  ])
  expect(received[0]!.text).toBe(event().text)
  expect(received[0]!.headers).not.toHaveProperty('x-openbatch-signature')
})

test('with the operator’s headers, and signed with the secret', async () => {
  await send({
    headers: { Authorization: 'Bearer t', 'Content-Type': 'application/cloudevents+json' },
    secret: 'ßecret',
  })
  const { headers, text } = received[0]!
  expect(headers).toMatchObject({ authorization: 'Bearer t', 'content-type': 'application/cloudevents+json' })
  expect(headers['x-openbatch-signature']).toBe(`sha256=${createHmac('sha256', 'ßecret').update(text).digest('hex')}`)
})

test.each([200, 202, 204])('%i counts as delivered', async (status) => {
  answer = { status }
  await expect(send()).resolves.toBeUndefined()
})

test.each([301, 400, 404, 429, 500, 503])('%i does not', async (status) => {
  answer = { status, headers: { location: `${url}/elsewhere` }, body: 'x'.repeat(200_000) }
  await expect(send()).rejects.toThrow(`hook answered ${status}`)
  expect(received).toHaveLength(1)
})

test('a late answer does not', async () => {
  answer = undefined
  await expect(send({ timeoutSeconds: 0.05 })).rejects.toThrow('no answer within 50 ms')
})

test('the end of the server interrupts a send', async () => {
  answer = undefined
  const controller = new AbortController()
  const sent = send({}, controller.signal)
  server.once('request', () => controller.abort())
  await expect(sent).rejects.toThrow(/abort/)
})

test('a connection that the receiver closes while it is idle is not a failure', async () => {
  const sink = sinkOf()
  const signal = new AbortController().signal
  await sink.send([event()], signal)
  // The next request on this connection fails.
  server.removeAllListeners('request')
  server.once('request', (request) => {
    request.socket.resetAndDestroy()
    server.on('request', (again, response) => again.resume().on('end', () => response.writeHead(200).end()))
  })
  await expect(sink.send([event()], signal)).resolves.toBeUndefined()
  // On a new connection it is a failure.
  server.removeAllListeners('request')
  server.on('request', (request) => request.socket.resetAndDestroy())
  await expect(sinkOf().send([event()], signal)).rejects.toThrow(/hang up|ECONNRESET/)
})

test('an event is not delivered when nobody listens, and the URL stays out of the message', async () => {
  await new Promise((resolve) => server.close(resolve))
  const failed: Error = await sinkOf({ url: url.replace('hook', 's3cret') })
    .send([event()], new AbortController().signal)
    .then(
      () => expect.fail('delivered'),
      (error: Error) => error,
    )
  expect(`${failed.stack} ${failed.cause}`).toContain('ECONNREFUSED')
  expect(`${failed.stack} ${failed.cause}`).not.toContain('s3cret')
})

describe('wanted', () => {
  const blocked = { 'detail-type': 'Batch Job Queue Blocked' } as const
  test.each<[string, Partial<Webhook>, boolean, OutboxEvent]>([
    ['everything, without lists', {}, true, event()],
    ['a status', { statuses: ['FAILED', 'SUCCEEDED'] }, true, event()],
    ['another status', { statuses: ['RUNNING'] }, false, event()],
    ['a queue by name', { jobQueues: ['p', 'q'] }, true, event()],
    ['a queue by ARN', { jobQueues: ['arn:aws:batch:us-west-2:123456789012:job-queue/q'] }, true, event()],
    ['another queue', { jobQueues: ['job-queue/q'] }, false, event()],
    ['a kind of event', { detailTypes: ['Batch Job Queue Blocked'] }, true, event(blocked)],
    ['another kind', { detailTypes: ['Batch Job Queue Blocked'] }, false, event()],
    ['all that is listed at once', { statuses: ['FAILED'], jobQueues: ['p'] }, false, event()],
  ])('%s', (_name, lists, wanted, it) => {
    expect(sinkOf(lists).wants(it)).toBe(wanted)
  })
})
