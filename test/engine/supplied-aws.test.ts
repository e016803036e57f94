/**
 * The supplied `aws` command in images that have none: busybox, a root with a shell and a C library,
 * and one that holds nothing but a program it never runs. SUPPLIED_AWS_MEGABYTES=1024 makes the
 * objects large (`npm run test:large-aws`).
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launcherFor } from '../../src/aws-command/supply/launcher.ts'
import { filesOfProgram } from '../../src/aws-command/supply/program-files.ts'
import type { ContainerProperties } from '../../src/model/generated/batch.ts'
import type { Client } from '../conformance/clients/client.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { baseImage, importImage } from './base-image.ts'
import { startEngine, type TestEngine } from './engine.ts'

const megabytes = Number(process.env.SUPPLIED_AWS_MEGABYTES ?? 64)
/** A copy of so much takes a busy machine its time. */
const timeout = 120_000 + megabytes * 1000
const bucket = 'supplied'
const nextflow = '/home/ec2-user/miniconda'
const cromwell = '/usr/local/aws-cli'

let engine: TestEngine
let server: TestServer
let admin: Client
let asmith: Client
let s3: S3Client
let folder: string
let serial = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-supplied-'))
  chmodSync(folder, 0o777)
  engine = await startEngine()
  server = await startServer({ driver: 'docker', env: { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost } })
  admin = jsSdk.open({ endpoint: server.endpoint, credentials: server.administrator })
  asmith = jsSdk.open({ endpoint: server.endpoint, credentials: server.addUser('asmith') })
  s3 = new S3Client({
    endpoint: server.endpoint,
    region: 'us-west-2',
    credentials: server.administrator,
    forcePathStyle: true,
  })
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  await loadImages()
})
afterAll(async () => {
  s3?.destroy()
  for (const client of [admin, asmith]) client?.close()
  await server?.stop()
  await engine?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A root with Debian's shell and its C library; and one whose loader and C library are broken, without a shell. */
async function loadImages(): Promise<void> {
  const { loader, libraries } = await filesOfProgram('/bin/dash')
  const debian = join(folder, 'debian')
  for (const path of ['/bin/dash', loader!.path, ...libraries.map((library) => library.path)]) {
    mkdirSync(dirname(join(debian, path)), { recursive: true })
    copyFileSync(path, join(debian, path))
  }
  copyFileSync('/bin/dash', join(debian, 'bin/sh'))
  mkdirSync(join(debian, 'tmp'), { mode: 0o777 })
  await importRoot(debian, 'debianlike:local')

  const empty = join(folder, 'empty')
  mkdirSync(empty)
  const launch = { leading: ['/nothing'], kept: [] }
  writeFileSync(join(empty, 'program'), launcherFor(process.arch as 'x64' | 'arm64', launch), { mode: 0o755 })
  for (const path of [loader!.path, ...libraries.map((library) => library.path)]) {
    mkdirSync(dirname(join(empty, path)), { recursive: true })
    writeFileSync(join(empty, path), 'broken', { mode: 0o755 })
  }
  await importRoot(empty, 'empty:local')
}

async function importRoot(root: string, reference: string): Promise<void> {
  const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const
  const { stdout } = await promisify(execFile)('tar', ['-C', root, '-c', '.'], options)
  await importImage(engine.socketPath, stdout, reference, [])
}

interface Ended {
  readonly status: string
  readonly exitCode: number | undefined
  readonly lines: readonly string[]
}

/** Mounts the command where this client would, in a container of 64 MiB. */
async function run(client: Client, mount: string, properties: ContainerProperties): Promise<Ended> {
  const jobDefinitionName = `supplied-${serial++}`
  const { volumes = [], mountPoints = [], ...more } = properties
  const containerProperties = {
    resourceRequirements: needs(1, 64),
    ...more,
    volumes: [{ name: 'aws-cli', host: { sourcePath: mount } }, ...volumes],
    mountPoints: [{ sourceVolume: 'aws-cli', containerPath: mount, readOnly: true }, ...mountPoints],
  }
  await client.batch('RegisterJobDefinition', { jobDefinitionName, type: 'container', containerProperties })
  const submitted = await client.batch('SubmitJob', {
    jobName: 'j',
    jobQueue: 'default',
    jobDefinition: jobDefinitionName,
  })
  const jobs = [submitted.jobId ?? '']
  const job = await eventually(
    `the end of ${jobs[0]}`,
    async () => {
      const [found] = (await client.batch('DescribeJobs', { jobs })).jobs ?? []
      return /SUCCEEDED|FAILED/.test(found?.status ?? '') ? found : undefined
    },
    { withinMs: timeout },
  )
  const logStreamName = job.container?.logStreamName ?? ''
  const { events = [] } = await client.logs('GetLogEvents', {
    logGroupName: '/aws/batch/job',
    logStreamName,
    startFromHead: true,
  })
  return {
    status: job.status ?? '',
    exitCode: job.container?.exitCode,
    lines: events.map(({ message = '' }) => message),
  }
}

async function digestOf(key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  const hash = createHash('sha256')
  for await (const chunk of Body as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

const scratch: ContainerProperties = {
  volumes: [{ name: 'scratch', host: { sourcePath: '/docker_scratch' } }],
  mountPoints: [{ sourceVolume: 'scratch', containerPath: '/tmp' }],
}

test('busybox copies an object both ways, streams and lists, as nobody, on a read-only root', { timeout }, async () => {
  const aws = `${nextflow}/bin/aws --region us-west-2 s3`
  const script = `set -e
    dd if=/dev/urandom of=/tmp/in bs=1M count=${megabytes} 2>/dev/null
    ${aws} cp --only-show-errors /tmp/in s3://${bucket}/dir/large
    ${aws} cp --only-show-errors s3://${bucket}/dir/large /tmp/out
    cmp /tmp/in /tmp/out
    ${aws} cp s3://${bucket}/dir/large - | cmp - /tmp/in
    cat /tmp/in | ${aws} cp - s3://${bucket}/dir/streamed
    ${aws} ls s3://${bucket}/ | grep -F 'PRE dir/'
    ${aws} ls s3://${bucket}/dir/ | awk '{ print $3, $4 }'
    echo same`
  const environment = [
    { name: 'LD_PRELOAD', value: '/nothing.so' },
    { name: 'NODE_OPTIONS', value: '--no-such-option' },
  ]
  const properties = { ...scratch, environment, user: '65534:65534', readonlyRootFilesystem: true }
  const ended = await run(asmith, nextflow, { ...properties, image: baseImage, command: ['sh', '-c', script] })
  const bytes = megabytes * 1_048_576
  const lines = ['                           PRE dir/', `${bytes} large`, `${bytes} streamed`, 'same']
  expect(ended).toEqual({ status: 'SUCCEEDED', exitCode: 0, lines })
  expect(await digestOf('dir/streamed')).toBe(await digestOf('dir/large'))
})

test('a root with a shell and a C library copies from stream to stream', { timeout }, async () => {
  const aws = `${cromwell}/v2/current/bin/aws`
  const script = `${aws} s3 cp s3://${bucket}/dir/large - | ${aws} s3 cp - s3://${bucket}/of-debian &&
    ${aws} s3api head-object --bucket ${bucket} --key of-debian --query ContentLength`
  // Two commands at once.
  const resourceRequirements = needs(1, 128)
  const properties = { image: 'debianlike:local', command: ['/bin/sh', '-c', script], resourceRequirements }
  const ended = await run(asmith, cromwell, properties)
  expect(ended).toEqual({ status: 'SUCCEEDED', exitCode: 0, lines: [String(megabytes * 1_048_576)] })
  expect(await digestOf('of-debian')).toBe(await digestOf('dir/large'))
})

test('an image without a shell or a C library copies an object both ways', { timeout }, async () => {
  const shared: ContainerProperties = {
    volumes: [{ name: 'shared', host: { sourcePath: folder } }],
    mountPoints: [{ sourceVolume: 'shared', containerPath: '/shared' }],
  }
  const aws = (...words: string[]) =>
    run(admin, cromwell, { ...shared, image: 'empty:local', command: [`${cromwell}/v2/current/bin/aws`, ...words] })
  const down = await aws('s3', 'cp', `s3://${bucket}/dir/large`, '/shared/large')
  expect(down).toMatchObject({ status: 'SUCCEEDED', lines: [`download: s3://${bucket}/dir/large to shared/large`] })
  expect(existsSync(join(folder, 'large'))).toBe(true)
  const up = await aws('s3', 'cp', '/shared/large', `s3://${bucket}/of-empty`)
  expect(up).toMatchObject({ status: 'SUCCEEDED', lines: [`upload: shared/large to s3://${bucket}/of-empty`] })
  expect(await digestOf('of-empty')).toBe(await digestOf('dir/large'))
})

test('what policies refuse is refused, and told', async () => {
  const statement = { Effect: 'Deny', Action: 's3:*Object', Resource: `arn:aws:s3:::${bucket}/dir/*` }
  const file = join(folder, 'policy.json')
  writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
  for (const words of [
    ['policy', 'add', 'no-dir', file],
    ['user', 'attach', 'asmith', 'no-dir'],
  ])
    await promisify(execFile)(openbatchCommand, [...words, '--data-dir', server.dataDir])
  const aws = `${nextflow}/bin/aws`
  const script = `echo x > /tmp/x
    ${aws} s3 cp /tmp/x s3://${bucket}/dir/x; echo $?
    ${aws} s3 cp s3://${bucket}/dir/large /tmp/y; echo $?
    ${aws} ec2 describe-instances 2>&1 | tail -n 1; ${aws} sts get-caller-identity --query Account --output text`
  const { lines } = await run(asmith, nextflow, { ...scratch, image: baseImage, command: ['sh', '-c', script] })
  expect(lines).toEqual([
    expect.stringMatching(
      /^upload failed: tmp\/x to s3:\/\/supplied\/dir\/x An error occurred \(AccessDenied\) when calling the PutObject operation: /,
    ),
    '1',
    'fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden',
    '1',
    expect.stringContaining('ec2 describe-instances is not part of the aws command that openbatch supplies'),
    '123456789012',
  ])
})
