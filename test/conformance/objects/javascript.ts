/** What programs in JavaScript do: streams of unknown length, in chunks with trailers. */
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Sha256 } from '../../../src/ground/sha256.ts'
import { largeMegabytes, type ObjectsSetting, oddNames } from './setting.ts'

const Bucket = 'javascript'
const partBytes = 16 * 1024 * 1024

function clientOf({ endpoint, credentials, trustFile }: ObjectsSetting, more: object = {}): S3Client {
  // The address is an IP, so the client writes the bucket into the path by itself.
  const trust = trustFile && { requestHandler: { httpsAgent: new Agent({ ca: readFileSync(trustFile) }) } }
  return new S3Client({ endpoint, credentials, region: 'us-west-2', ...trust, ...more })
}

export function exerciseJavaScriptOnObjects(given: () => ObjectsSetting): void {
  let s3: S3Client
  beforeAll(async () => {
    s3 = clientOf(given())
    await s3.send(new CreateBucketCommand({ Bucket }))
  })
  afterAll(() => s3?.destroy())
  const read = async (Key: string, more: object = {}) => {
    const { Body, ...rest } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))
    return { text: await Body!.transformToString(), ...rest }
  }
  const put = (Key: string, Body = 'hello', more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
  const bytesOf = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
    return Buffer.from(await Body!.transformToByteArray())
  }

  test('an object is put and read, and its checksum is compared', async () => {
    await put('a b+ä', 'hello', { Metadata: { n: '1' } })
    const got = await read('a b+ä', { ChecksumMode: 'ENABLED' })
    expect(got).toMatchObject({ text: 'hello', Metadata: { n: '1' }, ContentLength: 5, ChecksumCRC32: 'NhCmhg==' })
    expect(await read('a b+ä', { Range: 'bytes=1-2' })).toMatchObject({ text: 'el', ContentRange: 'bytes 1-2/5' })
  })

  test('names of all sorts come back', async () => {
    for (const name of oddNames) await put(`odd/${name}`, name)
    for (const name of oddNames) expect((await read(`odd/${name}`)).text).toBe(name)
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'odd/' }))
    expect(Contents.map(({ Key }) => Key?.slice(4)).sort()).toEqual([...oddNames].sort())
  })

  test('an empty object is put and read', async () => {
    await put('empty', '')
    expect(await read('empty')).toMatchObject({ text: '', ContentLength: 0 })
  })

  exerciseTrailers(() => s3)

  test.each([
    { what: '20 MB', size: 20_000_000 },
    { what: 'a large object', size: largeMegabytes * 1024 * 1024 },
  ])('$what goes up in parts and comes down', async ({ size }) => {
    const content = Buffer.alloc(size, 'some content that is no power of two long')
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'large' }))
    const numbers = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) => index + 1)
    // The last one first.
    const Parts = []
    for (const PartNumber of numbers.reverse()) {
      const Body = content.subarray((PartNumber - 1) * partBytes, PartNumber * partBytes)
      const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key: 'large', UploadId, PartNumber, Body }))
      Parts.unshift({ PartNumber, ETag })
    }
    const complete = { Bucket, Key: 'large', UploadId, MultipartUpload: { Parts } }
    const { ETag } = await s3.send(new CompleteMultipartUploadCommand(complete))
    expect(ETag).toMatch(new RegExp(`-${numbers.length}"$`))
    expect((await bytesOf('large')).equals(content)).toBe(true)
  })

  test('an upload is listed with its parts, and aborted', async () => {
    const of = { Bucket, Key: 'aborted' }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(of))
    await s3.send(new UploadPartCommand({ ...of, UploadId, PartNumber: 3, Body: 'x' }))
    expect((await s3.send(new ListPartsCommand({ ...of, UploadId }))).Parts).toMatchObject([{ PartNumber: 3, Size: 1 }])
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toMatchObject([{ UploadId }])
    await s3.send(new AbortMultipartUploadCommand({ ...of, UploadId }))
    const gone = s3.send(new ListPartsCommand({ ...of, UploadId }))
    await expect(gone).rejects.toMatchObject({ name: 'NoSuchUpload', $metadata: { httpStatusCode: 404 } })
  })

  test('an object is copied, whole and in parts', async () => {
    await put('from +ä', 'x'.repeat(6_000_000), { Metadata: { n: '1' } })
    const CopySource = `${Bucket}/${encodeURIComponent('from +ä')}`
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))).toMatchObject({ Metadata: { n: '1' } })
    const of = { Bucket, Key: 'copied in parts' }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(of))
    const Parts = []
    for (const [at, CopySourceRange] of ['bytes=0-5242879', 'bytes=5242880-5999999'].entries()) {
      const part = { ...of, UploadId, PartNumber: at + 1, CopySource, CopySourceRange }
      const { CopyPartResult } = await s3.send(new UploadPartCopyCommand(part))
      Parts.push({ PartNumber: at + 1, ETag: CopyPartResult?.ETag })
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...of, UploadId, MultipartUpload: { Parts } }))
    expect((await bytesOf('copied in parts')).equals(Buffer.alloc(6_000_000, 'x'))).toBe(true)
  })

  test('keys are listed with a delimiter, and in pages', async () => {
    for (const name of ['a/1', 'a/2', 'b c', 'd+e']) await put(`pages/${name}`)
    const Prefix = 'pages/'
    const folded = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, Delimiter: '/' }))
    expect(folded.CommonPrefixes).toEqual([{ Prefix: 'pages/a/' }])
    const found: string[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1, ContinuationToken }))
      found.push(...page.Contents!.map(({ Key }) => Key!))
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken)
    expect(found).toEqual(['pages/a/1', 'pages/a/2', 'pages/b c', 'pages/d+e'])
  })

  test('If-None-Match keeps what is there', async () => {
    const write = () => put('once', 'x', { IfNoneMatch: '*' })
    await write()
    await expect(write()).rejects.toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } })
  })

  test('an object is tagged', async () => {
    const of = { Bucket, Key: 'tagged' }
    await put('tagged', 'x', { Tagging: 'a=1' })
    await s3.send(new PutObjectTaggingCommand({ ...of, Tagging: { TagSet: [{ Key: 'k', Value: 'v w' }] } }))
    expect((await s3.send(new GetObjectTaggingCommand(of))).TagSet).toEqual([{ Key: 'k', Value: 'v w' }])
  })

  test('a bad checksum is refused', async () => {
    await expect(put('bad', 'hello', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' })
    await expect(read('bad')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  test('a URL that is signed reads and writes, and no other', async () => {
    const put = await presigned(given(), 'PUT', 'by url')
    expect((await fetch(put, { method: 'PUT', body: 'by url' })).status).toBe(200)
    const get = await presigned(given(), 'GET', 'by url')
    expect(await (await fetch(get)).text()).toBe('by url')
    expect((await fetch(get.replace('X-Amz-Expires=900', 'X-Amz-Expires=901'))).status).toBe(403)
    expect((await fetch(get, { method: 'DELETE' })).status).toBe(403)
  })

  test('who does not sign, or signs with another secret, is refused', async () => {
    const unsigned = clientOf(given(), { signer: { sign: async (request: object) => request as never } })
    await expect(unsigned.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name: 'AccessDenied' })
    const credentials = { ...given().credentials, secretAccessKey: 'wrong' }
    const wrong = clientOf(given(), { credentials })
    await expect(wrong.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
    for (const client of [unsigned, wrong]) client.destroy()
  })

  test('what is not there is refused by name', async () => {
    await expect(read('none')).rejects.toMatchObject({ name: 'NoSuchKey' })
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({ name: 'NotFound' })
    const none = { Bucket: 'no-such-bucket' }
    await expect(s3.send(new HeadBucketCommand(none))).rejects.toMatchObject({ name: 'NotFound' })
    await expect(s3.send(new ListObjectsV2Command(none))).rejects.toMatchObject({ name: 'NoSuchBucket' })
  })

  test('a bucket is listed, emptied and removed', async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }))
    expect(Contents.map(({ Key }) => Key)).toContain('a b+ä')
    const Objects = Contents.map(({ Key }) => ({ Key }))
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    expect(Errors).toBeUndefined()
    await s3.send(new DeleteBucketCommand({ Bucket }))
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).not.toContain(Bucket)
  })
}

export function exerciseJavaScriptOverTls(given: () => ObjectsSetting): void {
  let s3: S3Client
  beforeAll(async () => {
    s3 = clientOf(given())
    await s3.send(new CreateBucketCommand({ Bucket }))
  })
  afterAll(() => s3?.destroy())
  exerciseTrailers(() => s3)
}

function exerciseTrailers(given: () => S3Client): void {
  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'a stream with a trailer: %s',
    async (kind) => {
      const s3 = given()
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
}

/** As the SDK's own presigner signs. */
async function presigned({ endpoint, credentials }: ObjectsSetting, method: string, key: string): Promise<string> {
  const { host, hostname, port } = new URL(endpoint)
  const signer = new SignatureV4({
    credentials,
    region: 'us-west-2',
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
  })
  const path = `/${Bucket}/${encodeURIComponent(key)}`
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
  const request = { method, protocol: 'http:', hostname, port: Number(port), path, headers, query: {} }
  const { query } = await signer.presign(request, { expiresIn: 900 })
  const pairs = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(`${value}`)}`)
  return `${endpoint}${path}?${pairs.join('&')}`
}
