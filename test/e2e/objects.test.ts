/** Objects of a whole server: directories that are served as buckets, restarts, and TLS. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cliEnvironment, run } from '../conformance/clients/aws-cli.ts'
import { newestClients } from '../conformance/clients/installed.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

describe('directories of the machine', () => {
  let server: TestServer
  let s3: S3Client
  const folder = mkdtempSync(join(tmpdir(), 'openbatch-objects-'))
  const [genomes, scratch] = [join(folder, 'genomes'), join(folder, 'scratch')]

  beforeAll(async () => {
    for (const directory of [genomes, scratch]) mkdirSync(directory)
    writeFileSync(join(genomes, 'chr1'), 'ACGT')
    const buckets = `{ genomes: { directory: ${genomes}, readOnly: true } }`
    server = await startServer({ driver: 'scripted', env: { OPENBATCH_OBJECTS_BUCKETS: buckets } })
    s3 = new S3Client({ endpoint: server.endpoint, credentials: server.addUser('ada'), region: 'us-west-2' })
  })
  afterAll(async () => {
    s3?.destroy()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const read = async (Bucket: string, Key: string) =>
    (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body!.transformToString()

  test('are read as buckets, and not written where they are read-only', async () => {
    expect(await read('genomes', 'chr1')).toBe('ACGT')
    const put = s3.send(new PutObjectCommand({ Bucket: 'genomes', Key: 'new', Body: 'x' }))
    await expect(put).rejects.toMatchObject({ name: 'MethodNotAllowed' })
    await expect(s3.send(new DeleteObjectCommand({ Bucket: 'genomes', Key: 'chr1' }))).rejects.toThrow()
    expect(readFileSync(join(genomes, 'chr1'), 'utf8')).toBe('ACGT')
  })

  test('that the command adds are buckets after the next start, and are edited from both sides', async () => {
    const { dataDir } = server
    execFileSync(openbatchCommand, ['bucket', 'add', 'scratch', scratch, '--data-dir', dataDir])
    await s3.send(new CreateBucketCommand({ Bucket: 'made' }))
    await s3.send(new PutObjectCommand({ Bucket: 'made', Key: 'a', Body: 'kept', Metadata: { n: '1' } }))
    await server.restart()
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
    expect(Buckets.map(({ Name }) => Name)).toEqual(['genomes', 'made', 'scratch'])
    expect(await s3.send(new GetObjectCommand({ Bucket: 'made', Key: 'a' }))).toMatchObject({ Metadata: { n: '1' } })
    await s3.send(new PutObjectCommand({ Bucket: 'scratch', Key: 'by/s3', Body: 'from S3' }))
    expect(readFileSync(join(scratch, 'by', 's3'), 'utf8')).toBe('from S3')
    writeFileSync(join(scratch, 'by', 'hand'), 'by hand')
    expect(await read('scratch', 'by/hand')).toBe('by hand')
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'scratch' }))
    expect(Contents.map(({ Key }) => Key)).toEqual(['by/hand', 'by/s3'])
  })

  test('a put survives kill -9', async () => {
    await s3.send(new PutObjectCommand({ Bucket: 'made', Key: 'durable', Body: 'whole' }))
    await server.kill9()
    await server.restart()
    expect(await read('made', 'durable')).toBe('whole')
  })
})

test('bodies with trailers come over TLS too', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-test-'))
  execFileSync(openbatchCommand, ['tls', 'init', '--data-dir', dataDir])
  const server = await startServer({ driver: 'scripted', dataDir })
  try {
    const trustFile = join(dataDir, 'tls', 'trust.pem')
    const installed = newestClients()
    const env = cliEnvironment(installed, { endpoint: server.endpoint, credentials: server.administrator, trustFile })
    // Over TLS the command line signs no payload, and sends its checksum behind it.
    const script =
      'aws s3 mb s3://lab && seq 100000 > "$0" && aws s3 cp "$0" s3://lab/o && aws s3 cp s3://lab/o - | cmp - "$0"'
    await run('sh', ['-ec', script, join(dataDir, 'numbers')], env)
    const head = await run(
      'aws',
      ['s3api', 'head-object', '--bucket', 'lab', '--key', 'o', '--checksum-mode', 'ENABLED'],
      env,
    )
    expect(JSON.parse(head.stdout)).toMatchObject({ ChecksumType: 'FULL_OBJECT' })
  } finally {
    await server.stop()
  }
})
