/** Objects in a store outside: a second openbatch is that store, by its S3 and its STS. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand, HeadBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { plainEnvironment } from '../conformance/clients/client.ts'
import { type Credentials, openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { CredentialsSite, keepObject, roleArn } from './credentials-site.ts'

const run = (args: readonly string[], env: Record<string, string> = {}) => {
  const more = { encoding: 'utf8', env: { ...plainEnvironment(), ...env } } as const
  const { status, stdout, stderr } = spawnSync(openbatchCommand, args, more)
  return { status, stdout, stderr }
}

class OutsideStore {
  readonly server: TestServer
  readonly keys: Credentials
  readonly folder: string

  static async open(): Promise<OutsideStore> {
    const env = { OPENBATCH_ALLOW_PLAIN_HTTP: 'true' }
    return new OutsideStore(await startServer({ driver: 'scripted', env, args: ['--host', '0.0.0.0'] }))
  }

  /** Its user `jobs` may play a role that keeps objects, and no more. */
  private constructor(server: TestServer) {
    this.server = server
    this.keys = server.addUser('jobs')
    this.folder = mkdtempSync(join(tmpdir(), 'openbatch-outside-'))
    const statement = {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: 'arn:aws:iam::123456789012:user/jobs' },
    }
    const document = join(this.folder, 'trust.json')
    writeFileSync(document, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
    writeFileSync(join(this.folder, 'secret'), `${this.keys.secretAccessKey}\n`, { mode: 0o600 })
    const openbatch = (...args: string[]) => execFileSync(openbatchCommand, [...args, '--data-dir', server.dataDir])
    openbatch('role', 'add', 'keeper', '--trust-policy', document)
    openbatch('role', 'attach', 'keeper', 'OpenBatchUser')
  }

  get port(): string {
    return new URL(this.server.endpoint).port
  }

  settings(host: string, more: Record<string, string> = { ROLE_ARN: roleArn('keeper') }): Record<string, string> {
    const outside = {
      ...{ ENDPOINT: `http://${host}:${this.port}`, REGION: 'eu-west-1', ACCESS_KEY_ID: this.keys.accessKeyId },
      ...{ SECRET_ACCESS_KEY_FILE: join(this.folder, 'secret'), ...more },
    }
    return Object.fromEntries(
      Object.entries(outside).map(([name, value]) => [`OPENBATCH_OBJECTS_OUTSIDE_${name}`, value]),
    )
  }

  async read(bucket: string): Promise<string | undefined> {
    const { administrator: credentials, endpoint } = this.server
    const s3 = new S3Client({ endpoint, region: 'us-west-2', credentials, forcePathStyle: true })
    const { Body } = await s3
      .send(new GetObjectCommand({ Bucket: bucket, Key: 'out/result.txt' }))
      .finally(() => s3.destroy())
    return Body?.transformToString()
  }

  async close(): Promise<void> {
    await this.server.stop()
    rmSync(this.folder, { recursive: true })
  }
}

describe.each(['process', 'docker'] as const)('on the %s driver', (driver) => {
  let outside: OutsideStore
  let site: CredentialsSite
  beforeAll(async () => {
    outside = await OutsideStore.open()
    site = await CredentialsSite.open(driver, async (host) => outside.settings(host))
  })
  afterAll(async () => {
    await site?.close()
    await outside?.close()
  })

  test('the SDK keeps objects there with no configuration', async () => {
    expect(await site.linesOf(site.admin, keepObject('results'))).toEqual(['read 42'])
    expect(await outside.read('results')).toBe('42')
    expect(site.server.log()).not.toContain(outside.keys.secretAccessKey)
  })

  test('a job has a session of its own of the role, and the store learns which job it is', async () => {
    const shown = await site.show(site.admin)
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken } = shown.answer
    const credentials = { accessKeyId, secretAccessKey, sessionToken }
    const sts = new STSClient({ endpoint: outside.server.endpoint, region: 'us-west-2', credentials })
    expect(await sts.send(new GetCallerIdentityCommand({})).finally(() => sts.destroy())).toMatchObject({
      Arn: `arn:aws:sts::123456789012:assumed-role/keeper/${shown.jobId}-1`,
    })
    // The same, as long as it lasts.
    expect((await site.ask(shown)).body).toEqual(shown.answer)
    await site.end(shown)
  })

  test('what the job sets itself wins', async () => {
    const environment = [{ name: 'AWS_ENDPOINT_URL_S3', value: 'http://127.0.0.1:9' }]
    const [said] = await site.linesOf(site.admin, `echo $AWS_ENDPOINT_URL_S3 $AWS_REGION`, { environment })
    expect(said).toBe('http://127.0.0.1:9 eu-west-1')
  })

  test.runIf(driver === 'process')('while the store is away, a job runs and learns why it has no keys', async () => {
    await outside.server.kill9()
    await site.server.restart()
    const shown = await site.show(site.admin)
    expect(shown.answer).toEqual({})
    const { status, body } = await site.ask(shown)
    expect(status).toBe(503)
    expect(body.Message).toMatch(
      /^The object store at http:\/\/\S+ gives no credentials: its STS cannot be asked: connect ECONN/,
    )
    await outside.server.restart()
    const { port } = outside
    expect(port).not.toBe('0')
    await expect.poll(async () => (await site.ask(shown)).status, { timeout: 30_000 }).toBe(200)
    await site.end(shown)
  })
})

