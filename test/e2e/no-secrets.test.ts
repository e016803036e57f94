/**
 * Secrets appear nowhere but where they are kept: not in an answer, a refusal, an event, the audit,
 * a log, arguments, an environment, or a core dump. `stop` of every test's server looks for the keys
 * of its users and of the installation; this looks for more, and at what goes out.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchOperations } from '../../src/edge/generated/operations.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { type Credentials, openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { sendRaw, sendSigned } from '../support/raw-request.ts'
import { needlesFor, type Secret, scanFiles, scanProcesses, scanText } from '../support/secret-scan.ts'
import { signRequest } from '../support/signed-request.ts'

const metricsToken = `metrics-${'m'.repeat(40)}`
const webhookSecret = 'hush-of-the-webhook-0123456789abcdef'

let server: TestServer
let outside: string
let ada: Credentials
/** Everything that the server answered, and the command printed. */
let shown = ''
const secrets: Secret[] = [
  { what: 'the token for metrics', value: metricsToken },
  { what: 'the secret of a webhook', value: webhookSecret },
]

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), 'openbatch-outside-'))
  const tokenFile = join(outside, 'token')
  writeFileSync(tokenFile, metricsToken, { mode: 0o600 })
  const config = join(outside, 'openbatch.yaml')
  const settings = {
    logLevel: 'debug',
    events: { file: 'events.jsonl', webhooks: [{ url: 'http://127.0.0.1:9/', secret: webhookSecret }] },
    metrics: { tokenFile },
  }
  writeFileSync(config, JSON.stringify(settings))
  server = await startServer({
    driver: 'process',
    args: ['--config', config],
    limits: ['--core=unlimited'],
    env: { OPENBATCH_LOG_LEVEL: 'debug', OPENBATCH_DRIVERS_PROCESS_ORDINARY_USERS: 'serverAccount' },
  })
  ada = server.addUser('ada')
  secrets.push({ what: 'the secret of ada', value: ada.secretAccessKey })
  secrets.push({ what: 'the secret of the administrator', value: server.administrator.secretAccessKey })
})
afterAll(async () => {
  await server?.stop()
  rmSync(outside, { recursive: true, force: true })
})

async function session(): Promise<Credentials & { readonly sessionToken: string }> {
  const client = new STSClient({ endpoint: server.endpoint, region: 'us-west-2', credentials: ada })
  const { Credentials: made } = await client.send(new GetSessionTokenCommand({}))
  client.destroy()
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = made ?? {}
  secrets.push({ what: 'the secret of a session', value: secretAccessKey })
  secrets.push({ what: 'the token of a session', value: sessionToken })
  return { accessKeyId, secretAccessKey, sessionToken }
}

test('jobs run, calls are answered and refused, and nothing that is shown or kept holds a secret', async () => {
  const held = await session()
  await sendSigned(server.endpoint, held, { path: '/v1/describejobqueues', body: '{}' })
  const client = jsSdk.open({ endpoint: server.endpoint, credentials: ada })
  await client.batch('RegisterJobDefinition', {
    ...{ jobDefinitionName: 'talk', type: 'container' },
    containerProperties: { image: 'none', command: ['sh', '-c', 'env; exit 3'], resourceRequirements: needs(1, 64) },
  })
  const job = { jobName: 'j', jobQueue: 'default', jobDefinition: 'talk' }
  const { jobId = '' } = await client.batch('SubmitJob', job)
  await eventually('the end of the job', async () => {
    const { jobs = [] } = await client.batch('DescribeJobs', { jobs: [jobId] })
    return jobs[0]?.status === 'FAILED'
  })
  const { jobs = [] } = await client.batch('DescribeJobs', { jobs: [jobId] })
  const logStreamName = jobs[0]?.container?.logStreamName ?? ''
  const output = await client.logs('GetLogEvents', { logGroupName: '/aws/batch/job', logStreamName })
  shown += JSON.stringify([jobs, output])
  client.close()

  const inputs = [{}, { jobs: [jobId], jobQueue: 'default' }, { nonsense: [] }]
  for (const { path, method } of Object.values(batchOperations))
    for (const input of inputs) {
      const body = method === 'GET' ? '' : JSON.stringify(input)
      for (const key of [server.administrator, ada, { ...ada, secretAccessKey: 'wrong' }])
        shown += JSON.stringify(
          await sendSigned(server.endpoint, key, { method, path: path.replace(/\{.*\}/, jobId), body }),
        )
    }
  for (const path of [
    '/metrics',
    '/api/instances',
    '/api/audit',
    '/api/held',
    `/api/jobs/${jobId}/why`,
    `/api/jobs/${jobId}/story`,
  ])
    for (const key of [server.administrator, ada])
      shown += JSON.stringify(await sendSigned(server.endpoint, key, { method: 'GET', path }))
  const bearer = { authorization: `Bearer ${metricsToken}` }
  shown += JSON.stringify(await sendRaw(server.endpoint, { method: 'GET', path: '/metrics', headers: bearer }))
  shown += JSON.stringify(
    await sendRaw(server.endpoint, { method: 'GET', path: '/metrics', headers: { authorization: 'Bearer no' } }),
  )
  for (const service of ['batch', 'logs', 'sts', 's3', 'iam']) {
    const signed = await signRequest(held, { path: '/', service, body: 'Action=Nothing' })
    shown += JSON.stringify(
      await sendRaw(server.endpoint, { path: signed.url, headers: signed.headers, body: 'Action=Nothing' }),
    )
  }
  for (const words of [
    ['user', 'list'],
    ['secret', 'list'],
    ['group', 'list'],
    ['policy', 'list'],
    ['role', 'list'],
  ])
    shown += execFileSync(openbatchCommand, [...words, '--data-dir', server.dataDir], { encoding: 'utf8' })

  const needles = needlesFor(secrets)
  expect(scanText(shown, 'what was shown', needles)).toEqual([])
  expect(scanText(server.log(), 'the log of the server', needles)).toEqual([])
  expect(scanProcesses(server, needles)).toEqual([])
  expect(scanFiles(server.dataDir, needles)).toEqual([])
  // The job wrote its own environment, and the answers are many: the search searched something.
  expect(shown).toContain('AWS_BATCH_JOB_ID')
  expect(shown.length).toBeGreaterThan(50_000)
  expect(readFileSync(join(server.dataDir, 'events.jsonl'), 'utf8')).toContain(jobId)
})

test('a crash leaves no core dump, and nothing in the directory that holds a secret', async () => {
  const limits = readFileSync(`/proc/${server.pid}/limits`, 'utf8')
  expect(limits).toMatch(/^Max core file size +0 /m)
  await server.kill9()
  expect(scanFiles(server.dataDir, needlesFor(secrets))).toEqual([])
  await server.restart()
})
