/**
 * What quickstart shows: a server on a data directory of its own, a hello job and an array of ten run to SUCCEEDED with their logs, and how to
 * go on from there. `--once` stops after that; the exit code says whether all of it succeeded.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import Docker from 'dockerode'
import pc from 'picocolors'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const once = process.argv.includes('--once')
/** Any image with a POSIX shell serves. */
const image = process.env.QUICKSTART_IMAGE ?? 'busybox:1.36'
const readyWithinMs = 60_000
const jobsWithinMs = 120_000
const pullWithinMs = 60_000

interface Serving {
  readonly endpoint: string
  readonly child: ChildProcess
}

const driver = await chooseDriver()
const dataDir = join(root, '.openbatch', driver)
const serving = await startServer()
let failed = false
try {
  await demonstrate(serving.endpoint)
} catch (error) {
  failed = true
  say(pc.red(`The demonstration failed: ${(error as Error).message}`))
}
if (once || failed) {
  await stop(serving.child)
  process.exit(failed ? 1 : 0)
}
say(`Serving on. Stop it with Ctrl-C; jobs that run go on.`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void stop(serving.child).then(() => process.exit(0)))
serving.child.once('exit', (code) => process.exit(code ?? 1))

/** Containers if an engine answers and has, or can get, the image of the demonstration; else plain processes, saying why. */
async function chooseDriver(): Promise<'docker' | 'process'> {
  const docker = new Docker()
  try {
    await docker.ping()
  } catch (error) {
    say(`No container engine answers (${(error as Error).message}).`)
    say('The jobs run as plain processes of this machine: their image is recorded and not used.')
    return 'process'
  }
  try {
    await docker.getImage(image).inspect()
    return 'docker'
  } catch {
    say(`Fetching the image ${image} …`)
  }
  try {
    const progress = await docker.pull(image, { abortSignal: AbortSignal.timeout(pullWithinMs) })
    await new Promise<void>((resolve, reject) =>
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())),
    )
    return 'docker'
  } catch (error) {
    say(
      `A container engine answers, but the image ${image} is not there and cannot be fetched (${(error as Error).message}).`,
    )
    say('The jobs run as plain processes of this machine instead. QUICKSTART_IMAGE names another image.')
    return 'process'
  }
}

/** On the usual port; on a free one if that is taken. */
async function startServer(): Promise<Serving> {
  return (await trySocket('8642')) ?? (await trySocket('0')) ?? die('The server did not start.')
}

function trySocket(port: string): Promise<Serving | undefined> {
  const args = ['serve', '--data-dir', dataDir, '--port', port, '--driver', driver]
  const env = { ...process.env, OPENBATCH_LOG_LEVEL: process.env.OPENBATCH_LOG_LEVEL ?? 'warn' }
  const child = spawn(join(root, 'bin', 'openbatch'), args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), readyWithinMs)
    child.once('error', reject)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const endpoint = /^ready (http:\/\/\S+)$/.exec(line)?.[1]
      if (!endpoint) return
      clearTimeout(timer)
      child.removeAllListeners('exit')
      resolve({ endpoint, child })
    })
  })
}

async function demonstrate(endpoint: string): Promise<void> {
  const configuration = { endpoint, region: 'us-west-2', credentials: credentials() }
  const batch = new BatchClient(configuration)
  const logs = new CloudWatchLogsClient(configuration)
  say(`openbatch serves at ${pc.bold(endpoint)}; jobs run on the ${pc.bold(driver)} driver.`)

  const command = (script: string) => ['sh', '-c', script]
  const definition = await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName: 'hello',
      type: 'container',
      containerProperties: {
        image,
        command: command('echo "Hello from job $AWS_BATCH_JOB_ID"'),
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '64' },
        ],
      },
    }),
  )
  const jobDefinition = `${definition.jobDefinitionName}:${definition.revision}`
  say(`Registered the job definition ${jobDefinition}.`)

  const hello = await batch.send(new SubmitJobCommand({ jobName: 'hello', jobQueue: 'default', jobDefinition }))
  const array = await batch.send(
    new SubmitJobCommand({
      jobName: 'ten-children',
      jobQueue: 'default',
      jobDefinition,
      arrayProperties: { size: 10 },
      containerOverrides: {
        command: command('echo "child $AWS_BATCH_JOB_ARRAY_INDEX of $AWS_BATCH_JOB_ARRAY_SIZE"'),
      },
    }),
  )
  say(`Submitted the job ${hello.jobId} and the array of 10 ${array.jobId}.`)

  const ids = [hello.jobId!, array.jobId!]
  await followToEnd(batch, ids)
  const children = Array.from({ length: 10 }, (_, index) => `${array.jobId}:${index}`)
  const ran = await describe(batch, [hello.jobId!, ...children])
  for (const job of ran) {
    const stream = job.container?.logStreamName
    if (!stream) throw new Error(`${job.jobId} has no log stream`)
    const { events = [] } = await logs.send(
      new GetLogEventsCommand({ logGroupName: '/aws/batch/job', logStreamName: stream, startFromHead: true }),
    )
    if (events.length === 0) throw new Error(`the log of ${job.jobId} is empty`)
    for (const event of events) say(`  ${pc.dim(job.jobId!)}  ${event.message}`)
  }
  say(pc.green('Both SUCCEEDED.'))
  say('')
  say(`  endpoint  ${endpoint}`)
  say(`  console   ${endpoint}/console/`)
  say('  aws CLI   in another terminal:')
  say(`              eval "$(npx openbatch env --data-dir ${dataDir})"`)
  say('              aws batch describe-job-queues')
  say(`              aws batch submit-job --job-name again --job-queue default --job-definition ${jobDefinition}`)
  say(`              aws batch describe-jobs --jobs ${hello.jobId} | jq -r '.jobs[0].status'`)
  say('')
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
    if (Date.now() > deadline) throw new Error('the jobs did not end in time')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function describe(batch: BatchClient, jobs: string[]): Promise<JobDetail[]> {
  const answer = await batch.send(new DescribeJobsCommand({ jobs }))
  if (answer.jobs?.length !== jobs.length) throw new Error('a job that was submitted is not known')
  return answer.jobs
}

/** The administrator's, which the first start made. */
function credentials(): { accessKeyId: string; secretAccessKey: string } {
  const file = join(dataDir, 'users.json')
  if (!existsSync(file)) die(`${file} is missing`)
  const { users } = JSON.parse(readFileSync(file, 'utf8')) as {
    users: { role: string; accessKeyId: string; secretAccessKey: string }[]
  }
  return users.find((user) => user.role === 'admin') ?? die('there is no administrator')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function die(why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}
