/**
 * What users' definitions hard-wire runs unchanged, for an ordinary user too: scratch space, files
 * of EC2, and file systems of EFS.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerProperties } from '@aws-sdk/client-batch'
import { BatchClient, DescribeJobsCommand, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readStream } from '../chaos/read-back.ts'
import { baseImage } from '../engine/base-image.ts'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'

let engine: TestEngine
let server: TestServer
let shared: string
let batch: BatchClient
let logs: CloudWatchLogsClient
beforeAll(async () => {
  engine = await startEngine()
  shared = mkdtempSync(join(tmpdir(), 'openbatch-file-system-'))
  mkdirSync(join(shared, 'lab/genomes'), { recursive: true })
  writeFileSync(join(shared, 'lab/genomes/hg38'), 'ACGT\n')
  symlinkSync('/etc', join(shared, 'lab/out'))
  chmodSync(shared, 0o755)
  const env = {
    OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost,
    OPENBATCH_HOST_ACCESS: '{ default: { fileSystems: true } }',
    OPENBATCH_FILE_SYSTEMS: `{ fs-12345678: ${shared} }`,
    OPENBATCH_HOST_PATHS: '{ /srv/old: { refused: it moved } }',
  }
  server = await startServer({ driver: 'docker', env })
  const settings = {
    ...{ endpoint: server.endpoint, region: 'us-west-2', maxAttempts: 1 },
    credentials: server.addUser('ada'),
  }
  batch = new BatchClient(settings)
  logs = new CloudWatchLogsClient(settings)
})
afterAll(async () => {
  batch?.destroy()
  logs?.destroy()
  await server?.stop()
  if (shared) rmSync(shared, { recursive: true })
  await engine?.stop()
})

async function submit(script: string, container: Partial<ContainerProperties>): Promise<string> {
  const { jobDefinitionArn } = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'asked',
      type: 'container',
      containerProperties: {
        ...{ image: baseImage, command: ['sh', '-c', script] },
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '64' },
        ],
        ...container,
      },
    }),
  )
  const job = { jobName: 'asked', jobQueue: 'default', jobDefinition: jobDefinitionArn }
  return (await batch.send(new SubmitJobCommand(job))).jobId!
}

const ended = (jobId: string) =>
  eventually('the end of the job', async () => {
    const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }))
    const [job] = jobs
    return (job?.status === 'SUCCEEDED' || job?.status === 'FAILED') && job
  })

const volumes = (...paths: string[]): Partial<ContainerProperties> => ({
  volumes: paths.map((sourcePath, index) => ({ name: `v${index}`, host: { sourcePath } })),
})

test('scratch space is one directory for an attempt, and is gone with it', async () => {
  const script = 'echo x > /tmp/file && cat /other/file; echo y >> /tmp/file; id -u; cat /id; echo; head -c 11 /run.sh'
  const jobId = await submit(script, {
    ...volumes(
      '/docker_scratch',
      '/docker_scratch/',
      '/var/lib/cloud/data/instance-id',
      '/usr/local/bin/fetch_and_run.sh',
    ),
    mountPoints: ['/tmp', '/other', '/id', '/run.sh'].map((containerPath, index) => ({
      ...{ sourceVolume: `v${index}`, containerPath },
    })),
  })
  const { status, container } = await ended(jobId)
  expect(status).toBe('SUCCEEDED')
  const lines = await readStream(logs, container!.logStreamName!)
  expect(lines).toEqual(['x', '0', expect.stringMatching(/^i-[0-9a-f]{17}$/), '#!/bin/bash'])
  const left = () => readdirSync(join(server.dataDir, 'scratch')).filter((name) => !name.startsWith('.'))
  await eventually('its directories to be gone', () => left().length === 0)
})

const efs = (rootDirectory: string, readOnly: boolean, fileSystemId = 'fs-12345678'): Partial<ContainerProperties> => ({
  user: '1000:1000',
  volumes: [{ name: 'lab', efsVolumeConfiguration: { fileSystemId, rootDirectory, transitEncryption: 'ENABLED' } }],
  mountPoints: [{ sourceVolume: 'lab', containerPath: '/lab', readOnly }],
})

test('a file system of EFS is the directory that stands for it', async () => {
  const { status, container } = await ended(
    await submit('cat /lab/hg38; touch /lab/x || true', efs('/lab/genomes', true)),
  )
  expect(status).toBe('SUCCEEDED')
  expect((await readStream(logs, container!.logStreamName!))[0]).toBe('ACGT')
  expect(container?.volumes?.[0]?.efsVolumeConfiguration).toMatchObject({
    ...{ fileSystemId: 'fs-12345678', rootDirectory: '/lab/genomes', transitEncryption: 'ENABLED' },
  })
})

test.each([
  ['a directory that does not exist', '/lab/missing', /missing/],
  ['a link out of it', '/lab/out', /which is not among the host paths that are allowed/],
])('%s is not mounted', async (_title, rootDirectory, reason) => {
  const { status, container } = await ended(await submit('true', efs(rootDirectory, false)))
  expect(status).toBe('FAILED')
  expect(container?.reason).toMatch(reason)
  expect(readdirSync(join(shared, 'lab')).toSorted()).toEqual(['genomes', 'out'])
})

test('what is mapped nowhere, or refused, is refused by name', async () => {
  await expect(submit('true', efs('/', false, 'fs-87654321'))).rejects.toThrow(/fs-87654321 is mapped to no directory/)
  await expect(submit('true', efs('/../etc', false))).rejects.toThrow(/has \.\. in it/)
  await expect(submit('true', volumes('/docker_scratch/others'))).rejects.toThrow(/not among the host paths/)
  await expect(submit('true', volumes('/etc'))).rejects.toThrow(/not among the host paths/)
  expect(execFileSync('ls', [shared], { encoding: 'utf8' })).toBe('lab\n')
})
