/**
 * Who a job is, as AWS's SDK finds it inside the job with no configuration; and how nobody else
 * becomes that job.
 */
import { BatchClient, DescribeJobQueuesCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandOutput,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { CredentialsSite, keepObject, roleArn, type Shown, whoAmI } from './credentials-site.ts'

const account = 'arn:aws:sts::123456789012:'
const mapValues = (of: Readonly<Record<string, string>>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value)]))
const isRoot = process.getuid?.() === 0

interface Sender {
  send(command: object): Promise<object>
  destroy(): void
}

describe.each(['process', 'docker'] as const)('on the %s driver', (driver) => {
  let site: CredentialsSite
  beforeAll(async () => {
    site = await CredentialsSite.open(driver)
    site.openbatch('role', 'add', 'lab')
    site.openbatch('role', 'attach', 'lab', 'OpenBatchReadOnly')
  })
  afterAll(() => site?.close())

  /** Calls with the keys that a job showed. */
  async function call(shown: Shown, make: (settings: object) => Sender, command: object): Promise<object> {
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken } = shown.answer
    const credentials = { accessKeyId, secretAccessKey, sessionToken }
    const client = make({ endpoint: site.server.endpoint, region: 'us-west-2', credentials, maxAttempts: 1 })
    return client.send(command).finally(() => client.destroy())
  }
  const sts = (shown: Shown, command: object) => call(shown, (it) => new STSClient(it) as Sender, command)
  const batch = (shown: Shown, command: object) => call(shown, (it) => new BatchClient(it) as Sender, command)
  const s3 = (shown: Shown, command: object) =>
    call(shown, (it) => new S3Client({ ...it, forcePathStyle: true }) as Sender, command)
  const logs = (shown: Shown, command: object) => call(shown, (it) => new CloudWatchLogsClient(it) as Sender, command)

  test('the SDK finds who the job is with no configuration', async () => {
    const plain = await site.linesOf(site.admin, whoAmI())
    expect(plain).toEqual([expect.stringMatching(/^arn:aws:sts::123456789012:federated-user\/[0-9a-f-]{36}-1$/)])
    const ofRole = await site.linesOf(site.admin, whoAmI(), { jobRoleArn: roleArn('lab') })
    expect(ofRole).toEqual([expect.stringMatching(/^arn:aws:sts::123456789012:assumed-role\/lab\/[0-9a-f]{32}$/)])
  })

  test('the SDK keeps objects with no configuration', async () => {
    expect(await site.linesOf(site.admin, keepObject('results'))).toEqual(['read 42'])
  })

  test('what the job sets itself wins', async () => {
    const { accessKeyId, secretAccessKey } = site.server.administrator
    site.server.showed(secretAccessKey)
    const environment = Object.entries({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
    const own = { environment: environment.map(([name, value]) => ({ name, value })), jobRoleArn: roleArn('lab') }
    expect(await site.linesOf(site.admin, whoAmI(), own)).toEqual([expect.stringMatching(/:user\/admin$/)])
  })

  test('a role that is not there gives no credentials, and says so in the job', async () => {
    const shown = await site.show(site.admin, { jobRoleArn: roleArn('absent') })
    expect(shown.answer).toEqual({})
    const Message = `The role ${roleArn('absent')} of the job does not exist on this server.`
    expect(await site.ask(shown)).toEqual({ status: 404, body: { Code: 'NoCredentials', Message } })
    await site.end(shown)
  })

  test('a job without a role may ask who it is and use objects as its owner may, and nothing else', async () => {
    const shown = await site.show(site.asmith)
    expect(await sts(shown, new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: `${account}federated-user/${shown.jobId}-1`,
    })
    const ofAsmith = { Bucket: `of-asmith-${driver}` }
    await s3(shown, new CreateBucketCommand(ofAsmith))
    await s3(shown, new PutObjectCommand({ ...ofAsmith, Key: 'a', Body: '1' }))
    expect(await s3(shown, new HeadObjectCommand({ ...ofAsmith, Key: 'a' }))).toMatchObject({ ContentLength: 1 })
    expect(await s3(shown, new ListBucketsCommand({}))).toMatchObject({
      Buckets: expect.arrayContaining([expect.objectContaining({ Name: ofAsmith.Bucket })]),
    })
    site.allow('user', 'jdoe', { Effect: 'Deny', Action: 's3:PutObject', Resource: '*' })
    const ofJdoe = await site.show(site.jdoe)
    await expect(s3(ofJdoe, new PutObjectCommand({ ...ofAsmith, Key: 'a', Body: '2' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    })
    await site.end(ofJdoe)
    const denied = { name: 'AccessDeniedException' }
    await expect(batch(shown, new DescribeJobQueuesCommand({}))).rejects.toMatchObject(denied)
    const job = { jobName: 'j', jobQueue: 'default', jobDefinition: 'd' }
    await expect(batch(shown, new SubmitJobCommand(job))).rejects.toMatchObject(denied)
    await expect(logs(shown, new DescribeLogGroupsCommand({}))).rejects.toMatchObject(denied)
    await expect(sts(shown, new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' })
    const role = new AssumeRoleCommand({ RoleArn: roleArn('lab'), RoleSessionName: 'xx' })
    await expect(sts(shown, role)).rejects.toMatchObject({ name: 'AccessDenied' })
    await site.end(shown)
  })

  test.runIf(driver === 'docker')('a request for the machine’s own metadata fails at once', async () => {
    const script =
      'busybox wget -q -O - http://169.254.169.254/latest/meta-data/ 2>&1; echo "$AWS_EC2_METADATA_DISABLED"'
    expect(await site.linesOf(site.asmith, script)).toEqual([
      "wget: can't connect to remote host (169.254.169.254): No route to host",
      'true',
    ])
  })

  test('a container reads about itself and its task', async () => {
    const script =
      'for part in "" /task /stats /task/stats; do busybox wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4$part"; echo; done'
    const [container, task, stats, all] = (await site.linesOf(site.jdoe, script)).map((line) => JSON.parse(line))
    expect(container).toMatchObject({ Name: 'default', KnownStatus: 'RUNNING', Limits: { CPU: 1024, Memory: 256 } })
    expect(task).toMatchObject({ LaunchType: 'EC2', Containers: [{ DockerId: container.DockerId }] })
    expect(container.LogOptions['awslogs-stream']).toContain(task.TaskARN.split('/').at(-1))
    expect(all).toMatchObject({ [container.DockerId]: { memory_stats: stats.memory_stats } })
  })

  test('who may pass a role defines jobs with that one alone', async () => {
    const refused = (who: string, role: string) => ({
      code: 'AccessDeniedException',
      message: `User: arn:aws:iam::123456789012:user/${who} is not authorized to perform: iam:PassRole on resource: ${roleArn(role)} because no identity-based policy allows the iam:PassRole action`,
    })
    await expect(site.show(site.jdoe, { jobRoleArn: roleArn('lab') })).rejects.toMatchObject(refused('jdoe', 'lab'))
    site.allow('user', 'asmith', {
      ...{ Effect: 'Allow', Action: 'iam:PassRole', Resource: roleArn('lab') },
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    })
    const shown = await site.show(site.asmith, { jobRoleArn: roleArn('lab') })
    expect(shown.answer).toMatchObject({ RoleArn: roleArn('lab') })
    await site.end(shown)
    await expect(site.show(site.asmith, { jobRoleArn: roleArn('lab2') })).rejects.toMatchObject(
      refused('asmith', 'lab2'),
    )
  })

  test('the keys die with the attempt, within a second', async () => {
    const shown = await site.show(site.admin, { jobRoleArn: roleArn('lab') })
    expect(await batch(shown, new DescribeJobQueuesCommand({}))).toMatchObject({ jobQueues: [{}] })
    await expect(
      batch(shown, new SubmitJobCommand({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd' })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
    await site.end(shown)
    const endedAt = performance.now()
    await eventually('the keys to be refused', async () =>
      batch(shown, new DescribeJobQueuesCommand({})).then(
        () => false,
        ({ name }: Error) => name === 'UnrecognizedClientException',
      ),
    )
    expect(performance.now() - endedAt).toBeLessThan(1000)
  })

  test('what a job gets by assuming a role ends with its attempt too', async () => {
    const assume = { Effect: 'Allow', Action: 'sts:AssumeRole' }
    const trust = site.document({ ...assume, Principal: { AWS: '123456789012' } })
    site.openbatch('role', 'add', 'next', '--trust-policy', trust)
    site.allow('role', 'lab', { ...assume, Resource: roleArn('next') })
    const shown = await site.show(site.admin, { jobRoleArn: roleArn('lab') })
    const next = new AssumeRoleCommand({ RoleArn: roleArn('next'), RoleSessionName: 'night' })
    const { Credentials: made } = (await sts(shown, next)) as AssumeRoleCommandOutput
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken: Token = '' } = made ?? {}
    const onwards = { ...shown, answer: { AccessKeyId, SecretAccessKey, Token } }
    const whoAmI = new GetCallerIdentityCommand({})
    expect(await sts(onwards, whoAmI)).toMatchObject({ Arn: `${account}assumed-role/next/night` })
    await site.end(shown)
    await expect(sts(onwards, whoAmI)).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
  })

  test('they survive a restart of the server, and end with the role', async () => {
    site.openbatch('role', 'add', 'short')
    const shown = await site.show(site.admin, { jobRoleArn: roleArn('short') })
    await site.server.restart()
    expect(await sts(shown, new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: expect.stringContaining('/short/'),
    })
    expect(await site.ask(shown)).toMatchObject({ status: 200, body: { RoleArn: roleArn('short') } })
    site.openbatch('role', 'remove', 'short')
    await eventually('the keys to be refused', async () =>
      sts(shown, new GetCallerIdentityCommand({})).then(
        () => false,
        ({ name }: Error) => name === 'InvalidClientTokenId',
      ),
    )
    expect(await site.ask(shown)).toMatchObject({ status: 404 })
    await site.end(shown)
  })

  test.runIf(isRoot)('no job gets the credentials of another', async () => {
    const victim = await site.show(site.asmith)
    const id = victim.uri.split('/').at(-1)!
    const name = id.replace(/^[0-9a-f]{40}-/, '')
    const get = (uri: string, token: string) => `busybox wget -q -O - --header "Authorization: ${token}" "${uri}"`
    const withToken = { 'its path with a token of one’s own': '$token', 'its path without a token': '' }
    const ways: Readonly<Record<string, string>> = {
      // Without a token the path is the secret.
      ...(victim.token !== '' && mapValues(withToken, (token) => get(victim.uri, token))),
      'its name with a code of one’s own': get(`\${uri%/*}/$(echo "\${uri##*/}" | cut -c -40)-${name}`, '$token'),
      'a guessed path': get(`\${uri%/*}/${'0'.repeat(40)}-${name}`, '$token'),
      'its environment': `cat /proc/${victim.pid}/environ | tr '\\0' '\\n' | grep "${id}"`,
      'its files': `cat ${site.server.dataDir}/process/*/*/run ${site.server.dataDir}/sealing-keys.json`,
      // Without CAP_NET_RAW (bit 13) a job reads nothing of what others send on the same network.
      'its network': 'grep "^CapEff:.*[2367abef]...$" /proc/self/status',
    }
    const tries = Object.entries(ways).map(
      ([way, command]) => `( ${command} ) >out 2>/dev/null && [ -s out ] && echo 'by ${way}'`,
    )
    const script = ['cd "$HOME" || cd /tmp', ...tries, 'echo tried'].join('\n')
    expect(await site.linesOf(site.jdoe, script)).toEqual(['tried'])
    expect(await site.ask(victim)).toMatchObject({ status: 200 })
    await site.end(victim)
    // What another job has learned is of no use when the attempt is over.
    await eventually('the path to be closed', async () => (await site.ask(victim)).status === 404)
    expect(await site.linesOf(site.jdoe, `${get(victim.uri, victim.token)} 2>/dev/null || echo closed`)).toEqual([
      'closed',
    ])
  })
})
