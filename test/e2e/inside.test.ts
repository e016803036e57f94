/**
 * What a job finds inside its container: the server that runs it, and who the job is. Nobody sets
 * an endpoint in a job.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { type JobsClient, jobsClient } from './jobs-client.ts'

let engine: TestEngine
let server: TestServer
let jobs: JobsClient
beforeAll(async () => {
  engine = await startEngine()
  server = await startServer({ driver: 'docker', env: { OPENBATCH_DRIVERS_DOCKER_HOST: engine.dockerHost } })
  jobs = jobsClient(server)
})
afterAll(async () => {
  jobs?.dispose()
  await server?.stop()
  await engine?.stop()
})

test('the server is reachable at AWS_ENDPOINT_URL, and requires a signature there too', async () => {
  const script = `
    wget -q -O - "$AWS_ENDPOINT_URL/healthz" | head -c 300; echo
    wget -q -O - --post-data '{"jobQueue":"default"}' "$AWS_ENDPOINT_URL/v1/listjobs" 2>&1 | grep -o '403' | head -n 1`
  const job = await jobs.until(await jobs.submit({ script }), 'SUCCEEDED')
  const [health, refused] = await jobs.lines(job.jobId!)
  expect(health).toContain('ok')
  expect(refused).toBe('403')
})

test('the job knows who it is: AWS_BATCH_* and the region', async () => {
  const script =
    'echo "$AWS_BATCH_JOB_ID $AWS_BATCH_JOB_ATTEMPT $AWS_BATCH_JQ_NAME $AWS_BATCH_CE_NAME $AWS_EXECUTION_ENV $AWS_REGION"'
  const job = await jobs.until(await jobs.submit({ script }), 'SUCCEEDED')
  expect(await jobs.lines(job.jobId!)).toEqual([`${job.jobId} 1 default default AWS_ECS_EC2 us-west-2`])
})
