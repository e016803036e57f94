import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AnswerRoom } from './answer-room.ts'

const mebibyte = 1_048_576
/** More than the kernel buffers for a client that does not read. */
const answerBytes = 32 * mebibyte
const room = new AnswerRoom(80 * mebibyte)
const responses: ServerResponse[] = []
let server: Server
let port = 0

beforeAll(async () => {
  server = createServer((_request, response) => {
    responses.push(response)
    room.hold(response, answerBytes)
    response.end(Buffer.alloc(answerBytes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

async function askWithoutReading(): Promise<void> {
  const before = responses.length
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
  while (responses.length === before) await once(server, 'request')
}

test('the oldest unread answer is cut off for others, which are read whole', async () => {
  await askWithoutReading()
  await askWithoutReading()
  expect(room.held).toBe(2 * answerBytes)
  const first = once(responses[0]!, 'close')
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  expect((await answer.arrayBuffer()).byteLength).toBe(answerBytes)
  await first
  expect(responses[0]!.writableFinished).toBe(false)
  expect(responses[1]!.destroyed).toBe(false)
})
