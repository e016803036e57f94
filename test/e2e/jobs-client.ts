/**
 * The jobs of these tests: shell scripts that wait for gates, which are files in a directory shared
 * with the test.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BatchClient,
  DescribeJobsCommand,
  type EvaluateOnExit,
  type JobDetail,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { readStream } from '../chaos/read-back.ts'
import { baseImage } from '../engine/base-image.ts'
import { eventually } from '../support/eventually.ts'
import type { TestServer } from '../support/openbatch-server.ts'

export interface ScriptJob {
  /**
   * For `sh -c`. $SHARED is the shared directory, and `gate NAME` waits until that gate is opened.
   */
  readonly script: string
  /** Replaces the script, for a driver without a shell. */
  readonly command?: readonly string[]
  readonly image?: string
  readonly memoryMib?: number
  readonly user?: string
  readonly attempts?: number
  readonly evaluateOnExit?: EvaluateOnExit[]
  readonly timeoutSeconds?: number
}

export interface JobsClient {
  /** The shared directory. */
  readonly shared: string
  openGate(name: string): void
  submit(job: ScriptJob): Promise<string>
  describe(jobId: string): Promise<JobDetail>
  terminate(jobId: string, reason: string): Promise<void>
  /** Resolves when the job has the status. Throws at once if the job has ended otherwise. */
  until(jobId: string, status: string): Promise<JobDetail>
  /** The log of the job's attempts, one after another, or of the running one. */
  lines(jobId: string): Promise<string[]>
  dispose(): void
}

const withinMs = 120_000

export function jobsClient(server: Pick<TestServer, 'endpoint' | 'administrator'>, trustFile?: string): JobsClient {
  const shared = mkdtempSync(join(tmpdir(), 'openbatch-shared-'))
  const requestHandler = trustFile !== undefined && {
    requestHandler: { httpsAgent: new Agent({ ca: readFileSync(trustFile) }) },
  }
  const settings = {
    endpoint: server.endpoint,
    region: 'us-west-2',
    credentials: server.administrator,
    maxAttempts: 1,
    ...requestHandler,
  }
  const batch = new BatchClient(settings)
  const logs = new CloudWatchLogsClient(settings)

  const definition = async ({ script, command, image = baseImage, memoryMib = 64, user }: ScriptJob) => {
    const gate = `gate() { until [ -e "$SHARED/gate-$1" ]; do sleep 0.1; done; }`
    const { jobDefinitionArn } = await batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: 'promises',
        type: 'container',
        containerProperties: {
          image,
          ...(user === undefined ? {} : { user }),
          command: [...(command ?? ['sh', '-c', `${gate}\n${script}`])],
          environment: [{ name: 'SHARED', value: shared }],
          resourceRequirements: [
            { type: 'VCPU', value: '1' },
            { type: 'MEMORY', value: String(memoryMib) },
          ],
          volumes: [{ name: 'shared', host: { sourcePath: shared } }],
          mountPoints: [{ sourceVolume: 'shared', containerPath: shared }],
        },
      }),
    )
    return jobDefinitionArn!
  }
  const describe = async (jobId: string) => {
    const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }))
    if (!jobs[0]) throw new Error(`there is no job ${jobId}`)
    return jobs[0]
  }
  return {
    shared,
    openGate: (name) => writeFileSync(join(shared, `gate-${name}`), ''),
    describe,
    async submit(job) {
      const { attempts, evaluateOnExit, timeoutSeconds } = job
      const more = evaluateOnExit === undefined ? {} : { evaluateOnExit }
      const { jobId } = await batch.send(
        new SubmitJobCommand({
          ...{ jobName: 'promised', jobQueue: 'default', jobDefinition: await definition(job) },
          ...(attempts === undefined ? {} : { retryStrategy: { attempts, ...more } }),
          ...(timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: timeoutSeconds } }),
        }),
      )
      return jobId!
    },
    async terminate(jobId, reason) {
      await batch.send(new TerminateJobCommand({ jobId, reason }))
    },
    async until(jobId, status) {
      const job = await eventually(
        `job ${jobId} ${status}`,
        async () => {
          const now = await describe(jobId)
          return (now.status === status || now.status === 'SUCCEEDED' || now.status === 'FAILED') && now
        },
        { withinMs },
      )
      if (job.status !== status) throw new Error(`${jobId} is ${job.status}: ${job.statusReason}`)
      return job
    },
    async lines(jobId) {
      const { attempts = [], container } = await describe(jobId)
      const running = container?.logStreamName ? [container.logStreamName] : []
      const ended = attempts.flatMap((attempt) => attempt.container?.logStreamName ?? [])
      const read = await Promise.all([...new Set([...ended, ...running])].map((stream) => readStream(logs, stream)))
      return read.flat()
    },
    dispose() {
      batch.destroy()
      logs.destroy()
      rmSync(shared, { recursive: true, force: true })
    },
  }
}

/** An orderly stop that keeps the data directory. `restart` starts the server again. */
export async function stopServer(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM')
  await eventually('the server stopped', () => !existsSync(`/proc/${pid}`))
}
