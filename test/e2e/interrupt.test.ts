/**
 * `openbatch instances` and `openbatch interrupt` against a real server: what runs where, and the
 * rehearsed loss of a spot instance, for administrators only.
 */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsSdk } from '../conformance/clients/js-sdk.ts'
import { needs } from '../conformance/scenarios/setting.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'

let server: TestServer
let batch: ReturnType<typeof jsSdk.open>['batch']
let close: () => void
beforeAll(async () => {
  server = await startServer({ driver: 'scripted' })
  const client = jsSdk.open({ endpoint: server.endpoint, credentials: server.addUser('jdoe') })
  batch = client.batch
  close = client.close
})
afterAll(async () => {
  close?.()
  await server?.stop()
})

function openbatch(verb: string, ...args: string[]) {
  const command = [verb, '--data-dir', server.dataDir, ...args]
  const { status, stdout, stderr } = spawnSync(openbatchCommand, command, { encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}
const interrupt = (...args: string[]) => openbatch('interrupt', ...args)

async function job(jobId: string) {
  return (await batch('DescribeJobs', { jobs: [jobId] })).jobs![0]!
}

test('attempts on the instance get a notice, end as if with their host, and come back as their strategy says', async () => {
  await batch('RegisterJobDefinition', {
    ...{ jobDefinitionName: 'stay', type: 'container' },
    containerProperties: { image: 'none', command: ['trap TERM', 'wait'], resourceRequirements: needs(1, 64) },
  })
  const [retried, once] = await Promise.all(
    [2, 1].map(async (attempts) => {
      // The queue `default` is on spot.
      const request = { jobName: 'j', jobQueue: 'default', jobDefinition: 'stay', retryStrategy: { attempts } }
      const { jobId } = await batch('SubmitJob', request)
      return eventually('it runs', async () => {
        const now = await job(jobId!)
        return now.status === 'RUNNING' && now
      })
    }),
  )
  const instance = retried!.container!.containerInstanceArn!
  const id = `i-${instance.slice(-17)}`

  const listed = openbatch('instances', '--user', 'jdoe')
  expect(listed.out).toMatch(/^scripted: spot price 0 %, /m)
  expect(listed.out).toMatch(new RegExp(`^${id} .* 0 +2$`, 'm'))
  const detail = JSON.parse(openbatch('instances', '--json', instance).out)
  expect(detail).toMatchObject({
    ...{ instanceId: id, driver: 'scripted', state: 'OFFERED', onDemandAttempts: 0, spotAttempts: 2 },
    attempts: expect.arrayContaining(
      [retried, once].map((it) =>
        expect.objectContaining({ jobId: it!.jobId, attempt: 1, spot: true, stopping: false }),
      ),
    ),
  })
  expect(detail.capacity.vcpus - detail.free.vcpus).toBe(2)
  expect(openbatch('instances', 'i-00000000000000000')).toEqual({
    ...{ code: 1, out: '' },
    err: 'openbatch: Instance i-00000000000000000 not found.\n',
  })

  const denied = interrupt(instance, '--user', 'jdoe')
  expect(denied).toMatchObject({ code: 1, err: expect.stringContaining('user/jdoe is not authorized to perform') })
  expect(interrupt('i-00000000000000000')).toEqual({
    ...{ code: 1, out: '' },
    err: `openbatch: Instance i-00000000000000000 not found. Spot attempts run on ${id}.\n`,
  })
  expect(interrupt(instance)).toEqual({ code: 0, out: '2 spot attempts got notice\n', err: '' })

  const lost = `Host EC2 (instance ${id}) terminated.`
  const failed = await eventually('the one without retries has failed', async () => {
    const now = await job(once!.jobId!)
    return now.status === 'FAILED' && now
  })
  expect(failed.statusReason).toBe(lost)
  const second = await eventually('the other runs again', async () => {
    const now = await job(retried!.jobId!)
    return now.status === 'RUNNING' && now.attempts!.length === 1 && now
  })
  expect(second.attempts![0]!.statusReason).toBe(lost)

  await batch('TerminateJob', { jobId: retried!.jobId!, reason: 'enough' })
  await eventually('nothing runs', async () => (await job(retried!.jobId!)).status === 'FAILED')
  expect(interrupt(id)).toEqual({ code: 1, out: '', err: `openbatch: No spot attempt runs on instance ${id}.\n` })
})
