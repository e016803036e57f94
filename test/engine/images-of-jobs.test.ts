/**
 * The images of jobs with a whole server: names of ECR that lead to another registry, credentials by
 * registry and by definition, and the command `openbatch image`.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { baseImage, baseRootTar, importImage } from './base-image.ts'
import { startEngine, type TestEngine } from './engine.ts'
import { callEngine } from './engine-http.ts'
import { startRegistry, type TestRegistry } from './registry.ts'

const robot = {
  ...{ username: 'robot', password: 'hush-hush' },
  passwordHash: '$2b$04$oAiV.hfPzmowRQKG5PhYGu8ry9NkhwWl6NKTbRDB8Fu7rC1eSBGee',
}
const ecr = '123456789012.dkr.ecr.us-west-2.amazonaws.com'
const credentials = (password: string) => JSON.stringify({ username: robot.username, password })

let folder: string
let engine: TestEngine
let registry: TestRegistry
let server: TestServer
let client: ReturnType<typeof jsSdk.open>
const pushed: Record<string, string> = {}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-images-'))
  engine = await startEngine()
  registry = await startRegistry(robot)
  const root = await baseRootTar()
  for (const name of ['ours', 'theirs', 'asked', 'kept']) {
    const source = `source:${name}`
    await importImage(engine.socketPath, root, source, [`ENV NAME=${name}`])
    pushed[name] = await registry.push(engine.socketPath, source, `lab/${name}:1`)
    await callEngine(engine.socketPath, 'DELETE', `/images/${source}`)
  }
  const config = join(folder, 'openbatch.yaml')
  const images = {
    rewrite: { '*.dkr.ecr.*.amazonaws.com': registry.address },
    registries: { [registry.address]: { secret: 'lab/registry' } },
    cleanup: { minimumAgeMinutes: 0, exclude: [`${ecr}/lab/kept:1`] },
  }
  const docker = { kind: 'docker', host: engine.dockerHost, network: 'host' }
  // YAML reads JSON.
  writeFileSync(config, JSON.stringify({ images, drivers: { docker } }))
  const env = { OPENBATCH_CONFIG: config, OPENBATCH_LOG_LEVEL: 'debug' }
  server = await startServer({ driver: 'docker', env })
  setSecret('lab/registry', credentials(robot.password))
  setSecret('lab/wrong', credentials('guessed-it'))
  client = jsSdk.open({ endpoint: server.endpoint, credentials: server.administrator })
})
afterAll(async () => {
  client?.close()
  await server?.stop()
  await registry?.stop()
  await engine?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function openbatch(input: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(openbatchCommand, [...args, '--data-dir', server.dataDir], {
    ...{ input, encoding: 'utf8' },
  })
  return { code: status, out: stdout, err: stderr }
}
const image = (...args: string[]) => openbatch('', 'image', ...args)

function setSecret(name: string, value: string): void {
  const { code, err } = openbatch(value, 'secret', 'set', name)
  if (code !== 0) throw new Error(err)
}

let definitions = 0
async function run(properties: { image: string; repositoryCredentials?: { credentialsParameter: string } }) {
  const { batch } = client
  const jobDefinitionName = `images-${++definitions}`
  await batch('RegisterJobDefinition', {
    ...{ jobDefinitionName, type: 'container' },
    containerProperties: { ...properties, command: ['true'], resourceRequirements: needs(1, 64) },
  })
  const { jobId } = await batch('SubmitJob', { jobName: 'j', jobQueue: 'default', jobDefinition: jobDefinitionName })
  return eventually('it ends', async () => {
    const job = (await batch('DescribeJobs', { jobs: [jobId!] })).jobs![0]!
    return (job.status === 'SUCCEEDED' || job.status === 'FAILED') && job
  })
}

test('an image of ECR is pulled from the operator’s registry, with the credentials of that registry', async () => {
  const named = `${ecr}/lab/ours:1`
  const job = await run({ image: named })
  expect(job).toMatchObject({ status: 'SUCCEEDED', container: { image: named } })
  expect(image('ls').out).toMatch(new RegExp(`^${pushed.ours} .* min ago +0 min ago$`, 'm'))
  const gone = await run({ image: `${ecr}/lab/none:1` })
  expect(gone.container!.reason).toMatch(/^CannotPullContainerError: .*manifest unknown/)
})

test('credentials of the definition come before those of the registry, and a wrong password is told as on AWS', async () => {
  const theirs = { image: pushed.theirs!, repositoryCredentials: { credentialsParameter: 'lab/wrong' } }
  const failed = await run(theirs)
  expect(failed.status).toBe('FAILED')
  expect(failed.container!.reason).toMatch(/^CannotPullContainerError: .*unauthorized/)
  const parameter = 'arn:aws:secretsmanager:us-west-2:123456789012:secret:lab/registry-AbCdEf'
  const right = { ...theirs, repositoryCredentials: { credentialsParameter: parameter } }
  expect(await run(right)).toMatchObject({ status: 'SUCCEEDED' })
})

test('an administrator lists, pulls and removes images, and a user may not', async () => {
  const jdoe = jsSdk.open({ endpoint: server.endpoint, credentials: server.addUser('jdoe') })
  const containerProperties = {
    ...{ image: 'elsewhere.example.com/x', resourceRequirements: needs(1, 64) },
    repositoryCredentials: { credentialsParameter: 'lab/registry' },
  }
  const register = { jobDefinitionName: 'steals', type: 'container', containerProperties } as const
  await expect(jdoe.batch('RegisterJobDefinition', register)).rejects.toThrow(
    /not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:.*:secret:lab\/registry-/,
  )
  jdoe.close()
  expect(image('prune', '--user', 'jdoe').err).toMatch(/not authorized to perform: openbatch:PruneImages/)

  expect(image('pull', `${ecr}/lab/asked:1`)).toMatchObject({ code: 0, out: `docker has ${pushed.asked}\n` })
  expect(image('pull', `${ecr}/lab/kept:1`)).toMatchObject({ code: 0, out: `docker has ${pushed.kept}\n` })
  const failed = image('pull', `${registry.address}/lab/none:1`)
  expect(failed).toMatchObject({ code: 1, err: expect.stringMatching(/CannotPullContainerError: .*manifest unknown/) })
  expect(image('pull', 'busybox', '--driver', 'process').err).toMatch(/recorded and not used/)

  const listed = JSON.parse(image('ls', '--json').out)
  expect(listed.drivers).toMatchObject([
    { driver: 'docker', state: 'LISTED' },
    { driver: 'process', state: 'NOT_USED' },
  ])
  const one = listed.drivers[0].images.find(({ names }: { names: string[] }) => names.includes(pushed.asked!))
  expect(one).toMatchObject({ pulledHere: true, containers: 0, sharedBytes: one.bytes })

  expect(image('prune', '--older-than', '60').out).toBe('docker: removed 0 images, at least 0 KiB\n')
  const would = image('prune', '--dry-run').out
  expect(would).toMatch(/^docker: would remove 3 images, at least /)
  expect(would).toContain(`  ${pushed.asked}\n`)
  const pruned = image('prune').out
  expect(pruned).toMatch(/^docker: removed 3 images, at least /)
  const left = image('ls').out
  expect(left).not.toContain(pushed.asked)
  // Excluded by the name of ECR.
  expect(left).toContain(pushed.kept)
  expect(left).toMatch(/^docker: \d+ images?, .* on disk in all/m)
  expect(left).toMatch(/^process: jobs run as plain processes, and images are recorded and not used$/m)
  // It was there before the server, and is nobody's but its builder's.
  expect(left).toMatch(new RegExp(`^docker.io/library/${baseImage} .* by others`, 'm'))
})

test('the passwords are in no log', () => {
  for (const password of [robot.password, 'guessed-it']) {
    expect(server.log()).not.toContain(password)
    expect(server.log()).not.toContain(Buffer.from(credentials(password)).toString('base64').slice(0, 40))
  }
})
