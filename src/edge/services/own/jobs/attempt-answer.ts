/** The attempts of a job for an answer, with what their exit codes mean and where their output is. */
import { namesByPart } from '../../../../core/explain/ending.ts'
import { meaningOfExitCode } from '../../../../core/explain/exit-code.ts'
import { tasksOf } from '../../../../core/workload/tasks.ts'
import {
  type ContainerRuns,
  type EndedAttempt,
  type Job,
  type LiveAttempt,
  liveAttempt,
  nodeOfPartKey,
  partKey,
} from '../../../../model/job.ts'
import { logDestination } from '../../../../model/log-destination.ts'
import { containerReasons } from '../../../../model/status-reasons.ts'
import type { ContainerAnswer, JobAttemptAnswer, LogStreamAnswer } from '../../../../wire/job.ts'

/** The oldest first; the one under way last. */
export function attemptsOf(job: Job): JobAttemptAnswer[] {
  const ended = job.attempts.map((attempt) => endedAttempt(job, attempt))
  const live = liveAttempt(job)
  return live ? [...ended, runningAttempt(job, live)] : ended
}

function endedAttempt(job: Job, attempt: EndedAttempt): JobAttemptAnswer {
  const { number, computeEnvironment, instanceId, placedAtMs, startedAtMs, requeued } = attempt
  return {
    ...{ attempt: number, state: 'ENDED', computeEnvironment, instanceId },
    ...(placedAtMs !== undefined && { placedAtMs }),
    ...(startedAtMs !== undefined && { startedAtMs }),
    ...{ stoppedAtMs: attempt.stoppedAtMs, ...outcomeOf(attempt), statusReason: attempt.statusReason },
    ...(requeued && { requeued }),
    logs: logsOf(job, attempt, attempt.logStreamName !== undefined),
    ...containersOf(job, attempt.containers),
  }
}

function runningAttempt(job: Job, attempt: LiveAttempt): JobAttemptAnswer {
  const { number, computeEnvironment, instanceId, hostName, placedAtMs, spot, containers } = attempt
  const { state } = job
  return {
    ...{ attempt: number, state: state.status === 'RUNNING' ? 'RUNNING' : 'STARTING', computeEnvironment },
    ...{ instanceId, hostName, spot: spot !== undefined, placedAtMs },
    ...(state.status === 'RUNNING' && { startedAtMs: state.startedAtMs }),
    logs: logsOf(job, attempt, state.status === 'RUNNING'),
    ...containersOf(job, containers),
  }
}

function outcomeOf({ exitCode, reason }: { exitCode?: number; reason?: string }) {
  return {
    ...(exitCode !== undefined && {
      exitCode,
      exitCodeMeaning: meaningOfExitCode(exitCode, reason === containerReasons.outOfMemory),
    }),
    ...(reason !== undefined && { reason }),
  }
}

/** `hasBegun`: whether the only container of a job of one has written to its stream. */
function logsOf(job: Job, attempt: LiveAttempt | EndedAttempt, hasBegun: boolean): LogStreamAnswer[] {
  const { workload, jobDefinition } = job.spec
  if (workload.kind === 'container') {
    const log = hasBegun ? logDestination(workload.properties, jobDefinition, attempt.taskId) : undefined
    return log ? [{ group: log.group, stream: log.stream }] : []
  }
  return tasksOf(job.spec).flatMap(({ from, to, containers }) =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at).flatMap((node) =>
      containers.flatMap(({ name, container }, index) => {
        const begun = attempt.containers?.[partKey({ node, container: index })]?.startedAtMs !== undefined
        const taskId = attempt.nodes?.[node]?.taskId ?? attempt.taskId
        const named = workload.kind === 'multiNode' && containers.length === 1 ? undefined : name
        const log = begun ? logDestination(container, jobDefinition, taskId, named) : undefined
        return log ? [{ group: log.group, stream: log.stream, container: name }] : []
      }),
    ),
  )
}

function containersOf(job: Job, runs: ContainerRuns | undefined): { readonly containers?: readonly ContainerAnswer[] } {
  if (!runs || Object.keys(runs).length === 0) return {}
  const names = namesByPart(tasksOf(job.spec))
  return {
    containers: Object.entries(runs).map(([key, run]) => ({
      name: names.get(key) ?? key,
      ...(job.spec.workload.kind === 'multiNode' && { node: nodeOfPartKey(key) }),
      ...(run.startedAtMs !== undefined && { startedAtMs: run.startedAtMs }),
      ...(run.stoppedAtMs !== undefined && { stoppedAtMs: run.stoppedAtMs }),
      ...outcomeOf(run),
    })),
  }
}
