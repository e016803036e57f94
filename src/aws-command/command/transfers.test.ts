/** Transfers against a store that loses connections and changes its objects. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Options } from './arguments.ts'
import { Interruption } from './interruption.ts'
import { Services } from './services.ts'

const content = Buffer.from('0123456789')
const source = { place: { bucket: 'b', key: 'k' }, bytes: content.length, etag: '"e"', modifiedAt: new Date(1000) }
let server: Server | undefined
let services: Services | undefined
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'openbatch-transfers-'))
})
afterEach(async () => {
  services?.close()
  server?.closeAllConnections()
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  rmSync(folder, { recursive: true, force: true })
})

async function against(listener: RequestListener) {
  const opened = createServer(listener)
  server = opened
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve))
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(opened.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIA',
    AWS_SECRET_ACCESS_KEY: 'secret',
  }
  services = new Services(new Options(), env, { line: () => {}, error: () => {} }, new Interruption())
  return services.transfers(services.s3())
}

test('a download goes on where the connection broke', async () => {
  const asked: unknown[] = []
  const { downloads } = await against((request, response) => {
    asked.push([request.headers.range, request.headers['if-match']])
    if (asked.length > 1) return response.writeHead(206, { 'content-range': 'bytes 4-9/10' }).end(content.subarray(4))
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, 4), () => setImmediate(() => request.socket.destroy()))
  })
  await downloads.toFile(source, join(folder, 'file'))
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe(content.toString())
  expect(asked).toEqual([
    [undefined, '"e"'],
    ['bytes=4-9', '"e"'],
  ])
})

test('an object that changed meanwhile leaves no file', async () => {
  const { downloads } = await against((_, response) =>
    response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>'),
  )
  await expect(downloads.toFile(source, join(folder, 'file'))).rejects.toThrow('did not match expected ETag')
  expect(readdirSync(folder)).toEqual([])
})

test('content that does not fit its checksum leaves no file', async () => {
  const { downloads } = await against((_, response) =>
    response.writeHead(200, { 'content-length': content.length, 'x-amz-checksum-crc32': 'AAAAAA==' }).end(content),
  )
  await expect(downloads.toFile(source, join(folder, 'file'))).rejects.toThrow('Expected checksum AAAAAA==')
  expect(readdirSync(folder)).toEqual([])
})

test('a refusal is told in the service’s words, and not tried again', async () => {
  let asked = 0
  const { downloads } = await against((_, response) => {
    asked++
    response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>No &amp; no</Message></Error>')
  })
  await expect(downloads.toFile(source, join(folder, 'file'))).rejects.toThrow(
    'An error occurred (AccessDenied) when calling the GetObject operation: No & no',
  )
  expect(asked).toBe(1)
})

test('content that does not fit its checksum leaves no file where the download went on, either', async () => {
  let asked = 0
  const { downloads } = await against((request, response) => {
    if (asked++ > 0) return response.writeHead(206, { 'content-range': 'bytes 4-9/10' }).end(content.subarray(4))
    response.writeHead(200, { 'content-length': content.length, 'x-amz-checksum-crc32': 'AAAAAA==' })
    response.write(content.subarray(0, 4), () => setImmediate(() => request.socket.destroy()))
  })
  await expect(downloads.toFile(source, join(folder, 'file'))).rejects.toThrow('Expected checksum AAAAAA==')
  expect(readdirSync(folder)).toEqual([])
})

test('a signal during a download ends it, and leaves no file', async () => {
  const { downloads } = await against((_, response) => {
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, 4), () => services!.interruption.interrupt('SIGTERM'))
  })
  await expect(downloads.toFile(source, join(folder, 'file'))).rejects.toMatchObject({ exitCode: 143 })
  expect(readdirSync(folder)).toEqual([])
})

test('an upload that is tried again begins at its beginning', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, content)
  const received: string[] = []
  const { uploads } = await against(async (request, response) => {
    received.push(await text(request))
    response.writeHead(received.length === 1 ? 503 : 200).end()
  })
  await uploads.file(file, content.length, source.place, {})
  expect(received).toEqual([content.toString(), content.toString()])
})

test('a file that is shorter than it was is not taken for whole', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, content)
  const { uploads } = await against((request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(200).end())
  })
  await expect(uploads.file(file, content.length + 1, source.place, {})).rejects.toThrow(
    'became shorter while it was read',
  )
})

test.each([
  ['InternalError', 'is tried again', 2],
  ['InvalidRequest', 'is a failure', 1],
])('an error %s in an answer with the status 200 %s', async (code, _, times) => {
  let asked = 0
  await against((request, response) => {
    request.resume()
    asked++
    response
      .writeHead(200)
      .end(asked === 1 ? `<Error><Code>${code}</Code><Message>no</Message></Error>` : '<CopyObjectResult/>')
  })
  const copied = services!.s3().copy(source.place, { bucket: 'b', key: 'to' }, {})
  if (times === 1) await expect(copied).rejects.toThrow(`(${code}) when calling the CopyObject operation: no`)
  else await copied
  expect(asked).toBe(times)
})

test('no request is made for an object without a key', async () => {
  let asked = 0
  await against((_, response) => {
    asked++
    response.writeHead(200).end()
  })
  const nothing = { bucket: 'b', key: '' }
  const s3 = services!.s3()
  const sent = [
    () => s3.head(nothing),
    () => s3.delete(nothing),
    () => s3.get(nothing),
    () => s3.copy(nothing, nothing, {}),
  ]
  for (const send of sent) await expect(async () => await send()).rejects.toThrow('Invalid length for parameter Key')
  expect(asked).toBe(0)
})

test('credentials of a container are asked for without the proxy', async () => {
  const port = () => (server!.address() as AddressInfo).port
  const paths: string[] = []
  await against((request, response) => {
    paths.push(request.url!)
    response.writeHead(200).end(JSON.stringify({ AccessKeyId: 'ASIA', SecretAccessKey: 's', Token: 't' }))
  })
  const env = {
    HTTP_PROXY: 'http://127.0.0.1:1',
    NO_PROXY: '',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port()}`,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port()}/keys`,
    AWS_MAX_ATTEMPTS: '1',
  }
  const behind = new Services(new Options(), env, { line: () => {}, error: () => {} }, new Interruption())
  try {
    await expect(behind.s3().head(source.place)).rejects.toThrow('Failed to connect to proxy URL: "http://127.0.0.1:1"')
  } finally {
    behind.close()
  }
  expect(paths).toEqual(['/keys'])
})

test.each([
  ['of another object', 206, { 'content-range': 'bytes 4-9/10', etag: '"other"' }, 'did not match expected ETag'],
  ['of another range', 206, { 'content-range': 'bytes 0-5/10' }, 'sent "bytes 0-5/10"'],
  ['of the whole', 200, {}, 'sent "status 200"'],
])('an answer %s is not joined to what came before', async (_, status, headers, message) => {
  let asked = 0
  const { downloads } = await against((request, response) => {
    if (asked++ > 0) return response.writeHead(status, headers).end(content.subarray(4))
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, 4), () => setImmediate(() => request.socket.destroy()))
  })
  await expect(downloads.toFile(source, join(folder, 'file'))).rejects.toThrow(message)
  expect(readdirSync(folder)).toEqual([])
})

test.each([
  [0, undefined],
  [1, 'did not match calculated checksum'],
])('a download in parts is held against the checksum of the whole (%i wrong bytes)', async (wrong, message) => {
  const large = Buffer.alloc(9 * 1_048_576, 'openbatch ')
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(large))
  const { downloads } = await against((request, response) => {
    const etag = '"e"'
    if (request.method === 'HEAD')
      return response.writeHead(200, { etag, 'x-amz-checksum-crc32': sum.toString('base64') }).end()
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!.map(Number)
    const part = Buffer.from(large.subarray(from, to! + 1))
    part.fill(0, 0, wrong)
    response.writeHead(206, { etag, 'content-range': `bytes ${from}-${to}/${large.length}` }).end(part)
  })
  const done = downloads.toFile({ ...source, bytes: large.length }, join(folder, 'file'))
  if (message === undefined) await done
  else await expect(done).rejects.toThrow(message)
  expect(readdirSync(folder)).toEqual(message === undefined ? ['file'] : [])
})

test('a link is written through and stays, as /dev/stdout must that leads to a file', async () => {
  const { downloads } = await against((_, response) => response.writeHead(200).end(content))
  writeFileSync(join(folder, 'output'), '')
  symlinkSync('output', join(folder, 'stdout'))
  await downloads.toFile(source, join(folder, 'stdout'))
  expect(lstatSync(join(folder, 'stdout')).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(folder, 'output'), 'utf8')).toBe(content.toString())
  expect(readdirSync(folder).toSorted()).toEqual(['output', 'stdout'])
})
