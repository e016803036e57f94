/**
 * A server that speaks TLS, as its operator, its clients and its jobs meet it: with an authority of
 * its own, and with a certificate in files.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cliEnvironment, run } from '../conformance/clients/aws-cli.ts'
import type { Client } from '../conformance/clients/client.ts'
import { newestClients } from '../conformance/clients/installed.ts'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { startEngine } from '../engine/engine.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { jobsClient } from './jobs-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'openbatch-tls-'))
chmodSync(folder, 0o711)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPENBATCH|AWS)_/.test(name)))
const openbatch = (...args: string[]) => execFileSync(openbatchCommand, args, { encoding: 'utf8', env: environment })

/** A new data directory with an authority; the server in it speaks TLS. */
function newDataDir(...names: string[]): { dataDir: string; trustFile: string; authority: string } {
  const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-test-'))
  openbatch('tls', 'init', '--data-dir', dataDir, ...names.flatMap((name) => ['--name', name]))
  return { dataDir, trustFile: join(dataDir, 'tls', 'trust.pem'), authority: join(dataDir, 'tls', 'ca.pem') }
}

/** The serial number of the certificate that the server shows. */
function serialOf(endpoint: string, authority: string): Promise<string> {
  const { hostname: host, port } = new URL(endpoint)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: readFileSync(authority) }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

describe('with an authority of its own', () => {
  let server: TestServer
  let [trustFile, authority] = ['', '']
  const clients: Client[] = []
  beforeAll(async () => {
    const made = newDataDir('batch.lab.example')
    ;({ trustFile, authority } = made)
    const env = { OPENBATCH_DRIVERS_PROCESS_OPEN_DIRECTORY: join(folder, 'open') }
    server = await startServer({ driver: 'process', dataDir: made.dataDir, env })
  })
  afterAll(async () => {
    for (const client of clients) client.close()
    await server?.stop()
  })
  const open = (credentials: TestServer['administrator']) => {
    clients.push(jsSdk.open({ endpoint: server.endpoint, credentials, trustFile }))
    return clients.at(-1)!
  }

  test('clients that trust the authority are served, and others refuse the server', async () => {
    expect(server.endpoint).toMatch(/^https:\/\/127\.0\.0\.1:/)
    const client = open(server.administrator)
    expect((await client.batch('DescribeJobQueues', {})).jobQueues).toHaveLength(1)
    const stranger = jsSdk.open({ endpoint: server.endpoint, credentials: server.administrator })
    clients.push(stranger)
    await expect(stranger.batch('DescribeJobQueues', {})).rejects.toThrow(/certificate/)
  })

  test('the command line of AWS and our own follow server.json', async () => {
    const env = openbatch('env', '--data-dir', server.dataDir)
    expect(env).toContain(`export AWS_ENDPOINT_URL=${server.endpoint}\n`)
    expect(env).toContain(`export AWS_CA_BUNDLE=${trustFile}\n`)
    const installed = newestClients()
    const aws = join(installed.commandFolder, 'aws')
    const access = { endpoint: server.endpoint, credentials: server.administrator, trustFile }
    const { stdout } = await run(aws, ['batch', 'describe-job-queues'], cliEnvironment(installed, access))
    expect(JSON.parse(stdout).jobQueues).toHaveLength(1)
    expect(openbatch('instances', '--data-dir', server.dataDir)).toContain('i-')
  })

  /** Runs a command as a job, and returns the lines of its log. */
  async function linesOf(client: Client, command: string[]): Promise<string[]> {
    const jobDefinition = 'asks-server'
    await client.batch('RegisterJobDefinition', {
      ...{ jobDefinitionName: jobDefinition, type: 'container' },
      containerProperties: { image: 'none', command, resourceRequirements: needs(1, 256) },
    })
    const { jobId = '' } = await client.batch('SubmitJob', { jobName: 'j', jobQueue: 'default', jobDefinition })
    const job = await eventually('the job has ended', async () => {
      const [found] = (await client.batch('DescribeJobs', { jobs: [jobId] })).jobs ?? []
      return found?.status === 'SUCCEEDED' || found?.status === 'FAILED' ? found : undefined
    })
    const logStreamName = job.container?.logStreamName ?? ''
    const read = { logGroupName: '/aws/batch/job', logStreamName, startFromHead: true }
    return ((await client.logs('GetLogEvents', read)).events ?? []).map(({ message }) => message ?? '')
  }

  test('jobs find the server and what vouches for it, under whatever account they run', async () => {
    const script = `import os, ssl, urllib.request
trust = ssl.create_default_context(cafile=os.environ['AWS_CA_BUNDLE'])
print(urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/healthz', context=trust).status)`
    // Only root runs jobs under other accounts.
    const users = process.getuid?.() === 0 ? [server.addUser('jdoe')] : []
    for (const credentials of [server.administrator, ...users])
      expect(await linesOf(open(credentials), ['/usr/bin/python3', '-c', script])).toEqual(['200'])
  })

  test('the AWS command line in a job needs nothing else', async () => {
    const aws = join(newestClients().commandFolder, 'aws')
    const command = [aws, 'sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text']
    expect(await linesOf(open(server.administrator), command)).toEqual([
      expect.stringMatching(/^arn:aws:sts::123456789012:federated-user\//),
    ])
  })

  test('a new certificate is shown to new connections, and open ones go on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(authority) })
    const ask = () =>
      new Promise<number | undefined>((resolve, reject) => {
        const request = get(`${server.endpoint}/healthz`, { agent }, (response) => {
          response.resume().on('end', () => resolve(request.socket?.localPort))
        }).on('error', reject)
      })
    const port = await ask()
    const before = await serialOf(server.endpoint, authority)
    openbatch('tls', 'init', '--data-dir', server.dataDir, '--name', 'other.lab.example')
    await eventually('the new certificate is shown', async () => {
      await ask()
      return (await serialOf(server.endpoint, authority)) !== before
    })
    expect(await ask()).toBe(port)
    agent.destroy()
    expect(openbatch('tls', 'show', '--data-dir', server.dataDir)).toContain('other.lab.example localhost')
  })

  test('a backup holds the authority, so that clients go on trusting a restored server', () => {
    const [backup, restored] = [join(folder, 'backup'), join(folder, 'restored')]
    openbatch('backup', backup, '--data-dir', server.dataDir)
    openbatch('restore', backup, '--data-dir', restored)
    for (const name of ['ca-key.pem', 'server.pem']) {
      const file = join(restored, 'tls', name)
      expect(readFileSync(file, 'utf8')).toBe(readFileSync(join(server.dataDir, 'tls', name), 'utf8'))
      expect(statSync(file).mode & 0o777).toBe(0o600)
    }
  })

  test('policies can ask whether a request came over TLS', async () => {
    const eve = server.addUser('eve')
    const document = join(folder, 'tls-only.json')
    const Condition = { Bool: { 'aws:SecureTransport': 'true' } }
    const Statement = { Effect: 'Deny', Action: '*', Resource: '*', Condition }
    writeFileSync(document, JSON.stringify({ Version: '2012-10-17', Statement }))
    openbatch('policy', 'add', 'no-tls', document, '--data-dir', server.dataDir)
    const client = open(eve)
    expect((await client.batch('DescribeJobQueues', {})).jobQueues).toHaveLength(1)
    openbatch('user', 'attach', 'eve', 'no-tls', '--data-dir', server.dataDir)
    await eventually('eve is denied', () =>
      client.batch('DescribeJobQueues', {}).then(
        () => false,
        (error) => error.code === 'AccessDeniedException',
      ),
    )
  })
})

