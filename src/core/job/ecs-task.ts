/**
 * Attempts as ECS shows tasks: the live ones by where they run, an ended one by its job. Each node
 * of a multi-node job is a task of its own.
 */
import { parseArn } from '../../model/arn.ts'
import type { Container, Task } from '../../model/generated/ecs.ts'
import { type EndedAttempt, type Job, type LiveAttempt, liveAttempt } from '../../model/job.ts'
import { indexesOf, type State } from '../state/state.ts'
import { tasksOf } from '../workload/tasks.ts'
import { placeDetail } from './read-place.ts'

const cpuUnits = 1024

/** A task, and the job whose attempt it is. */
export interface FoundTask {
  readonly job: Job
  readonly taskId: string
  readonly attempt: LiveAttempt | EndedAttempt
  readonly instanceId: string
  readonly node: number
}

/** The live tasks among those with these ids, by id. Costs what runs, not what waits. */
export function liveTasks(state: State, taskIds: ReadonlySet<string>): Map<string, FoundTask> {
  const found = new Map<string, FoundTask>()
  for (const index of indexesOf(state).keys())
    for (const { tenants } of index.slots())
      for (const { jobId, attempt } of tenants.values()) {
        const places = attempt.nodes ?? [attempt]
        places.forEach(({ taskId, instanceId }, node) => {
          const job = taskIds.has(taskId) ? state.jobs.get(jobId) : undefined
          if (job) found.set(taskId, { job, taskId, attempt, instanceId, node })
        })
      }
  return found
}

/** Undefined if no ended attempt of the job has this task. */
export function endedTask(job: Job, taskId: string): FoundTask | undefined {
  const attempt = job.attempts.find((ended) => ended.taskId === taskId)
  return attempt && { job, taskId, attempt, instanceId: attempt.instanceId, node: 0 }
}

export function ecsTask(state: State, found: FoundTask, clusterArn: string): Task {
  const { job, attempt, taskId, instanceId } = found
  const { computeEnvironment } = attempt
  const { taskArn, containerInstanceArn } = placeDetail({ computeEnvironment, taskId, instanceId }, state)
  const [family = '', revision = '1'] = (parseArn(job.spec.jobDefinition)?.name ?? job.spec.jobDefinition).split(':')
  const definition = taskArn.replace(/:task\/.*$/, `:task-definition/${family}:${revision}`)
  const containers = containersOf(found, taskArn)
  const sum = (of: 'vcpus' | 'memoryMib') => containers.reduce((total, { resources }) => total + resources[of], 0)
  return {
    ...{ taskArn, clusterArn, taskDefinitionArn: definition },
    ...(containerInstanceArn === undefined ? {} : { containerInstanceArn }),
    launchType: containerInstanceArn === undefined ? 'FARGATE' : 'EC2',
    availabilityZone: `${state.account.region}a`,
    ...timesOf(found),
    cpu: String(sum('vcpus') * cpuUnits),
    memory: String(sum('memoryMib')),
    containers: containers.map(({ container }) => container),
    ...{ attachments: [], tags: [], group: `family:${family}` },
  }
}

function timesOf({ job, attempt }: FoundTask): Partial<Task> {
  const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000)
  const live = isLive(attempt)
  const { state } = job
  const startedAtMs = live ? (state.status === 'RUNNING' ? state.startedAtMs : undefined) : attempt.startedAtMs
  const createdAt = seconds(attempt.placedAtMs)
  const startedAt = seconds(startedAtMs)
  const isStopping = 'stopping' in state && state.stopping !== undefined
  return {
    lastStatus: statusOf(job, attempt),
    desiredStatus: live && !isStopping ? 'RUNNING' : 'STOPPED',
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(live ? {} : { stoppedAt: attempt.stoppedAtMs / 1000, stoppedReason: attempt.statusReason }),
  }
}

function containersOf({ job, attempt, taskId, node }: FoundTask, taskArn: string) {
  const task = tasksOf(job.spec).find(({ from, to }) => from <= node && node <= to)
  const lastStatus = statusOf(job, attempt)
  return (task?.containers ?? []).map(({ name, container: { image }, resources }, index, all) => {
    // The outcome of the attempt is that of its only container.
    const ended = !isLive(attempt) && all.length === 1 ? attempt : undefined
    const container: Container = {
      containerArn: `${taskArn.replace(':task/', ':container/')}/${taskId}-${index}`,
      ...{ taskArn, name, lastStatus, networkInterfaces: [] },
      ...(image ? { image } : {}),
      ...(ended?.exitCode === undefined ? {} : { exitCode: ended.exitCode }),
      ...(ended?.reason === undefined ? {} : { reason: ended.reason }),
      cpu: String(resources.vcpus * cpuUnits),
      memory: String(resources.memoryMib),
    }
    return { container, resources }
  })
}

function statusOf(job: Job, attempt: LiveAttempt | EndedAttempt): string {
  if (!isLive(attempt)) return 'STOPPED'
  return liveAttempt(job)?.number === attempt.number && job.state.status === 'RUNNING' ? 'RUNNING' : 'PENDING'
}

function isLive(attempt: LiveAttempt | EndedAttempt): attempt is LiveAttempt {
  return 'hostName' in attempt
}
