/**
 * What a container learns about itself and its task, in the members of ECS's task metadata, version
 * 4. A member whose value nobody here knows is left out.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
 */
import { parseArn } from '../../model/arn.ts'
import { type Part, partKey, partName } from '../../model/job.ts'
import { logDestination } from '../../model/log-destination.ts'
import type { Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import type { State } from '../state/state.ts'
import type { TaskContainer } from '../workload/task-container.ts'
import { tasksOf } from '../workload/tasks.ts'
import type { LiveContainer } from './live-container.ts'

const cpuUnits = 1024
const bytesPerMib = 1024 * 1024

export function containerMetadata(state: State, found: LiveContainer): object {
  const { job, attempt, part, container, place, taskArn } = found
  const { family, revision } = definitionOf(found)
  const { image, logConfiguration } = container.container
  const log = logDestination(container.container, job.spec.jobDefinition, place.taskId, container.name)
  const run = startedAtMs(found)
  return {
    DockerId: dockerId(found),
    Name: container.name,
    DockerName: part ? partName(attempt.name, part) : attempt.name,
    ...(image && { Image: image }),
    Labels: {
      'com.amazonaws.ecs.cluster': clusterOf(taskArn),
      'com.amazonaws.ecs.container-name': container.name,
      'com.amazonaws.ecs.task-arn': taskArn,
      'com.amazonaws.ecs.task-definition-family': family,
      'com.amazonaws.ecs.task-definition-version': revision,
    },
    ...statusOf(found),
    Limits: limitsOf(container.resources, cpuUnits),
    CreatedAt: iso(attempt.placedAtMs),
    ...(run !== undefined && { StartedAt: iso(run) }),
    Type: 'NORMAL',
    LogDriver: logConfiguration?.logDriver ?? 'awslogs',
    ...(log && {
      LogOptions: {
        'awslogs-group': log.group,
        'awslogs-region': state.account.region,
        'awslogs-stream': log.stream,
      },
    }),
    ContainerARN: `${taskArn.replace(':task/', ':container/')}/${containerUuid(found)}`,
    Networks: [],
  }
}

export function taskMetadata(state: State, found: LiveContainer): object {
  const { job, attempt, taskArn } = found
  const { family, revision } = definitionOf(found)
  const containers = containersOfTask(found)
  const sum = (of: (resources: Resources) => number) =>
    containers.reduce((total, { container }) => total + of(container.resources), 0)
  const { fargate = false } = state.computeEnvironments.get(attempt.computeEnvironment) ?? {}
  return {
    Cluster: clusterOf(taskArn),
    TaskARN: taskArn,
    Family: family,
    Revision: revision,
    ...statusOf(found),
    Limits: limitsOf({ vcpus: sum(({ vcpus }) => vcpus), memoryMib: sum(({ memoryMib }) => memoryMib) }, 1),
    AvailabilityZone: `${state.account.region}a`,
    LaunchType: fargate ? 'FARGATE' : 'EC2',
    Containers: containers.map((it) => containerMetadata(state, { ...found, ...it, job })),
  }
}

/** Docker's statistics, as far as they are known: the limits. */
export function containerStats(found: LiveContainer, now: TimeMs): object {
  const { memoryMib } = found.container.resources
  return {
    ...{ read: iso(now), name: `/${found.container.name}`, id: dockerId(found) },
    memory_stats: { limit: memoryMib * bytesPerMib },
  }
}

/** By DockerId. */
export function taskStats(found: LiveContainer, now: TimeMs): object {
  const all = containersOfTask(found).map((it) => ({ ...found, ...it }))
  return Object.fromEntries(all.map((it) => [dockerId(it), containerStats(it, now)]))
}

function containersOfTask({ job, part, container }: LiveContainer): { container: TaskContainer; part?: Part }[] {
  if (!part) return [{ container }]
  const { node } = part
  const task = tasksOf(job.spec).find(({ from, to }) => from <= node && node <= to)
  return (task?.containers ?? []).map((it, index) => ({ container: it, part: { node, container: index } }))
}

function startedAtMs({ job, attempt, part }: LiveContainer): TimeMs | undefined {
  if (part) return attempt.containers?.[partKey(part)]?.startedAtMs
  return job.state.status === 'RUNNING' ? job.state.startedAtMs : undefined
}

/** Whoever asks runs, whether or not that is recorded yet. */
function statusOf({ job }: LiveContainer): { DesiredStatus: string; KnownStatus: string } {
  const isStopping = 'stopping' in job.state && job.state.stopping !== undefined
  return { DesiredStatus: isStopping ? 'STOPPED' : 'RUNNING', KnownStatus: 'RUNNING' }
}

function limitsOf({ vcpus, memoryMib }: Pick<Resources, 'vcpus' | 'memoryMib'>, unitsPerVcpu: number) {
  return { CPU: vcpus * unitsPerVcpu, Memory: memoryMib }
}

/** `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID` */
function clusterOf(taskArn: string): string {
  return taskArn.split('/')[1]!
}

function definitionOf({ job }: LiveContainer): { family: string; revision: string } {
  const { jobDefinition } = job.spec
  const [family = '', revision = '1'] = (parseArn(jobDefinition)?.name ?? jobDefinition).split(':')
  return { family, revision }
}

/** In the form that it has on Fargate: the task's id and a number that is the container's own. */
function dockerId({ place, part }: Pick<LiveContainer, 'place' | 'part'>): string {
  return `${place.taskId}-${String(part?.container ?? 0).padStart(10, '0')}`
}

/** The task's id as a UUID, with the container's number at its end. */
function containerUuid({ place, part }: LiveContainer): string {
  const hex = place.taskId.slice(0, 28) + (part?.container ?? 0).toString(16).padStart(4, '0')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function iso(ms: TimeMs): string {
  return new Date(ms).toISOString()
}
