/** A server whose jobs show how they get their credentials, on one of its drivers. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerProperties } from '../../src/model/generated/batch.ts'
import type { Client } from '../conformance/clients/client.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { baseImage } from '../engine/base-image.ts'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { engineJson } from '../engine/engine-http.ts'
import { root } from '../support/built.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

export const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`

/** `$uri` and `$token`: what the job shows to get its credentials. */
const asking = `
  uri=\${AWS_CONTAINER_CREDENTIALS_FULL_URI:-http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}
  token=$AWS_CONTAINER_AUTHORIZATION_TOKEN
  busybox() { /bin/busybox "$@"; }`

/** Prints these, gets the credentials, and waits to be stopped. */
const showing = `
  echo "$uri"; echo "token:$token"; echo $$
  busybox wget -q -O - --header "Authorization: $token" "$uri" 2>/dev/null || echo '{}'
  echo
  trap 'exit 0' TERM
  busybox sleep 600 & wait`

/** The SDK warns where a busy machine takes its time. */
const silent = 'console.warn = () => {};'

/** Prints who AWS's SDK finds the job to be, with the Node and the SDK of this checkout. */
export function whoAmI(): string {
  const program = `
    ${silent}
    const { STSClient, GetCallerIdentityCommand } = require(${JSON.stringify(join(root, 'node_modules/@aws-sdk/client-sts'))})
    new STSClient({ maxAttempts: 1 }).send(new GetCallerIdentityCommand({})).then(
      ({ Arn }) => console.log(Arn),
      (error) => console.log(error.name + " " + error.message),
    )`
  return `${process.execPath} -e '${program}'`
}

/** Keeps an object and prints what it reads of it, in the same way. */
export function keepObject(bucket: string): string {
  const program = `
    ${silent}
    const { S3Client, CreateBucketCommand, PutObjectCommand, GetObjectCommand } = require(${JSON.stringify(join(root, 'node_modules/@aws-sdk/client-s3'))})
    const s3 = new S3Client({ maxAttempts: 1 })
    const of = { Bucket: ${JSON.stringify(bucket)}, Key: "out/result.txt" }
    s3.send(new CreateBucketCommand({ Bucket: of.Bucket }))
      .then(() => s3.send(new PutObjectCommand({ ...of, Body: "42" })))
      .then(() => s3.send(new GetObjectCommand(of)))
      .then(async ({ Body }) => console.log("read " + (await Body.transformToString())))
      .catch((error) => console.log(error.name + " " + error.message))`
  return `${process.execPath} -e '${program}'`
}

export interface Shown {
  readonly jobId: string
  readonly uri: string
  /** Empty where the path is enough. */
  readonly token: string
  readonly pid: string
  readonly answer: Record<'AccessKeyId' | 'SecretAccessKey' | 'Token', string>
}

export class CredentialsSite {
  readonly server: TestServer
  readonly admin: Client
  readonly asmith: Client
  readonly jdoe: Client
  readonly #engine: TestEngine | undefined
  readonly #open: string
  #serial = 0

  /** `settings` are of its server, and may name this host by the address that jobs reach it at. */
  static async open(
    driver: 'docker' | 'process',
    settings: (host: string) => Promise<Readonly<Record<string, string>>> = async () => ({}),
  ): Promise<CredentialsSite> {
    const open = mkdtempSync(join(tmpdir(), 'openbatch-credentials-'))
    chmodSync(open, 0o711)
    const engine = driver === 'docker' ? await startEngine() : undefined
    const host = engine ? await hostAddressOf(engine) : '127.0.0.1'
    const env = {
      ...(await settings(host)),
      OPENBATCH_DRIVERS_PROCESS_OPEN_DIRECTORY: open,
      ...(engine && { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost }),
    }
    return new CredentialsSite(await startServer({ driver, env }), engine, open)
  }

  private constructor(server: TestServer, engine: TestEngine | undefined, open: string) {
    const as = (credentials: TestServer['administrator']) => jsSdk.open({ endpoint: server.endpoint, credentials })
    this.server = server
    this.#engine = engine
    this.#open = open
    this.admin = as(server.administrator)
    this.asmith = as(server.addUser('asmith'))
    this.jdoe = as(server.addUser('jdoe'))
  }

