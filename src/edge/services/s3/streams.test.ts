/** Bodies on their way, over real sockets: what is sent in pieces, not wanted, cut short or read slowly. */
import { createHash, createHmac, createSecretKey, hash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SigningKey } from '../../../../test/support/signed-request.ts'
import { bodyOf, plain } from '../../../objects/contract/store-case.contract.ts'
import { type S3Call, S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
let port = 0
const sockets: Socket[] = []
beforeAll(async () => {
  edge = new S3Edge()
  await edge.app.listen({ host: '127.0.0.1', port: 0 })
  port = (edge.app.server.address() as AddressInfo).port
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await edge.app.close()
})
beforeEach(async () => {
  if (!edge.store.bucket('lab')) await edge.make({ method: 'PUT', path: '/lab' })
})

/** The head of a signed request as text, with headers that are not signed. */
async function headOf(
  request: S3Call,
  more: Record<string, string> = {},
  key: SigningKey = edge.root,
): Promise<string> {
  const { method, url, headers } = await edge.sign(request, key)
  const lines = Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

async function open(text: string | Buffer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  sockets.push(socket)
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** Reads until the text is there, or the server closes. */
async function readUntil(socket: Socket, wanted: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (wanted.test(text)) break
  }
  return text
}

const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
const held = (key: string) => edge.store.head({ bucket: 'lab', key })

describe('a client that asks before it sends', () => {
  const large = { 'content-length': '5000000', expect: '100-continue' }

  test('is asked for the body when it is wanted', async () => {
    const socket = await open(
      await headOf({ method: 'PUT', path: '/lab/o', headers: unsigned }, { ...large, 'content-length': '5' }),
    )
    expect(await readUntil(socket, /\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hello')
    expect(await readUntil(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await held('o')).toMatchObject({ size: 5 })
  })

  test.each([
    ['a wrong signature', '/lab/o', {}, { secretAccessKey: 'wrong' }, 403],
    ['a bucket that is not there', '/none/o', {}, {}, 404],
    ['what is not offered', '/lab/o', { 'legal-hold': '' }, {}, 501],
  ])('is refused without it: %s', async (_, path, query, key, status) => {
    const request = { method: 'PUT', path, query: query as Record<string, string>, headers: unsigned }
    const socket = await open(await headOf(request, large, { ...edge.root, ...key }))
    const answer = await readUntil(socket, /<\/Error>/)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer.toLowerCase()).toContain('connection: close')
  })
})

describe('a body', () => {
  test('that is cut short stores nothing', async () => {
    const socket = await open(
      await headOf({ method: 'PUT', path: '/lab/cut', headers: unsigned }, { 'content-length': '1000' }),
    )
    await new Promise((resolve) => socket.write('some of it', resolve))
    socket.destroy()
    await edge.make({ method: 'PUT', path: '/lab/other', body: 'x' })
    expect(await held('cut')).toMatchObject({ code: 'NoSuchKey' })
  })

  test('may come without a length', async () => {
    const head = await headOf(
      { method: 'PUT', path: '/lab/chunked', headers: unsigned },
      { 'transfer-encoding': 'chunked' },
    )
    const socket = await open(`${head}5\r\nhello\r\n0\r\n\r\n`)
    expect(await readUntil(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 /)
    expect(await held('chunked')).toMatchObject({ size: 5 })
  })
})

describe('a body in signed chunks', () => {
  const mode = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'

  /** Encodes the chunks after AWS's page, with the signature of the head as their seed. */
  async function send(
    path: string,
    chunks: readonly string[],
    change: (body: string) => string = (body) => body,
    trailer?: string,
  ) {
    const size = chunks.join('').length
    const request = {
      ...{ method: 'PUT', path },
      headers: {
        'x-amz-content-sha256': trailer === undefined ? mode : `${mode}-TRAILER`,
        'x-amz-decoded-content-length': String(size),
        ...(trailer !== undefined && { 'x-amz-trailer': trailer.split(':')[0]! }),
      },
    }
    const { method, url, headers } = await edge.sign(request)
    const [, scope = '', seed = ''] = /Credential=[^/]+\/([^,]+),.*Signature=(\w+)/.exec(headers.authorization!) ?? []
    let key = Buffer.from(`AWS4${edge.root.secretAccessKey}`)
    for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
    let previous = seed
    const sign = (algorithm: string, hashes: string) => {
      const text = `${algorithm}\n${headers['x-amz-date']}\n${scope}\n${previous}\n${hashes}`
      previous = createHmac('sha256', createSecretKey(key)).update(text).digest('hex')
      return previous
    }
    let body = ''
    for (const data of [...chunks, '']) {
      const signature = sign('AWS4-HMAC-SHA256-PAYLOAD', `${hash('sha256', '')}\n${hash('sha256', data)}`)
      body += `${data.length.toString(16)};chunk-signature=${signature}\r\n${data}${data === '' ? '' : '\r\n'}`
    }
    if (trailer !== undefined) {
      const signature = sign('AWS4-HMAC-SHA256-TRAILER', createHash('sha256').update(`${trailer}\n`).digest('hex'))
      body += `${trailer}\r\nx-amz-trailer-signature:${signature}\r\n`
    }
    const payload = change(`${body}\r\n`)
    const sent = await edge.app.inject({
      ...{ method, url, payload },
      headers: { ...headers, 'content-length': String(payload.length), 'content-encoding': 'aws-chunked' },
    })
    return { status: sent.statusCode, code: /<Code>(\w+)/.exec(sent.body)?.[1] }
  }

  test('is stored without the frames of the chunks', async () => {
    expect(await send('/lab/signed', ['a'.repeat(70_000), 'bc'])).toEqual({ status: 200, code: undefined })
    expect((await edge.call({ path: '/lab/signed' })).body).toBe(`${'a'.repeat(70_000)}bc`)
  })

  test('may end with signed trailers', async () => {
    expect((await send('/lab/trailed', ['hello'], undefined, 'x-amz-checksum-crc32:NhCmhg==')).status).toBe(200)
    expect(await held('trailed')).toMatchObject({ checksum: { kind: 'CRC32', value: 'NhCmhg==' } })
    const bad = await send('/lab/bad', ['hello'], undefined, 'x-amz-checksum-crc32:AAAAAA==')
    expect([bad, await held('bad')]).toMatchObject([{ status: 400, code: 'BadDigest' }, { code: 'NoSuchKey' }])
  })

  test.each([
    ['a byte is changed', (body: string) => body.replace('hello', 'jello'), 'SignatureDoesNotMatch'],
    ['a chunk is taken out', (body: string) => body.replace(/5;chunk.*\r\nhello\r\n/, ''), 'SignatureDoesNotMatch'],
    ['the end is cut off', (body: string) => body.slice(0, -100), 'IncompleteBody'],
    ['the frame is not one', () => 'hello', 'IncompleteBody'],
    ['the frame is of another kind', () => 'hello\r\n', 'InvalidRequest'],
  ])('is refused if %s', async (_, change, code) => {
    expect((await send('/lab/changed', ['hello', 'world'], change)).code).toBe(code)
    expect(await held('changed')).toMatchObject({ code: 'NoSuchKey' })
  })
})

describe('a body with a trailer that is not signed', () => {
  const send = async (body: string, more: Record<string, string> = {}) => {
    const headers = {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'x-amz-decoded-content-length': '5',
      ...more,
    }
    const { method, url, headers: signed } = await edge.sign({ method: 'PUT', path: '/lab/t', headers })
    const sent = await edge.app.inject({
      method,
      url,
      headers: { ...signed, 'content-length': String(body.length) },
      payload: body,
    })
    return [sent.statusCode, /<Code>(\w+)/.exec(sent.body)?.[1]]
  }

  test.each([
    ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', [200, undefined]],
    ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', [400, 'BadDigest']],
    ['5\r\nhello\r\n0\r\n\r\n', [400, 'MalformedTrailerError']],
    ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32\r\n\r\n', [400, 'MalformedTrailerError']],
    ['4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', [400, 'IncompleteBody']],
    ['6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', [400, 'IncompleteBody']],
  ])('%j', async (body, outcome) => {
    expect(await send(body)).toEqual(outcome)
  })

  test('says how long it is', async () => {
    expect(await send('x', { 'x-amz-decoded-content-length': 'long' })).toEqual([411, 'MissingContentLength'])
  })
})

test('a payload of a kind that nobody knows is refused', async () => {
  const put = await edge.call({
    method: 'PUT',
    path: '/lab/o',
    headers: { 'x-amz-content-sha256': 'STREAMING-X' },
    body: 'x',
  })
  expect([put.status, put.code]).toEqual([400, 'InvalidArgument'])
})

test('two hundred clients that do not read hold little memory, and others are served', async () => {
  await edge.make({ method: 'PUT', path: '/lab/large', body: 'x'.repeat(20_000_000) })
  const head = await headOf({ path: '/lab/large' })
  const before = process.memoryUsage().arrayBuffers
  const full = waitingAnswers(200)
  const slow = await Promise.all(Array.from({ length: 200 }, () => open(head)))
  for (const socket of slow) socket.pause()
  await full
  expect((await edge.call({ path: '/lab/large', headers: { range: 'bytes=0-9' } })).body).toBe('xxxxxxxxxx')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000)
  for (const socket of slow) socket.destroy()
}, 60_000)

/** Resolves when so many answers wait for their clients to read: the kernel takes no more of them. */
function waitingAnswers(count: number): Promise<void> {
  const waiting = new Set<ServerResponse>()
  return new Promise((resolve) => {
    const watch = (_request: unknown, response: ServerResponse) => {
      const { write } = response
      response.write = ((...given: Parameters<typeof write>) => {
        // Nothing is left in the socket by then if the kernel took it.
        setImmediate(() => {
          if (response.socket && response.socket.writableLength > 0) waiting.add(response)
          if (waiting.size < count) return
          edge.app.server.off('request', watch)
          resolve()
        })
        return write.apply(response, given)
      }) as typeof write
    }
    edge.app.server.on('request', watch)
  })
}

describe('bytes are counted', () => {
  const size = 50_000_000

  test('of bodies as they come, also of those that are cut short', async () => {
    const before = edge.traffic.receivedBytes
    const head = await headOf({ method: 'PUT', path: '/lab/o', headers: unsigned }, { 'content-length': '10' })
    const socket = await open(`${head}hello`)
    await vi.waitFor(() => expect(edge.traffic.receivedBytes - before).toBe(5))
    socket.destroy()
    await edge.make({ method: 'PUT', path: '/lab/o', body: 'hello' })
    expect(edge.traffic.receivedBytes - before).toBe(10)
  })

  test('of answers as they go, also of those that nobody reads to their end', async () => {
    await edge.store.put({ bucket: 'lab', key: 'large' }, bodyOf('x'.repeat(size)), plain)
    const before = edge.traffic.sentBytes
    const socket = await open(await headOf({ path: '/lab/large' }))
    await readUntil(socket, /xxx/)
    const some = edge.traffic.sentBytes - before
    expect(some).toBeGreaterThan(0)
    expect(some).toBeLessThan(size)
    const closed = once(socket, 'close')
    socket.destroy()
    await closed
    const answer = await fetch(`http://127.0.0.1:${port}/lab/none`)
    await answer.text()
    const after = edge.traffic.sentBytes - before
    expect(after).toBeGreaterThanOrEqual(some)
    expect(after).toBeLessThan(size)
  })
})
