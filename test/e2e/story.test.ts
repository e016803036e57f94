/** `openbatch story` of a job whose server is killed in the middle of its life. */
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
  server = await startServer({ driver: 'process' })
  const client = jsSdk.open({ endpoint: server.endpoint, credentials: server.addUser('jdoe') })
  batch = client.batch
  close = client.close
})
afterAll(async () => {
  close?.()
  await server?.stop()
})

/** The lines without their times, which are in order. */
function story(jobId: string): string[] {
  const { stdout, stderr } = spawnSync(openbatchCommand, ['story', '--data-dir', server.dataDir, jobId], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  const lines = stdout.trimEnd().split('\n').slice(1)
  const times = lines.map((line) => line.slice(0, 24).trim()).filter(Boolean)
  expect(times).toEqual([...times].sort())
  return lines.map((line) => line.slice(26))
}

test('the story is told while the job lives, and is the same after a crash and after the end', async () => {
  await batch('RegisterJobDefinition', {
    ...{ jobDefinitionName: 'twice', type: 'container' },
    containerProperties: {
      ...{ image: 'none', resourceRequirements: needs(1, 64) },
      command: ['sh', '-c', 'echo almost; [ "$AWS_BATCH_JOB_ATTEMPT" = 2 ] && sleep 600; exit 3'],
    },
    retryStrategy: { attempts: 2 },
  })
  const { jobId } = await batch('SubmitJob', { jobName: 'j', jobQueue: 'default', jobDefinition: 'twice' })
  await eventually('the second attempt runs', async () => story(jobId!).includes('attempt 2 is running'))
  const told = story(jobId!)
  expect(told).toEqual([
    'submitted by jdoe to default, as twice:1',
    expect.stringMatching(/^attempt 1 was placed on i-\S+ of default$/),
    'attempt 1 was running',
    expect.stringMatching(/^attempt 1 ended: exit code 3 \(the command’s own.*\); Essential container in task exited$/),
    'to be tried again: its retry strategy allows 2 attempts',
    expect.stringMatching(/^attempt 2 was placed on .+ of default.*; the process driver starts it$/),
    'attempt 2 is running',
  ])
  await server.kill9()
  await server.restart()
  expect(story(jobId!)).toEqual(told)
  await batch('TerminateJob', { jobId, reason: 'enough' })
  await eventually('it has ended', async () => story(jobId!).at(-1) === 'FAILED: enough')
  expect(story(jobId!).slice(0, 5)).toEqual(told.slice(0, 5))
  expect(story(jobId!)).toContain('terminated by jdoe: enough')
})