test('without a role, jobs get the keys of the configuration', async () => {
  const outside = await OutsideStore.open()
  const site = await CredentialsSite.open('process', async (host) => outside.settings(host, {}))
  try {
    expect(await site.linesOf(site.asmith, keepObject('results'))).toEqual(['read 42'])
    expect(await outside.read('results')).toBe('42')
  } finally {
    await site.close()
    await outside.close()
  }
})

describe('a server whose objects are outside', () => {
  let outside: OutsideStore
  let server: TestServer
  let home: string
  beforeEach(async () => {
    outside = await OutsideStore.open()
    home = mkdtempSync(join(tmpdir(), 'openbatch-home-'))
    server = await startServer({ driver: 'scripted', env: outside.settings('127.0.0.1', {}) })
  })
  afterEach(async () => {
    await server?.stop()
    await outside?.close()
    rmSync(home, { recursive: true })
  })

  test('says where they are', async () => {
    const at = `http://127.0.0.1:${outside.port}`
    const s3 = new S3Client({
      endpoint: server.endpoint,
      region: 'us-west-2',
      credentials: server.administrator,
      maxAttempts: 1,
    })
    const sentence = `This server keeps no objects: they are in the store at ${at}, which takes keys of its own. Set AWS_ENDPOINT_URL_S3 to that address.`
    await expect(s3.send(new ListBucketsCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: sentence,
    })
    // A client that sees the status alone must not take the bucket for absent.
    await expect(s3.send(new HeadBucketCommand({ Bucket: 'any' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 501 },
    })
    s3.destroy()

    const env = run(['env', '--data-dir', server.dataDir])
    expect(env.stdout).toContain(`export AWS_ENDPOINT_URL_S3=${at}\n`)
    expect(env.stdout).toContain('export AWS_DEFAULT_REGION=eu-west-1\n')
    expect(env.stderr).toBe(`openbatch: objects are in the store at ${at}, which takes keys of its own\n`)
    const kept = `objects of this server are in the store at ${at} (objects.outside)`
    const directory = join(home, 'genomes')
    mkdirSync(directory)
    expect(run(['bucket', 'add', 'genomes', directory, '--data-dir', server.dataDir])).toEqual({
      ...{ status: 1, stdout: '', stderr: `openbatch: no directory can be served: ${kept}\n` },
    })
    expect(run(['bucket', 'list', '--data-dir', server.dataDir]).stderr).toBe(
      `openbatch: none of these is served: ${kept}\n`,
    )

    const login = run(['login', '--data-dir', server.dataDir], { HOME: home })
    expect(login).toMatchObject({ status: 0, stdout: 'export AWS_PROFILE=openbatch\n' })
    const ofProfile = run(['login', '--data-dir', server.dataDir], { HOME: home })
    expect(ofProfile.stderr).toContain(`objects are in the store at ${at}`)
    const config = execFileSync('cat', [join(home, '.aws', 'config')], { encoding: 'utf8' })
    expect(config).toBe(
      [
        ...['[services openbatch-openbatch]', `s3 = `, `  endpoint_url = ${at}`, ''],
        ...['[profile openbatch]', `endpoint_url = ${server.endpoint}`, 'region = eu-west-1'],
        ...['services = openbatch-openbatch', ''],
      ].join('\n'),
    )
  })
})
