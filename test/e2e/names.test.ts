/** Names that every JavaScript object has are ordinary names, wherever a user may choose one. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { sendSigned } from '../support/raw-request.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ driver: 'scripted' })
})
afterAll(() => server?.stop())

async function call(operation: string, body: object, { service = 'batch', status = 200 } = {}) {
  const answer = await sendSigned(
    server.endpoint,
    server.administrator,
    service === 'batch'
      ? { path: `/v1/${operation.toLowerCase()}`, body: JSON.stringify(body) }
      : {
          ...{ path: '/', service, body: JSON.stringify(body) },
          headers: { 'x-amz-target': `Logs_20140328.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
        },
  )
  expect(answer.status, `${operation}: ${answer.body}`).toBe(status)
  return JSON.parse(answer.body)
}

/** An object with a member of its own with that name. */
const own = (name: string, value: string) => Object.fromEntries([[name, value]])

test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])('%s', async (name) => {
  // Nothing has that name yet.
  expect((await call('DescribeJobDefinitions', { jobDefinitionName: name })).jobDefinitions).toEqual([])
  await call('SubmitJob', { jobName: name, jobQueue: name, jobDefinition: name }, { status: 400 })
  await call('ListJobs', { jobQueue: name }, { status: 400 })
  await call('ListJobs', { jobQueue: 'default', filters: [{ name, values: ['x'] }] }, { status: 400 })

  const { jobDefinitionArn } = await call('RegisterJobDefinition', {
    ...{ jobDefinitionName: name, type: 'container', tags: own(name, 'of the definition') },
    parameters: own(name, 'a parameter'),
    containerProperties: {
      image: name,
      command: [`print Ref::${name}`, `print-env ${name}`, 'print $(HOME)'],
      environment: [{ name, value: 'a variable' }],
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '64' },
      ],
    },
  })
  const { jobId, jobArn } = await call('SubmitJob', {
    ...{ jobName: `of${name}`, jobQueue: 'default', jobDefinition: name, tags: own(name, 'of the job') },
  })
  const described = async () => (await call('DescribeJobs', { jobs: [jobId, name] })).jobs
  await expect.poll(async () => (await described())[0].status, { timeout: 30_000 }).toBe('SUCCEEDED')
  const [job] = await described()
  expect(job).toMatchObject({ jobName: `of${name}`, jobDefinition: jobDefinitionArn })
  expect(JSON.stringify([job.tags, job.parameters])).toBe(
    JSON.stringify([own(name, 'of the job'), own(name, 'a parameter')]),
  )
  expect(job.container.environment).toContainEqual({ name, value: 'a variable' })
  expect(job.container.command[0]).toBe('print a parameter')

  const logGroupName = '/aws/batch/job'
  const read = { logGroupName, logStreamName: job.container.logStreamName }
  const { events } = await call('GetLogEvents', read, { service: 'logs' })
  expect(events.map(({ message }: { message: string }) => message)).toEqual([
    ...['a parameter', '<a variable>', '$(HOME)'],
  ])
  const found = await call('FilterLogEvents', { logGroupName, filterPattern: `{ $.${name} = 1 }` }, { service: 'logs' })
  expect(found.events).toEqual([])

  const tags = `/v1/tags/${encodeURIComponent(jobArn)}`
  const untag = { method: 'DELETE', path: tags, query: { tagKeys: [name] } }
  expect((await sendSigned(server.endpoint, server.administrator, untag)).status).toBe(200)
  expect((await sendSigned(server.endpoint, server.administrator, { method: 'GET', path: tags })).body).toBe(
    '{"tags":{}}',
  )
})
