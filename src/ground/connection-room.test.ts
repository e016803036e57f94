import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ConnectionRoom } from './connection-room.ts'

test('the oldest unknown connection makes room; known ones stay', async () => {
  const room = new ConnectionRoom(2)
  const server = createServer((request, response) => {
    room.vouchFor(request.socket)
    response.end()
  })
  room.admitThrough(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const arrived = once(server, 'connection')
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    await Promise.all([once(socket, 'connect'), arrived])
    return socket
  }
  try {
    const known = await open()
    known.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await once(known, 'data')
    const stranger = await open()
    const strangerGone = once(stranger, 'close')
    const second = await open()
    await strangerGone
    expect(room.open).toBe(2)
    second.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await once(second, 'data')
    const late = await open()
    await once(late, 'close')
    expect([known.destroyed, second.destroyed]).toEqual([false, false])
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

test('an owner has at most so many connections, and the next one counts when another has closed', async () => {
  const room = new ConnectionRoom(10, 2)
  const server = createServer((request, response) => {
    const mayStay = room.vouchFor(request.socket, String(request.headers['x-owner']))
    response.end(mayStay ? 'stay' : 'go')
  })
  room.admitThrough(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const ask = async (owner: string, socket = connect(port, '127.0.0.1')) => {
    socket.write(`GET / HTTP/1.1\r\nHost: h\r\nX-Owner: ${owner}\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    return { socket, said: String(answer).trim().split('\n').at(-1)! }
  }
  try {
    const [first, second, third, other] = [await ask('ada'), await ask('ada'), await ask('ada'), await ask('bob')]
    expect([first, second, third, other].map(({ said }) => said)).toEqual(['stay', 'stay', 'go', 'stay'])
    expect((await ask('ada', first.socket)).said).toBe('stay')
    second.socket.destroy()
    while (room.open > 3) await once(server, 'connection', { signal: AbortSignal.timeout(20) }).catch(() => {})
    expect((await ask('ada', third.socket)).said).toBe('stay')
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
