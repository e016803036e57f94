/** Objects of a whole server: directories that are served as buckets, restarts, and TLS. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { attributeCalls } from '../../src/objects/files/attribute-calls.ts'
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
    server = await startServer({
      driver: 'scripted',
      env: { OPENBATCH_OBJECTS_BUCKETS: buckets, OPENBATCH_OBJECTS_EXTENDED_ATTRIBUTES: 'true' },
    })
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

  const bucketCommand = (...args: string[]) => {
    const given = ['bucket', ...args, '--data-dir', server.dataDir]
    const { status, stdout, stderr } = spawnSync(openbatchCommand, given, { encoding: 'utf8' })
    return `${status} ${stdout}${stderr}`.trimEnd()
  }

  test('that the command adds are buckets at once, until it removes them', async () => {
    writeFileSync(join(scratch, 'before'), 'is there')
    expect(bucketCommand('add', 'scratch', scratch)).toBe('0 added scratch; the server serves it')
    expect(await read('scratch', 'before')).toBe('is there')
    await s3.send(new PutObjectCommand({ Bucket: 'scratch', Key: 'said', Body: 'x', Metadata: { n: '1' } }))
    expect(bucketCommand('remove', 'scratch')).toBe('0 removed scratch; the server no longer serves it')
    await expect(read('scratch', 'before')).rejects.toMatchObject({ name: 'NoSuchBucket' })
    expect(bucketCommand('add', 'scratch', scratch, '--read-only')).toBe('0 added scratch; the server serves it')
    expect(await s3.send(new HeadObjectCommand({ Bucket: 'scratch', Key: 'said' }))).toMatchObject({
      Metadata: { n: '1' },
    })
    const put = s3.send(new PutObjectCommand({ Bucket: 'scratch', Key: 'new', Body: 'x' }))
    await expect(put).rejects.toMatchObject({ name: 'MethodNotAllowed' })
    bucketCommand('remove', 'scratch')
    for (const name of ['before', 'said']) rmSync(join(scratch, name))
  })

  test('that the server cannot serve are not added', async () => {
    await s3.send(new CreateBucketCommand({ Bucket: 'of-ada' }))
    expect(bucketCommand('add', 'of-ada', scratch)).toMatch(/^1 openbatch: there is a bucket of-ada already, which/)
    expect(bucketCommand('add', 'again', genomes)).toBe(`1 openbatch: ${genomes} is the bucket genomes`)
    expect(bucketCommand('list')).toBe('0 BUCKET  DIRECTORY  CLIENTS')
    await s3.send(new DeleteBucketCommand({ Bucket: 'of-ada' }))
  })

  test('are buckets after the next start too, and are edited from both sides', async () => {
    bucketCommand('add', 'scratch', scratch)
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

  test('lose the files that a rule ends, by their own age, and keep the rule after kill -9', async () => {
    const operator = new S3Client({
      ...{ endpoint: server.endpoint, credentials: server.administrator, region: 'us-west-2' },
    })
    for (const name of ['old', 'new']) {
      mkdirSync(join(scratch, 'delete10'), { recursive: true })
      writeFileSync(join(scratch, 'delete10', name), name)
    }
    const elevenDaysAgo = Date.now() / 1000 - 11 * 86_400 - 3600
    utimesSync(join(scratch, 'delete10', 'old'), elevenDaysAgo, elevenDaysAgo)
    const Rules = [{ ID: 'ten', Status: 'Enabled', Filter: { Prefix: 'delete10/' }, Expiration: { Days: 10 } }] as const
    const LifecycleConfiguration = { Rules: [...Rules] }
    const rules = { Bucket: 'scratch', LifecycleConfiguration }
    // Of the operator's directories, users cannot say what goes.
    const byUser = s3.send(new PutBucketLifecycleConfigurationCommand(rules))
    await expect(byUser).rejects.toMatchObject({ name: 'AccessDenied' })
    await operator.send(new PutBucketLifecycleConfigurationCommand(rules))
    await server.kill9()
    await server.restart()
    await vi.waitFor(() => expect(readdirSync(join(scratch, 'delete10'))).toEqual(['new']), 20_000)
    const kept = await operator.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'scratch' }))
    expect(kept.Rules).toEqual(Rules)
    operator.destroy()
  })

  test('are copied with what was said of their objects, where their file system has attributes', async () => {
    await s3.send(new PutObjectCommand({ Bucket: 'scratch', Key: 'said', Body: 'x', Metadata: { n: '1' } }))
    const has = await attributeCalls()!
      .setAttribute(join(scratch, 'by', 'hand'), 'user.other', 'x')
      .then(() => true)
      .catch(() => false)
    execFileSync('cp', ['-a', join(scratch, 'said'), join(scratch, 'copy')])
    const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket: 'scratch', Key: 'copy' }))
    expect(Metadata).toEqual(has ? { n: '1' } : {})
    if (!has) expect(server.log()).toContain('cannot be kept in extended attributes')
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
