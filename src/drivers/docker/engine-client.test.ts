import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DriverUnavailable } from '../driver.ts'
import { engineAddress } from './engine-address.ts'
import { createEngineClient, EngineRefusal } from './engine-client.ts'

const open: { server: Server; folder: string }[] = []
afterEach(async () => {
  for (const { server, folder } of open.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  }
})

async function engine(answer: RequestListener) {
  const folder = await mkdtemp(join(tmpdir(), 'openbatch-client-'))
  const server = createServer(answer)
  open.push({ server, folder })
  await new Promise<void>((resolve) => server.listen(join(folder, 'sock'), resolve))
  return createEngineClient(`unix://${join(folder, 'sock')}`)
}

const get = { method: 'GET', path: '/x' } as const

describe('a call', () => {
  it('sends path, query, body and headers, and parses the answer', async () => {
    const client = await engine(async (incoming, reply) => {
      let body = ''
      for await (const chunk of incoming) body += chunk
      reply.end(
        JSON.stringify({ url: incoming.url, method: incoming.method, body, extra: incoming.headers['x-extra'] }),
      )
    })
    const call = { method: 'POST', path: '/x', query: { a: 'b c', d: ['1', '2'] }, body: { n: 1 } } as const
    expect(await client.call({ ...call, headers: { 'X-Extra': 'yes' } })).toEqual({
      ...{ url: '/x?a=b%20c&d=1&d=2', method: 'POST', body: '{"n":1}', extra: 'yes' },
    })
    client.close()
  })

  it('counts 304 as done, and an empty answer as nothing', async () => {
    const client = await engine((incoming, reply) => reply.writeHead(incoming.url === '/x' ? 304 : 204).end())
    expect(await client.call(get)).toBeUndefined()
    expect(await client.call({ ...get, path: '/y' })).toBeUndefined()
    client.close()
  })

  it('that is refused carries the engine’s own text', async () => {
    const client = await engine((_, reply) => reply.writeHead(409).end('{"message":"already in use"}'))
    const error = await client.call(get).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(EngineRefusal)
    expect(error).toMatchObject({ status: 409, message: 'already in use' })
    client.close()
  })

  it('without an answer, or with a late or incomplete one, leaves everything unknown', async () => {
    const nobody = createEngineClient('unix:///nonexistent/engine.sock')
    await expect(nobody.call(get)).rejects.toBeInstanceOf(DriverUnavailable)
    const client = await engine((incoming, reply) => {
      if (incoming.url === '/cut') {
        reply.writeHead(200, { 'content-length': '100' }).write('{"begin":')
        setImmediate(() => incoming.socket.destroy())
      }
      if (incoming.url === '/slow') reply.writeHead(200).write('[')
    })
    await expect(client.call({ ...get, timeoutMs: 30 })).rejects.toThrow('did not answer GET /x in 30 ms')
    await expect(client.call({ ...get, path: '/slow', timeoutMs: 30 })).rejects.toThrow('did not answer')
    await expect(client.call({ ...get, path: '/cut' })).rejects.toBeInstanceOf(DriverUnavailable)
    await expect(client.call({ ...get, signal: AbortSignal.abort() })).rejects.toThrow('given up')
    client.close()
  })
})

describe('the address', () => {
  it.each([
    ['unix:///a/b.sock', { kind: 'socket', socketPath: '/a/b.sock' }],
    ['/a/b.sock', { kind: 'socket', socketPath: '/a/b.sock' }],
    ['tcp://host:1234', { kind: 'tcp', host: 'host', port: 1234, tls: false }],
    ['tcp://host', { kind: 'tcp', host: 'host', port: 2375, tls: false }],
    ['tcp://host:2376', { kind: 'tcp', host: 'host', port: 2376, tls: true }],
  ])('%s', (text, address) => {
    expect(engineAddress(text, {})).toEqual(address)
    expect(engineAddress(undefined, { DOCKER_HOST: text })).toEqual(address)
  })

  it('that cannot be used is refused with an explanation', () => {
    expect(() => engineAddress('ssh://me@host', {})).toThrow('none of unix://PATH')
  })
})