test('a certificate in files is taken anew when both files fit, and a broken pair is logged', async () => {
  const { dataDir, authority } = newDataDir()
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const own = join(dataDir, 'tls', 'server.pem')
  copyFileSync(own, certificate)
  copyFileSync(own, key)
  const env = { OPENBATCH_TLS_CERTIFICATE: certificate, OPENBATCH_TLS_KEY: key, OPENBATCH_TLS_CA: authority }
  const server = await startServer({ driver: 'scripted', dataDir, env })
  try {
    const before = await serialOf(server.endpoint, authority)
    openbatch('tls', 'init', '--data-dir', dataDir)
    copyFileSync(own, certificate)
    await eventually('the broken pair is in the log', async () =>
      server.log().includes('it does not belong to the certificate'),
    )
    expect(await serialOf(server.endpoint, authority)).toBe(before)
    copyFileSync(own, key)
    await eventually('the new pair is shown', async () => (await serialOf(server.endpoint, authority)) !== before)
  } finally {
    await server.stop()
  }
})

test('jobs in containers reach the server over TLS at its address on their network', async () => {
  const engine = await startEngine()
  const { dataDir, trustFile, authority } = newDataDir()
  const env = { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost }
  try {
    const server = await startServer({ driver: 'docker', dataDir, env })
    const jobs = jobsClient(server, trustFile)
    try {
      const script = `
        echo "$AWS_ENDPOINT_URL"; echo "$AWS_CA_BUNDLE"; head -n 1 "$AWS_CA_BUNDLE"
        address=\${AWS_ENDPOINT_URL#https://}; nc -w 5 "\${address%:*}" "\${address#*:}" </dev/null && echo reached`
      const job = await jobs.until(await jobs.submit({ script, user: '1000' }), 'SUCCEEDED')
      const [endpoint = '', ...lines] = await jobs.lines(job.jobId!)
      expect(endpoint).toMatch(/^https:\/\/\d+\.\d+\.\d+\.\d+:\d+$/)
      expect(endpoint).not.toContain('//127.')
      expect(lines).toEqual(['/etc/openbatch/trust.pem', '-----BEGIN CERTIFICATE-----', 'reached'])
      // The address was not in the certificate when the server started.
      expect(await serialOf(endpoint, authority)).toBeTruthy()
    } finally {
      jobs.dispose()
      await server.stop()
    }
  } finally {
    await engine.stop()
  }
})

test('plain HTTP where other machines can reach it is refused, with all that is wrong, unless it is allowed', async () => {
  const dataDir = join(folder, 'plain')
  const args = ['serve', '--data-dir', dataDir, '--host', '0.0.0.0', '--port', '0', '--driver', 'scripted']
  const env = { ...environment, OPENBATCH_TLS_KEY: 'key.pem' }
  const refused = spawnSync(openbatchCommand, args, { encoding: 'utf8', env })
  expect([refused.status, refused.stdout]).toEqual([2, ''])
  expect(refused.stderr).toContain('  tls.certificate: must be set, because tls.key is\n')
  expect(refused.stderr).toContain('  host: other machines can reach 0.0.0.0, and the server has no certificate.')
  const server = await startServer({
    ...{ driver: 'scripted', args: ['--host', '0.0.0.0'], env: { OPENBATCH_ALLOW_PLAIN_HTTP: 'true' } },
  })
  expect(server.endpoint).toMatch(/^http:/)
  await server.stop()
})
