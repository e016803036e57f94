/** What programs in JavaScript do: streams of unknown length, in chunks with trailers. */
import { Readable } from 'node:stream'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ObjectsSetting } from './setting.ts'

const Bucket = 'javascript'

export function exerciseJavaScriptOnObjects(given: () => ObjectsSetting): void {
  let s3: S3Client
  beforeAll(async () => {
    const { endpoint, credentials } = given()
    // The address is an IP, so the client writes the bucket into the path by itself.
    s3 = new S3Client({ endpoint, credentials, region: 'us-west-2' })
    await s3.send(new CreateBucketCommand({ Bucket }))
  })
  afterAll(() => s3?.destroy())
  const read = async (Key: string, more: object = {}) => {
    const { Body, ...rest } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))
    return { text: await Body!.transformToString(), ...rest }
  }

  test('an object is put and read, and its checksum is compared', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'a b+ä', Body: 'hello', Metadata: { n: '1' } }))
    const got = await read('a b+ä', { ChecksumMode: 'ENABLED' })
    expect(got).toMatchObject({ text: 'hello', Metadata: { n: '1' }, ContentLength: 5, ChecksumCRC32: 'NhCmhg==' })
    expect(await read('a b+ä', { Range: 'bytes=1-2' })).toMatchObject({ text: 'el', ContentRange: 'bytes 1-2/5' })
  })

  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'a stream with a trailer: %s',
    async (kind) => {
      const pieces = Array.from({ length: 20 }, (_, index) => Buffer.alloc(10_000, index))
      const options = { Bucket, Key: `stream-${kind}`, ChecksumAlgorithm: kind, ContentLength: 200_000 }
      await s3.send(new PutObjectCommand({ ...options, Body: Readable.from(pieces) }))
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: `stream-${kind}`, ChecksumMode: 'ENABLED' }))
      expect([head.ContentLength, head.ContentEncoding, head[`Checksum${kind}`]]).toEqual([
        200_000,
        undefined,
        expect.any(String),
      ])
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: `stream-${kind}` }))
      expect(Buffer.from(await Body!.transformToByteArray()).equals(Buffer.concat(pieces))).toBe(true)
    },
  )

  test('If-None-Match keeps what is there', async () => {
    const write = () => s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body: 'x', IfNoneMatch: '*' }))
    await write()
    await expect(write()).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } })
  })

  test('what is not there is told by name', async () => {
    await expect(read('none')).rejects.toMatchObject({ name: 'NoSuchKey' })
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({ name: 'NotFound' })
  })

  test('a bucket is listed, emptied and removed', async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }))
    expect(Contents.map(({ Key }) => Key)).toContain('a b+ä')
    const Objects = Contents.map(({ Key }) => ({ Key }))
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    expect(Errors).toBeUndefined()
    await s3.send(new DeleteBucketCommand({ Bucket }))
  })
}
