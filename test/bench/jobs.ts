/**
 * Trivial jobs as a large array: how many per second go through a whole server, from SubmitJob to
 * all SUCCEEDED.
 */
import { BatchClient, DescribeJobsCommand, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { administrator, type ServerPlace } from './serving.ts'

const pollMs = 20
const withinMs = 300_000

export function batchClient(serving: ServerPlace): BatchClient {
  return new BatchClient({
    endpoint: serving.endpoint,
    region: 'us-west-2',
    credentials: administrator(serving),
    maxAttempts: 1,
  })
}

export async function register(batch: BatchClient, image: string, command: string[]): Promise<void> {
  await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'bench',
      type: 'container',
      containerProperties: {
        image,
        command,
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '64' },
        ],
      },
    }),
  )
}

/** Jobs per second. */
export async function runArray(batch: BatchClient, size: number): Promise<number> {
  const before = performance.now()
  const submitted = await batch.send(
    new SubmitJobCommand({ jobName: 'bench', jobQueue: 'default', jobDefinition: 'bench', arrayProperties: { size } }),
  )
  for (;;) {
    const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: [submitted.jobId!] }))
    const status = jobs[0]?.status
    if (status === 'SUCCEEDED') return (size * 1000) / (performance.now() - before)
    if (status === 'FAILED') throw new Error(`the jobs failed: ${JSON.stringify(jobs[0]?.arrayProperties)}`)
    if (performance.now() - before > withinMs) throw new Error(`the jobs did not end: ${JSON.stringify(jobs[0])}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
