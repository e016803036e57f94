/** Requests that arrive slowly, over real sockets. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ArrivalTime } from './arrival-time.ts'

const limitMs = 300
let server: Server
let received = ''
beforeAll(async () => {
  const arrival = new ArrivalTime(limitMs)
  server = createServer(async (request, response) => {
    received = ''
    arrival.limit(request, response)
    if (request.url === '/whole') return void request.resume().on('end', () => response.end('done'))
    if (request.url === '/left') {
      await arrival.byProgress(request, response).next()
      return void response.end('enough')
    }
    try {
      for await (const piece of arrival.byProgress(request, response)) received += piece
      response.end('done')
    } catch {
      response.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

/** Sends the pieces with pauses, and returns the answer. */
async function send(path: string, pieces: readonly string[], pauseMs: number, length = pieces.join('').length) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  socket.write(`PUT ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  // A server that gives up resets the connection, because more was on its way.
  const closed = new Promise((resolve) => socket.on('close', resolve))
  for (const piece of pieces) {
    await delay(pauseMs)
    socket.write(piece)
  }
  await closed
  return text
}

test('a stream may take long while it makes progress', async () => {
  expect(await send('/stream', ['a', 'b', 'c', 'd'], limitMs / 2)).toMatch(/^HTTP\/1\.1 200 [\s\S]*done$/)
  expect(received).toBe('abcd')
})

test('a stream that stands still is given up', async () => {
  expect(await send('/stream', ['a', 'b'], 10, 100)).toMatch(/^HTTP\/1\.1 408 /)
})

test('a body that is read whole has one limit for all of it', async () => {
  expect(await send('/whole', ['a'], 10)).toMatch(/^HTTP\/1\.1 200 /)
  expect(await send('/whole', ['a', 'b', 'c', 'd'], limitMs / 2)).toMatch(/^HTTP\/1\.1 408 /)
})

test('the rest of a body whose reader has stopped without a word must come in time too', async () => {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  socket.write('PUT /left HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\na')
  const [answer] = await once(socket, 'data')
  expect(`${answer}`).toMatch(/^HTTP\/1\.1 200 /)
  // Nothing more is sent, and the connection would be kept alive.
  await once(socket.resume(), 'close')
})
