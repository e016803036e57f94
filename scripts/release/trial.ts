/**
 * Tries an installed package: starts a server on the process driver, and runs a job on it to its
 * end.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { jsSdk } from '../../test/conformance/clients/js-sdk.ts'
import { startServer } from '../../test/support/openbatch-server.ts'

const patienceMs = 60_000

/**
 * Throws if the job does not reach SUCCEEDED, or if its log is not what it wrote. The data
 * directory is made in `directory`.
 */
export async function runJob(command: string, directory: string): Promise<void> {
  const server = await startServer({ driver: 'process', command, directory })
  const client = jsSdk.open({ endpoint: server.endpoint, credentials: server.administrator })
  try {
    await client.batch('RegisterJobDefinition', {
      jobDefinitionName: 'hello',
      type: 'container',
      containerProperties: {
        image: 'busybox:1.36',
        command: ['echo', 'hello from the package'],
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '64' },
        ],
      },
    })
    const submitted = await client.batch('SubmitJob', {
      jobName: 'hello',
      jobQueue: 'default',
      jobDefinition: 'hello',
    })
    const deadline = Date.now() + patienceMs
    for (;;) {
      const { jobs } = await client.batch('DescribeJobs', { jobs: [submitted.jobId!] })
      const job = jobs![0]!
      if (job.status === 'SUCCEEDED') {
        const logs = { logGroupName: '/aws/batch/job', logStreamName: job.container!.logStreamName! }
        const { events } = await client.logs('GetLogEvents', logs)
        const messages = events!.map(({ message }) => message)
        if (messages.join() !== 'hello from the package') throw new Error(`the job logged ${JSON.stringify(messages)}`)
        return
      }
      if (job.status === 'FAILED' || Date.now() > deadline)
        throw new Error(`the job is ${job.status}: ${job.statusReason}`)
      await delay(100)
    }
  } finally {
    client.close()
    await server.stop()
  }
}
