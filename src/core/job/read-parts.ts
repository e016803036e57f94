/**
 * What DescribeJobs shows of attempts with several containers: tasks of ecsProperties and pods of
 * eksProperties (docs/aws §2.4).
 */
import type {
  AttemptDetail,
  AttemptTaskContainerDetails,
  EcsPropertiesDetail,
  EksAttemptDetail,
  EksPropertiesDetail,
} from '../../model/generated/batch.ts'
import { type ContainerRun, type EndedAttempt, type Job, type LiveAttempt, partKey } from '../../model/job.ts'
import { logDestination } from '../../model/log-destination.ts'
import type { EcsTask, Pod } from '../../model/workload.ts'
import type { State } from '../state/state.ts'
import { tasksOf } from '../workload/tasks.ts'
import { placeDetail } from './read-place.ts'

type Attempt = Pick<LiveAttempt | EndedAttempt, 'computeEnvironment' | 'taskId' | 'instanceId' | 'containers'>

/** In the order of the containers. Members that a container did not reach are omitted. */
function factsOf(job: Job, attempt: Attempt): AttemptTaskContainerDetails[] {
  const task = tasksOf(job.spec)[0]
  return (task?.containers ?? []).map(({ name, container }, index) => {
    const run = attempt.containers?.[partKey({ node: 0, container: index })]
    const log =
      run?.startedAtMs === undefined
        ? undefined
        : logDestination(container, job.spec.jobDefinition, attempt.taskId, name)
    return {
      name,
      ...outcomeOf(run),
      ...(log ? { logStreamName: log.stream } : {}),
      networkInterfaces: interfacesOf(run),
    }
  })
}

function outcomeOf(run: ContainerRun | undefined): { exitCode?: number; reason?: string } {
  return {
    ...(run?.exitCode === undefined ? {} : { exitCode: run.exitCode }),
    ...(run?.reason === undefined ? {} : { reason: run.reason }),
  }
}

function interfacesOf(run: ContainerRun | undefined) {
  return run?.address === undefined ? [] : [{ privateIpv4Address: run.address }]
}

/**
 * The task as submitted, with the places of its containers in the latest attempt, and how they
 * ended.
 */
export function ecsDetail(
  job: Job,
  { properties: { taskProperties = [] } }: EcsTask,
  latest: Attempt | undefined,
  state: State,
): EcsPropertiesDetail {
  const facts = latest ? factsOf(job, latest) : []
  return {
    taskProperties: taskProperties.map((task) => ({
      ...task,
      ...(latest ? placeDetail(latest, state) : {}),
      containers: (task.containers ?? []).map((container, index) => ({
        networkInterfaces: [],
        ...container,
        ...facts[index],
      })),
    })),
  }
}

export function ecsAttempt(job: Job, attempt: EndedAttempt, state: State): AttemptDetail {
  return {
    taskProperties: [{ ...placeDetail(attempt, state), containers: factsOf(job, attempt) }],
    ...endOf(attempt),
  }
}

export function eksDetail(
  job: Job,
  { properties: { podProperties } }: Pod,
  latest: Attempt | undefined,
): EksPropertiesDetail {
  if (!podProperties) return {}
  const { initContainers = [], containers = [] } = podProperties
  const facts = latest ? factsOf(job, latest) : []
  const withEnds = <C>(list: readonly C[], from: number) =>
    list.map((container, index) => ({ ...container, ...endFacts(facts[from + index]) }))
  return {
    podProperties: {
      ...podProperties,
      ...(initContainers.length > 0 ? { initContainers: withEnds(initContainers, 0) } : {}),
      containers: withEnds(containers, initContainers.length),
      ...(latest ? { podName: podName(latest), nodeName: latest.instanceId } : {}),
    },
  }
}

export function eksAttempt(job: Job, { properties: { podProperties } }: Pod, attempt: EndedAttempt): EksAttemptDetail {
  const facts = factsOf(job, attempt).map((one) => ({
    ...(one.name === undefined ? {} : { name: one.name }),
    ...endFacts(one),
  }))
  const inits = podProperties?.initContainers?.length ?? 0
  return {
    containers: facts.slice(inits),
    initContainers: facts.slice(0, inits),
    podName: podName(attempt),
    nodeName: attempt.instanceId,
    ...endOf(attempt),
  }
}

/** AWS Batch names its pods this way. */
function podName({ taskId }: Attempt): string {
  return `aws-batch.${taskId}`
}

function endFacts(facts: AttemptTaskContainerDetails | undefined): { exitCode?: number; reason?: string } {
  return {
    ...(facts?.exitCode === undefined ? {} : { exitCode: facts.exitCode }),
    ...(facts?.reason === undefined ? {} : { reason: facts.reason }),
  }
}

function endOf(attempt: EndedAttempt) {
  return {
    ...(attempt.startedAtMs === undefined ? {} : { startedAt: attempt.startedAtMs }),
    stoppedAt: attempt.stoppedAtMs,
    statusReason: attempt.statusReason,
  }
}
