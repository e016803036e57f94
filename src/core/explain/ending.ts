/**
 * How an ended job came to its end: the last attempt, the meaning of its exit code, and why there
 * was no further attempt.
 */
import { type EndedAttempt, isTerminal, type Job, nodeOfPartKey, parseChildId, partKey } from '../../model/job.ts'
import { logDestination } from '../../model/log-destination.ts'
import { containerReasons, statusReasons } from '../../model/status-reasons.ts'
import { meaningOfExitCode } from './exit-code.ts'

export interface Ending {
  /** From 1; absent when no attempt ran. */
  readonly attempt?: number
  /** Attempts that the retry strategy allows. */
  readonly attemptsAllowed: number
  readonly exitCode?: number
  readonly exitCodeMeaning?: string
  /** The container's reason, as the engine gives it. */
  readonly reason?: string
  /** The containers of a task, a pod or nodes that did not end well, the first `mostNamed`. */
  readonly failedContainers?: readonly FailedContainer[]
  /** Why a failed job was not tried again. */
  readonly notRetried?: string
  /** Ids of the jobs that it waited for and that failed, the first `mostNamed`. */
  readonly failedDependencies?: readonly string[]
  /** Ids of an array's failed children, the first `mostNamed`. */
  readonly failedChildren?: readonly string[]
  /** Where its output is. */
  readonly log?: { readonly group: string; readonly stream: string }
}

export interface FailedContainer {
  readonly name: string
  /** Set for a multi-node job. */
  readonly node?: number
  readonly exitCode?: number
  readonly exitCodeMeaning?: string
  readonly reason?: string
}

const mostNamed = 5

/** What cannot be read from the job itself. */
export interface EndingSources {
  readonly find: (jobId: string) => Job | undefined
  /** The failed children of an array, in order. */
  readonly failedChildren: (jobId: string, limit: number) => readonly Job[]
  /** The names of its containers, by `partKey`. */
  readonly containerNames: (job: Job) => ReadonlyMap<string, string>
}

/** Undefined for a job that has not ended. */
export function endingOf(job: Job, sources: EndingSources): Ending | undefined {
  if (!isTerminal(job.state.status)) return undefined
  const attempt = job.attempts.at(-1)
  const failed = job.state.status === 'FAILED'
  const attemptsAllowed = job.spec.retryStrategy?.attempts ?? 1
  return {
    attemptsAllowed,
    ...(attempt && { attempt: attempt.number, ...outcomeOf(attempt), ...containersOf(job, attempt, sources) }),
    ...(failed && attempt && { notRetried: whyNotRetried(job, attempt, attemptsAllowed) }),
    ...(failed && !attempt && dependenciesOf(job, sources)),
    ...(failed && job.spec.arraySize !== undefined && job.arrayIndex === undefined && childrenOf(job, sources)),
    ...(attempt?.logStreamName !== undefined && logOf(job, attempt)),
  }
}

function outcomeOf({ exitCode, reason }: Pick<EndedAttempt, 'exitCode' | 'reason'>) {
  return {
    ...(exitCode !== undefined && {
      exitCode,
      exitCodeMeaning: meaningOfExitCode(exitCode, reason === containerReasons.outOfMemory),
    }),
    ...(reason !== undefined && { reason }),
  }
}

function containersOf(job: Job, { containers }: EndedAttempt, { containerNames }: EndingSources): Partial<Ending> {
  const failed = Object.entries(containers ?? {}).filter(([, run]) => run.exitCode !== 0)
  if (failed.length === 0) return {}
  const names = containerNames(job)
  return {
    failedContainers: failed.slice(0, mostNamed).map(([key, run]) => ({
      name: names.get(key) ?? key,
      ...(job.spec.workload.kind === 'multiNode' && { node: nodeOfPartKey(key) }),
      ...outcomeOf(run),
    })),
  }
}

function whyNotRetried(job: Job, attempt: EndedAttempt, allowed: number): string {
  if (job.stop) return `it was ${job.stop.as}, and what was is not tried again`
  if (attempt.statusReason === statusReasons.timedOut) return 'a job that timed out is not tried again'
  // What the operator gave after a lost host took nothing of what the strategy allows.
  if (job.attempts.filter(({ requeued }) => !requeued).length >= allowed)
    return allowed === 1 ? 'its retry strategy allows 1 attempt' : `its retry strategy allows ${allowed} attempts`
  return 'an entry of its retry strategy’s evaluateOnExit says EXIT'
}

function dependenciesOf(job: Job, { find }: EndingSources): Partial<Ending> {
  if (job.state.status !== 'FAILED' || job.state.statusReason !== statusReasons.dependencyFailed) return {}
  const child = parseChildId(job.jobId)
  const failed = (job.spec.dependsOn ?? []).flatMap(({ jobId, type }) => {
    if (jobId === undefined) return child && type === 'SEQUENTIAL' ? [`${child.parentId}:${child.index - 1}`] : []
    return type === 'N_TO_N' && child ? [`${jobId}:${child.index}`] : [jobId]
  })
  const found = failed.filter((jobId) => find(jobId)?.state.status === 'FAILED')
  return found.length > 0 ? { failedDependencies: found.slice(0, mostNamed) } : {}
}

function childrenOf(job: Job, { failedChildren }: EndingSources): Partial<Ending> {
  const failed = failedChildren(job.jobId, mostNamed).map(({ jobId }) => jobId)
  return failed.length > 0 ? { failedChildren: failed } : {}
}

function logOf({ spec: { workload, jobDefinition } }: Job, { taskId }: EndedAttempt): Partial<Ending> {
  const log = workload.kind === 'container' ? logDestination(workload.properties, jobDefinition, taskId) : undefined
  return log ? { log: { group: log.group, stream: log.stream } } : {}
}

/** The names of a job's containers by `partKey`, for `EndingSources`. */
export function namesByPart(
  tasks: readonly {
    readonly from: number
    readonly to: number
    readonly containers: readonly { readonly name: string }[]
  }[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { from, to, containers } of tasks)
    for (let node = from; node <= to; node++)
      for (const [container, { name }] of containers.entries()) names.set(partKey({ node, container }), name)
  return names
}
