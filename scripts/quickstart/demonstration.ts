/**
 * What quickstart shows: a server on a data directory of its own, a hello job and an array of ten
 * that run to SUCCEEDED with their logs, and how to continue from there. `--once` stops after that;
 * the exit code says whether everything succeeded.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import pc from 'picocolors'
import { shellWord } from '../../src/ground/shell-word.ts'
import { chooseDriver } from './choose-driver.ts'
import { type Serving, serve } from './serving.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const command = join(root, 'bin', 'openbatch')
const once = process.argv.includes('--once')
/** Any image with a POSIX shell will do. */
const image = process.env.QUICKSTART_IMAGE ?? 'busybox:1.36'
const jobsWithinMs = 120_000
const arraySize = 10

const driver = await chooseDriver(image, say)
const dataDir = process.env.QUICKSTART_DATA_DIR ?? join(root, '.openbatch', driver)
const serving = await serve(command, dataDir, driver).catch((error: Error) => {
  say(pc.red(`The server did not start: ${error.message}.`))
  process.exit(1)
})
const serveAgain = `${shellWord(command)} serve --data-dir ${shellWord(dataDir)}`
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stopAndExit(0))
serving.child.once('exit', (code) => {
  if (!stopping) process.exit(code || 1)
})
try {
  await demonstrate(serving)
  tellHowToGoOn(serving)
} catch (error) {
  say(pc.red(`The demonstration failed: ${(error as Error).message}`))
  await stopAndExit(1)
}
if (once) {
  say('Stopping the server, as --once asks.')
  await stopAndExit(0)
}
say('Serving on. Stop it with Ctrl-C; jobs that run go on.')

async function demonstrate({ endpoint, region, credentials }: Serving): Promise<void> {
  const batch = new BatchClient({ endpoint, region, credentials })
  const logs = new CloudWatchLogsClient({ endpoint, region, credentials })
  say(`openbatch serves at ${pc.bold(endpoint)}; jobs run on the ${pc.bold(driver)} driver.`)

  const resourceRequirements = [
    { type: 'VCPU' as const, value: '1' },
    { type: 'MEMORY' as const, value: '64' },
  ]
  const shell = (script: string) => ['sh', '-c', script]
  const { revision } = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'hello',
      type: 'container',
      containerProperties: { image, command: shell('echo "Hello from job $AWS_BATCH_JOB_ID"'), resourceRequirements },
    }),
  )
  const jobDefinition = `hello:${revision}`
  say(`Registered the job definition ${jobDefinition}.`)

  const submission = { jobQueue: 'default', jobDefinition }
  const hello = await batch.send(new SubmitJobCommand({ ...submission, jobName: 'hello' }))
  const echoIndex = shell('echo "child $AWS_BATCH_JOB_ARRAY_INDEX of $AWS_BATCH_JOB_ARRAY_SIZE"')
  const array = await batch.send(
    new SubmitJobCommand({
      ...{ ...submission, jobName: 'ten-children', arrayProperties: { size: arraySize } },
      containerOverrides: { command: echoIndex },
    }),
  )
  say(`Submitted the job ${hello.jobId} and the array of ${arraySize} ${array.jobId}.`)

  await followToEnd(batch, [hello.jobId!, array.jobId!])
  const children = Array.from({ length: arraySize }, (_, index) => `${array.jobId}:${index}`)
  for (const job of await describe(batch, [hello.jobId!, ...children])) await showLog(logs, job)
  say(pc.green(`All ${arraySize + 1} SUCCEEDED.`))
}

async function followToEnd(batch: BatchClient, ids: string[]): Promise<void> {
  const deadline = Date.now() + jobsWithinMs
  const shown = new Map<string, string>()
  for (;;) {
    const jobs = await describe(batch, ids)
    for (const job of jobs) {
      const line = `${job.jobName} is ${job.status}${job.statusReason ? `: ${job.statusReason}` : ''}`
      if (shown.get(job.jobId!) !== line) say(line)
      shown.set(job.jobId!, line)
    }
    const failure = jobs.find((job) => job.status === 'FAILED')
    if (failure)
      throw new Error(`${failure.jobName} FAILED: ${failure.statusReason} ${failure.container?.reason ?? ''}`)
    if (jobs.every((job) => job.status === 'SUCCEEDED')) return
    if (Date.now() > deadline) throw new Error(`the jobs did not end within ${jobsWithinMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function describe(batch: BatchClient, jobs: string[]): Promise<JobDetail[]> {
  const answer = await batch.send(new DescribeJobsCommand({ jobs }))
  if (answer.jobs?.length !== jobs.length) throw new Error('a job that was submitted is not known')
  return answer.jobs
}

async function showLog(logs: CloudWatchLogsClient, { jobId, container }: JobDetail): Promise<void> {
  const logStreamName = container?.logStreamName
  if (!logStreamName) throw new Error(`${jobId} has no log stream`)
  const { events = [] } = await logs.send(
    new GetLogEventsCommand({ logGroupName: '/aws/batch/job', logStreamName, startFromHead: true }),
  )
  if (events.length === 0) throw new Error(`the log of ${jobId} is empty`)
  for (const event of events) say(`  ${pc.dim(jobId!)}  ${event.message}`)
}

function tellHowToGoOn({ endpoint }: Serving): void {
  say('')
  say(`  endpoint  ${endpoint}`)
  say(`  console   ${endpoint}/console/ (one page that says how to go on; there is no graphical console yet)`)
  say(`  aws CLI   ${once ? `when a server runs again (${serveAgain}):` : 'in another terminal:'}`)
  say(`              eval "$(${shellWord(command)} env --data-dir ${shellWord(dataDir)})"`)
  say('              aws batch submit-job --job-name again --job-queue default --job-definition hello')
  say('              aws batch list-jobs --job-queue default --job-status SUCCEEDED')
  say('              aws logs filter-log-events --log-group-name /aws/batch/job --log-stream-name-prefix hello/')
  say('')
}

async function stopAndExit(code: number): Promise<never> {
  stopping = true
  await serving.stop()
  process.exit(code)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
