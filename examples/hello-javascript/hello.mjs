// Runs one job on the queue "default" and prints its log. Exits 0 only if the job SUCCEEDED.
import { setTimeout as delay } from 'node:timers/promises'
import { BatchClient, DescribeJobsCommand, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'

// The SDK reads AWS_ENDPOINT_URL and the keys itself, but the region only as AWS_REGION.
const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION
const batch = new BatchClient({ region })
const logs = new CloudWatchLogsClient({ region })

const { jobDefinitionArn } = await batch.send(
  new RegisterJobDefinitionCommand({
    jobDefinitionName: 'example-hello',
    type: 'container',
    containerProperties: {
      image: 'busybox:1.36',
      command: ['sh', '-c', 'echo "Hello from job $AWS_BATCH_JOB_ID"'],
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '64' },
      ],
    },
  }),
)
console.log('registered', jobDefinitionArn)

const { jobId } = await batch.send(
  new SubmitJobCommand({ jobName: 'hello', jobQueue: 'default', jobDefinition: jobDefinitionArn }),
)
console.log('submitted', jobId)

const job = await ended(jobId)
console.log('the job', job.status, job.statusReason ?? '')
if (job.status === 'FAILED') process.exit(1)

const { events } = await logs.send(
  new GetLogEventsCommand({
    logGroupName: '/aws/batch/job',
    logStreamName: job.container.logStreamName,
    startFromHead: true,
  }),
)
for (const { message } of events) console.log(message)

async function ended(jobId) {
  for (;;) {
    const { jobs } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }))
    if (jobs[0].status === 'SUCCEEDED' || jobs[0].status === 'FAILED') return jobs[0]
    await delay(1000)
  }
}
