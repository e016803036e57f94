/**
 * A node of a multi-node job, `id#n`, as a job of its own, which is how AWS Batch describes and
 * lists nodes (docs/aws §5). Nodes have no records: everything known about them is in their job's
 * attempts.
 */
import type { NodeRangeProperty } from '../../model/generated/batch.ts'
import {
  type ContainerRun,
  type ContainerRuns,
  type EndedAttempt,
  type FinishedState,
  type Job,
  type JobSpec,
  type JobState,
  type LiveAttempt,
  type NodePlace,
  parseNodeId,
} from '../../model/job.ts'
import { logDestination } from '../../model/log-destination.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import type { MultiNode } from '../../model/workload.ts'
import { resourcesOfRange, workloadOfRange } from '../workload/multi-node/range.ts'
import { nodeSegments } from '../workload/multi-node/target-nodes.ts'
import { defaultContainerName } from '../workload/task-container.ts'

/** Undefined when the job has no such node. */
export function nodeJob(parent: Job, node: number): Job | undefined {
  const { workload } = parent.spec
  if (workload.kind !== 'multiNode') return undefined
  const range = rangeOf(workload, node)
  if (!range) return undefined
  const { dependsOn: _, ...rest } = parent.spec
  const spec = { ...rest, workload: workloadOfRange(range), resources: resourcesOfRange(range) }
  const attempts = parent.attempts.flatMap((attempt) => endedOnNode(attempt, spec, node) ?? [])
  const { mainNode, numNodes } = workload.properties
  return {
    jobId: `${parent.jobId}#${node}`,
    seq: parent.seq,
    spec,
    node: { index: node, isMain: node === mainNode, numNodes },
    state: stateOfNode(parent, node, attempts.at(-1)),
    attempts,
    tags: {},
    ...(parent.isCancelled ? { isCancelled: true } : {}),
    ...(parent.isTerminated ? { isTerminated: true } : {}),
    ...(parent.stop ? { stop: parent.stop } : {}),
  }
}

/** `jobId` is an id as clients give it. */
export function nodeOf(jobId: string, find: (parentId: string) => Job | undefined): Job | undefined {
  const id = parseNodeId(jobId)
  const parent = id && find(id.parentId)
  return parent && nodeJob(parent, id.node)
}

function rangeOf({ properties }: MultiNode, node: number): NodeRangeProperty | undefined {
  return nodeSegments(properties).find(({ from, to }) => from <= node && node <= to)?.range
}

function stateOfNode(parent: Job, node: number, ended: EndedAttempt | undefined): JobState {
  const { state } = parent
  if (state.status === 'STARTING' || state.status === 'RUNNING') {
    const attempt = liveOnNode(state.attempt, node)
    const runs = Object.values(attempt.containers ?? {})
    const begun = runs.find((run) => run.startedAtMs !== undefined)
    if (begun?.startedAtMs === undefined) return { status: 'STARTING', attempt }
    // A node may end before its job does.
    if (runs.every((run) => run.stoppedAtMs !== undefined)) return endOf(runs, begun.startedAtMs)
    return { status: 'RUNNING', attempt, startedAtMs: begun.startedAtMs }
  }
  if (state.status !== 'SUCCEEDED' && state.status !== 'FAILED') return state
  if (!ended) return { status: 'FAILED', statusReason: state.statusReason, stoppedAtMs: state.stoppedAtMs }
  const runs = Object.values(ended.containers ?? {})
  return ended.startedAtMs === undefined
    ? { status: 'FAILED', statusReason: ended.statusReason, stoppedAtMs: ended.stoppedAtMs }
    : { ...endOf(runs, ended.startedAtMs), statusReason: ended.statusReason }
}

function endOf(runs: readonly ContainerRun[], startedAtMs: number): FinishedState {
  return {
    status: runs.every((run) => run.exitCode === 0) ? 'SUCCEEDED' : 'FAILED',
    statusReason: statusReasons.containerExited,
    startedAtMs,
    stoppedAtMs: Math.max(...runs.map((run) => run.stoppedAtMs ?? 0)),
  }
}

function liveOnNode(attempt: LiveAttempt, node: number): LiveAttempt {
  const { nodes, containers, ...rest } = attempt
  return { ...rest, ...(nodes?.[node] ?? {}), containers: ofNode(containers, node) }
}

/** The attempt as this node saw it. */
function endedOnNode(attempt: EndedAttempt, spec: JobSpec, node: number): EndedAttempt | undefined {
  const { nodes, containers, exitCode: _, reason: __, logStreamName: ___, startedAtMs: ____, ...rest } = attempt
  const place: NodePlace | undefined = nodes?.[node]
  if (!place) return undefined
  const own = ofNode(containers, node)
  const run = Object.values(own)[0]
  const { taskId, instanceId } = place
  const common = { ...rest, taskId, instanceId }
  const begun = run?.startedAtMs === undefined ? {} : { startedAtMs: run.startedAtMs }
  const stoppedAtMs = run?.stoppedAtMs ?? attempt.stoppedAtMs
  const { workload, jobDefinition } = spec
  if (workload.kind !== 'container') return { ...common, ...begun, stoppedAtMs, containers: own }
  const log =
    run?.startedAtMs === undefined
      ? undefined
      : logDestination(workload.properties, jobDefinition, taskId, defaultContainerName)
  return {
    ...common,
    ...begun,
    stoppedAtMs,
    ...(run?.exitCode === undefined ? {} : { exitCode: run.exitCode }),
    ...(run?.reason === undefined ? {} : { reason: run.reason }),
    ...(log ? { logStreamName: log.stream } : {}),
    containers: own,
  }
}

/** The containers under the keys that they would have if the node were a job of its own. */
function ofNode(runs: ContainerRuns | undefined, node: number): ContainerRuns {
  const prefix = `n${node}c`
  return Object.fromEntries(
    Object.entries(runs ?? {}).flatMap(([key, run]) =>
      key.startsWith(prefix) ? [[`n0c${key.slice(prefix.length)}`, run]] : [],
    ),
  )
}
