/** Objects as clients of S3 put, read, copy and delete them. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { S3Edge } from './s3-calls.testing.ts'

let edge: S3Edge
beforeEach(async () => {
  edge = new S3Edge()
  await edge.make({ method: 'PUT', path: '/lab' })
})

describe('an object', () => {
  test('is read as it was put, with its headers and metadata', async () => {
    const headers = {
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'content-encoding': 'aws-chunked, gzip',
      'x-amz-meta-sample': 'A 1',
      'x-amz-tagging': 'kind=raw&of=ada',
    }
    const put = await edge.call({ method: 'PUT', path: '/lab/a%20b/%C3%A9%2B.txt', headers, body: 'hello' })
    const etag = `"${createHash('md5').update('hello').digest('hex')}"`
    expect([put.status, put.body, put.headers.etag]).toEqual([200, '', etag])
    const got = await edge.call({ path: '/lab/a%20b/%C3%A9%2B.txt' })
    expect([got.status, got.body]).toEqual([200, 'hello'])
    expect(got.headers).toMatchObject({
      ...{ etag, 'content-type': 'text/plain', 'cache-control': 'no-cache', 'content-encoding': 'gzip' },
      ...{ 'x-amz-meta-sample': 'A 1', 'x-amz-tagging-count': '2', 'content-length': '5', 'accept-ranges': 'bytes' },
      'last-modified': 'Sun, 22 Nov 2026 15:00:00 GMT',
      'x-amz-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    const head = await edge.call({ method: 'HEAD', path: '/lab/a%20b/%C3%A9%2B.txt' })
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', '5'])
    expect(head.headers.etag).toBe(etag)
  })
})
