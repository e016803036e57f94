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
