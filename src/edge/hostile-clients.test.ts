/** The edge over real sockets, as clients meet it that mean no good. */

import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendSigned } from '../../test/support/raw-request.ts'
import { policiesOf } from '../access/policies.testing.ts'
import { ConnectionRoom } from '../ground/connection-room.ts'
import { limits } from '../model/limits.ts'
import type { Backend } from './context.ts'
import { defineOperation } from './operation.ts'
import { createApi } from './server.ts'
import { batch } from './services/batch/service.ts'

const key = { accessKeyId: 'OBTESTKEY', secretAccessKey: 'secret' }
const owner = { name: 'ada', userId: 'AIDAADA', policies: policiesOf('admin') }
const submitJob = defineOperation('batch', 'SubmitJob', {
  resource: () => '*',
  handle: ({ jobName }) => ({ jobName, jobId: 'id' }),
})
const { app } = createApi({
  backend: { account: '123456789012', region: 'us-west-2' } as Backend,
  findKey: (id) => (id === key.accessKeyId ? { ...key, owner, disabled: false } : undefined),
  services: [{ ...batch, operations: [submitJob] }],
  now: Date.now,
  logger: pino({ level: 'silent' }),
  connections: new ConnectionRoom(limits.connections),
})
let port = 0
const sockets: Socket[] = []

beforeAll(async () => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.server.address() as AddressInfo).port
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await app.close()
})

async function open(text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** Returns the answer, read until the server closes or the answer is whole. */
async function answerTo(text: string): Promise<string> {
  const socket = await open(text)
  let answer = ''
  for await (const chunk of socket) {
    answer += chunk
    const length = /content-length: (\d+)/i.exec(answer)
    if (length && answer.length >= answer.indexOf('\r\n\r\n') + 4 + Number(length[1])) break
  }
  return answer
}

function headers(accessKeyId: string, more: readonly string[] = []): string {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${accessKeyId}/${date.slice(0, 8)}/us-west-2/batch/aws4_request`
  return [
    'POST /v1/submitjob HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `X-Amz-Date: ${date}`,
    `Authorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=00`,
    ...more,
    '',
    '',
  ].join('\r\n')
}

const submit = () =>
  sendSigned(`http://127.0.0.1:${port}`, key, {
    path: '/v1/submitjob',
    body: '{"jobName":"hello","jobQueue":"q","jobDefinition":"d"}',
  })

describe('a request that its head condemns', () => {
  test('is refused before its body comes', async () => {
    expect(await answerTo(headers('NOBODY', ['Content-Length: 1000']))).toMatch(/^HTTP\/1.1 403 [\s\S]*security token/)
    const nowhere = `POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n`
    expect(await answerTo(nowhere)).toMatch(/^HTTP\/1.1 404 /)
  })

  test.each([
    ['Authorization', 'Authorization: AWS4-HMAC-SHA256 Credential=a'],
    ['Host', 'Host: elsewhere'],
    ['X-Amz-Date', 'X-Amz-Date: 20200101T000000Z'],
  ])('is refused for a second %s', async (name, line) => {
    const answer = await answerTo(headers(key.accessKeyId, [line, 'Content-Length: 2']))
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toContain(`twice`)
    expect(answer.toLowerCase()).toContain(`the header ${name.toLowerCase()}`)
  })
})

test('four hundred endless bodies hold no more than their room, and other clients are served', async () => {
  const piece = Buffer.alloc(900 * 1024, 32)
  const head = headers(key.accessKeyId, ['Content-Length: 1000000'])
  const before = process.memoryUsage().arrayBuffers
  const slow = await Promise.all(Array.from({ length: 400 }, () => open(head)))
  await Promise.all(slow.map((socket) => new Promise((resolve) => socket.write(piece, resolve))))
  expect((await submit()).status).toBe(200)
  // Senders and receivers share this process. Bytes that the senders have handed to the kernel no
  // longer count as theirs.
  const held = process.memoryUsage().arrayBuffers - before
  expect(held).toBeLessThan(3 * limits.requestBodiesBytes)
}, 60_000)

test('connections beyond the limit close the oldest unknown ones, and other clients are served', async () => {
  await Promise.all(Array.from({ length: limits.connections + 100 }, () => open('')))
  expect((await submit()).status).toBe(200)
  const left = await new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)))
  expect(left).toBeLessThanOrEqual(limits.connections)
}, 60_000)
