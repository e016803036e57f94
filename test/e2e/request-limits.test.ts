/** A user who sends too many requests, and those who share the server with them. */
import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Credentials, startServer, type TestServer } from '../support/openbatch-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    driver: 'scripted',
    env: {
      OPENBATCH_REQUESTS_BURST_PER_USER: '20',
      OPENBATCH_REQUESTS_PER_SECOND_PER_USER: '5',
      OPENBATCH_REQUESTS_FAILURE_BURST_PER_ADDRESS: '10',
      OPENBATCH_REQUESTS_FAILURES_PER_SECOND_PER_ADDRESS: '1',
      OPENBATCH_REQUESTS_CONNECTIONS_PER_USER: '3',
    },
  })
})
afterAll(() => server?.stop())

const settingsOf = (credentials: Credentials, maxAttempts: number) => ({
  ...{ endpoint: server.endpoint, region: 'us-west-2', credentials, maxAttempts },
  requestHandler: { httpAgent: { maxSockets: 2 } },
})

test('an SDK that tries again gets through, one that does not is told, and others notice nothing', async () => {
  const [jdoe, asmith] = [server.addUser('jdoe'), server.addUser('asmith')]
  const patient = new BatchClient(settingsOf(jdoe, 10))
  const hasty = new BatchClient(settingsOf(jdoe, 1))
  const other = new BatchClient(settingsOf(asmith, 1))
  const see = new DescribeJobQueuesCommand({})
  try {
    const answers = await Promise.all(Array.from({ length: 30 }, () => patient.send(see)))
    expect(answers.map(({ jobQueues }) => jobQueues?.length)).toEqual(Array(30).fill(1))
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => hasty.send(see)))
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(refused.length).toBeGreaterThan(10)
    expect(refused[0]).toMatchObject({ name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } })
    expect((await other.send(see)).jobQueues).toHaveLength(1)
  } finally {
    for (const client of [patient, hasty, other]) client.destroy()
  }
})

test('clients of the other services are told in their own words', async () => {
  const ada = server.addUser('ada')
  const batch = new BatchClient(settingsOf(ada, 1))
  const logs = new CloudWatchLogsClient(settingsOf(ada, 1))
  const sts = new STSClient(settingsOf(ada, 1))
  try {
    await Promise.allSettled(Array.from({ length: 40 }, () => batch.send(new DescribeJobQueuesCommand({}))))
    await expect(logs.send(new DescribeLogGroupsCommand({}))).rejects.toMatchObject({ name: 'ThrottlingException' })
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'Throttling' })
  } finally {
    for (const client of [batch, logs, sts]) client.destroy()
  }
})

test('wrong signatures of one address are slowed down', async () => {
  const eve = new BatchClient(settingsOf({ accessKeyId: 'EVE', secretAccessKey: 'nothing' }, 1))
  const good = new BatchClient(settingsOf(server.addUser('good'), 1))
  try {
    const names: string[] = []
    for (let request = 0; request < 13; request++)
      names.push(await eve.send(new DescribeJobQueuesCommand({})).then(String, ({ name }) => name))
    expect(names[0]).toBe('UnrecognizedClientException')
    expect(names.at(-1)).toBe('TooManyRequestsException')
    expect((await good.send(new DescribeJobQueuesCommand({}))).jobQueues).toHaveLength(1)
  } finally {
    eve.destroy()
    good.destroy()
  }
})