  async close(): Promise<void> {
    for (const client of [this.admin, this.asmith, this.jdoe]) client.close()
    await this.server.stop()
    await this.#engine?.stop()
    rmSync(this.#open, { recursive: true, force: true })
  }

  openbatch(...args: string[]): string {
    return execFileSync(openbatchCommand, [...args, '--data-dir', this.server.dataDir], { encoding: 'utf8' })
  }

  /** Gives the user or role a policy with this statement. */
  allow(kind: 'role' | 'user', name: string, statement: object): void {
    this.openbatch('policy', 'add', `${name}-more`, this.document(statement))
    this.openbatch(kind, 'attach', name, `${name}-more`)
  }

  /** The path of a document with this statement. */
  document(statement: object): string {
    const file = join(this.#open, 'document.json')
    writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
    return file
  }

  /** Runs the script as a job of this client's, and resolves with what it wrote. */
  async linesOf(client: Client, script: string, more: ContainerProperties = {}): Promise<string[]> {
    const jobId = await this.#submit(client, script, more)
    await eventually(`the end of ${jobId}`, async () =>
      /SUCCEEDED|FAILED/.test((await this.#status(client, jobId)) ?? ''),
    )
    return this.#lines(client, jobId)
  }

  /** A job that has shown what it gets its credentials by, and still runs. */
  async show(client: Client, more: ContainerProperties = {}): Promise<Shown> {
    const jobId = await this.#submit(client, showing, more)
    const [uri = '', token = '', pid = '', answer = ''] = await eventually(`what ${jobId} shows`, async () => {
      const lines = (await this.#status(client, jobId)) === 'RUNNING' ? await this.#lines(client, jobId) : []
      return lines.length >= 4 ? lines : undefined
    })
    return { jobId, uri, token: token.replace('token:', ''), pid, answer: JSON.parse(answer) }
  }

  /** Resolves when the attempt is over. */
  async end({ jobId }: Shown): Promise<void> {
    await this.admin.batch('TerminateJob', { jobId, reason: 'enough' })
    await eventually(`the end of ${jobId}`, async () => (await this.#status(this.admin, jobId)) === 'FAILED')
  }

  /** Asks as any program of this machine may. */
  async ask({ uri, token }: Pick<Shown, 'uri' | 'token'>): Promise<{ status: number; body: Record<string, string> }> {
    const answer = await fetch(uri, { headers: { authorization: token, connection: 'close' } })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }

  async #submit(client: Client, script: string, more: ContainerProperties): Promise<string> {
    const jobDefinitionName = `credentials-${this.#serial++}`
    const command = ['sh', '-c', `${asking}\n${script}`]
    const image = baseImage
    const node = this.#engine && client === this.admin ? mountsOfNode() : {}
    const containerProperties = { image, command, resourceRequirements: needs(1, 256), ...node, ...more }
    await client.batch('RegisterJobDefinition', { jobDefinitionName, type: 'container', containerProperties })
    const job = { jobName: 'j', jobQueue: 'default', jobDefinition: jobDefinitionName }
    return (await client.batch('SubmitJob', job)).jobId ?? ''
  }

  async #status(client: Client, jobId: string): Promise<string | undefined> {
    return (await client.batch('DescribeJobs', { jobs: [jobId] })).jobs?.[0]?.status
  }

  async #lines(client: Client, jobId: string): Promise<string[]> {
    const [job] = (await client.batch('DescribeJobs', { jobs: [jobId] })).jobs ?? []
    const logStreamName = job?.container?.logStreamName ?? ''
    const read = { logGroupName: '/aws/batch/job', logStreamName, startFromHead: true }
    const { events = [] } = await client.logs('GetLogEvents', read)
    return events.map(({ message = '' }) => message)
  }
}

/** Containers on any of the engine's bridges reach the host at the address of the default one. */
async function hostAddressOf({ socketPath }: TestEngine): Promise<string> {
  const bridge = await engineJson(socketPath, 'GET', '/networks/bridge')
  return (bridge as { IPAM: { Config: { Gateway: string }[] } }).IPAM.Config[0]!.Gateway
}

/** The Node and the packages of this checkout, with the libraries of this machine that it needs. */
function mountsOfNode(): ContainerProperties {
  const paths = [root, '/usr', '/lib', '/lib64'].filter((path) => existsSync(path))
  const name = (path: string) => `v${paths.indexOf(path)}`
  return {
    volumes: paths.map((path) => ({ name: name(path), host: { sourcePath: path } })),
    mountPoints: paths.map((path) => ({ sourceVolume: name(path), containerPath: path, readOnly: true })),
  }
}
