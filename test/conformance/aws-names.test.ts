/**
 * Clients that know no variable for an endpoint reach the server by AWS's own names: Debian's AWS
 * CLI and boto3 in a network of their own, where these names lead to the server.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { run } from './clients/aws-cli.ts'
import { accessVariables, plainEnvironment } from './clients/client.ts'
import { debian, debianClients } from './clients/installed.ts'

debian('iproute2')
const { python } = debianClients()
const names = ['batch', 'logs', 'sts'].map((service) => `${service}.us-west-2.amazonaws.com`)

// Only root makes networks.
describe.runIf(process.getuid?.() === 0)('by AWS’s own names', () => {
  let server: TestServer
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'openbatch-names-'))
    const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-test-'))
    execFileSync(openbatchCommand, ['tls', 'init', '--aws-names', '--region', 'us-west-2', '--data-dir', dataDir])
    const hosts = join(folder, 'hosts')
    writeFileSync(hosts, `127.0.0.1 localhost ${names.join(' ')} sts.amazonaws.com iam.amazonaws.com\n`)
    // The names and port 443 are the server's in this namespace alone.
    const command = join(folder, 'openbatch')
    const inside = `ip link set lo up && mount --bind '${hosts}' /etc/hosts && exec '${openbatchCommand}' "$@"`
    writeFileSync(
      command,
      `#!/bin/sh\nexec unshare --mount --net -- sh -c '${inside.replaceAll("'", `'\\''`)}' sh "$@"\n`,
      {
        mode: 0o755,
      },
    )
    server = await startServer({ driver: 'scripted', dataDir, command, args: ['--port', '443'] })
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs a program where AWS's names lead to the server, and nothing says so. */
  async function inside(...words: string[]): Promise<string> {
    const { AWS_ENDPOINT_URL: _, ...variables } = accessVariables({
      ...{ endpoint: '', credentials: server.administrator, trustFile: join(server.dataDir, 'tls', 'trust.pem') },
    })
    const env = { ...plainEnvironment(), ...variables, AWS_PAGER: '' }
    return (await run('nsenter', ['--target', String(server.pid), '--mount', '--net', '--', ...words], env)).stdout
  }

  test('the server is at port 443', () => {
    expect(server.endpoint).toBe('https://127.0.0.1:443')
  })

  test('the AWS CLI of Debian, without --endpoint-url', async () => {
    const aws = async (...args: string[]) => JSON.parse(await inside('/usr/bin/aws', ...args))
    expect((await aws('batch', 'describe-job-queues')).jobQueues).toHaveLength(1)
    expect((await aws('sts', 'get-caller-identity')).Arn).toBe('arn:aws:iam::123456789012:user/admin')
    expect(await aws('logs', 'describe-log-groups')).toEqual({ logGroups: [] })
  })

  test('boto3 of Debian, without endpoint_url', async () => {
    const script = `
import boto3
batch = boto3.client('batch')
print(batch.meta.endpoint_url, len(batch.describe_job_queues()['jobQueues']))
print(boto3.client('sts').get_caller_identity()['Arn'])`
    expect(await inside(python, '-c', script)).toBe(
      'https://batch.us-west-2.amazonaws.com 1\narn:aws:iam::123456789012:user/admin\n',
    )
  })
})
