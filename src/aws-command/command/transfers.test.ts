/** Transfers against a store that loses connections and changes its objects. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Options } from './arguments.ts'
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
  services = new Services(new Options(), env, { line: () => {}, error: () => {} })
  return services.transfers(services.s3())
}

test('a download goes on where the connection broke', async () => {
  const asked: unknown[] = []
  const { downloads } = await against((request, response) => {
    asked.push([request.headers.range, request.headers['if-match']])
    if (asked.length > 1) return response.writeHead(206).end(content.subarray(4))
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
