/**
 * What happened to a job, line by line, with times and causes. The story is read from the job's
 * record, which the store keeps. So it costs a job nothing, and a restart does not change it.
 */
import {
  allowedAttempts,
  type ContainerRuns,
  type EndedAttempt,
  isTerminal,
  type Job,
  type LiveAttempt,
  liveAttempt,
  type StatusSummary,
} from '../../model/job.ts'
import { containerReasons, statusReasons } from '../../model/status-reasons.ts'
import type { StopCause } from '../../model/stop-record.ts'
import type { TimeMs } from '../../model/time.ts'
import { meaningOfExitCode } from './exit-code.ts'

export interface StoryLine {
  /** Absent if the time is not known. */
  readonly atMs?: TimeMs
  readonly kind:
    | 'submitted'
    | 'placed'
    | 'running'
    | 'containerEnded'
    | 'attemptEnded'
    | 'triedAgain'
    | 'stopAsked'
    | 'stopping'
    | 'children'
    | 'finished'
  /** The attempt that the line is about, counted from 1. */
  readonly attempt?: number
  /** A sentence without its full stop. */
  readonly text: string
}

export interface Story {
  readonly lines: readonly StoryLine[]
  /** How many lines are left out in the middle. */
  readonly leftOut: number
}

/** Keeps the first half and the second half of `most`. */
export function storyOf(job: Job, most: number): Story {
  const attempt = liveAttempt(job)
  const lines = [
    submitted(job),
    // Comes before the attempts: an attempt that ends at the moment of the stop ended because of
    // it.
    ...(job.stop?.atMs === undefined ? [] : [stopLine(job.stop)]),
    ...job.attempts.flatMap((ended, index) => endedLines(job, ended, index)),
    ...(attempt ? liveLines(job, attempt) : []),
    ...(job.stop && job.stop.atMs === undefined ? [stopLine(job.stop)] : []),
  ]
  // An engine's clock may be behind. The end stays last.
  const sorted = [...inOrder(lines), ...childLines(job), ...(isTerminal(job.state.status) ? [finishedLine(job)] : [])]
  if (sorted.length <= most) return { lines: sorted, leftOut: 0 }
  const half = Math.floor(most / 2)
  return { lines: [...sorted.slice(0, half), ...sorted.slice(half - most)], leftOut: sorted.length - most }
}

/** Sorts by time. A line without a time stays behind the line that it followed. */
function inOrder(lines: readonly StoryLine[]): StoryLine[] {
  let last = 0
  return lines
    .map((line) => {
      last = line.atMs ?? last
      return { line, atMs: last }
    })
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ line }) => line)
}

function submitted({ spec, arrayIndex }: Job): StoryLine {
  const { owner, jobQueue, jobDefinition, createdAtMs, dependsOn = [], arraySize } = spec
  const size = arraySize !== undefined && arrayIndex === undefined ? ` as an array of ${arraySize}` : ''
  const ids = dependsOn.map(({ jobId, type }) =>
    jobId === undefined ? (type ?? '') : type ? `${jobId} (${type})` : jobId,
  )
  const after = ids.length > 0 ? `, after ${ids.join(', ')}` : ''
  const definition = jobDefinition.slice(jobDefinition.lastIndexOf('/') + 1)
  const text = `submitted by ${owner} to ${jobQueue}${size}, as ${definition}${after}`
  return { atMs: createdAtMs, kind: 'submitted', text }
}

function endedLines(job: Job, ended: EndedAttempt, index: number): StoryLine[] {
  const { number: attempt, instanceId, computeEnvironment, placedAtMs, startedAtMs, stoppedAtMs, nodes } = ended
  const isLast = index === job.attempts.length - 1
  const goesOn = !isLast || !isTerminal(job.state.status)
  const on = nodes ? `${nodes.length} nodes, the main node on ${instanceId}` : instanceId
  return [
    {
      ...(placedAtMs !== undefined && { atMs: placedAtMs }),
      ...{ kind: 'placed', attempt, text: `attempt ${attempt} was placed on ${on} of ${computeEnvironment}` },
    },
    ...(startedAtMs === undefined
      ? []
      : [{ atMs: startedAtMs, kind: 'running', attempt, text: `attempt ${attempt} was running` } as const]),
    ...containerLines(ended.containers ?? {}, attempt),
    {
      atMs: stoppedAtMs,
      kind: 'attemptEnded',
      attempt,
      text: `attempt ${attempt} ended: ${endOf(ended)}${diskOf(ended)}`,
    },
    ...(goesOn ? [{ atMs: stoppedAtMs, kind: 'triedAgain', text: whyAgain(job, ended) } as const] : []),
  ]
}

function containerLines(containers: ContainerRuns, attempt: number): StoryLine[] {
  return Object.entries(containers).flatMap(([key, run]): StoryLine[] =>
    run.stoppedAtMs === undefined
      ? []
      : [{ atMs: run.stoppedAtMs, kind: 'containerEnded', attempt, text: `container ${key} ended: ${endOf(run)}` }],
  )
}

function endOf({
  exitCode,
  reason,
  statusReason,
}: {
  exitCode?: number
  reason?: string
  statusReason?: string
}): string {
  const code =
    exitCode === undefined
      ? []
      : [`exit code ${exitCode} (${meaningOfExitCode(exitCode, reason === containerReasons.outOfMemory)})`]
  return [...code, reason, statusReason].filter((part) => part !== undefined).join('; ') || 'nothing more is known'
}

function diskOf({ scratchMib }: EndedAttempt): string {
  return scratchMib === undefined ? '' : `; it had up to ${scratchMib} MiB on the disk`
}

function whyAgain({ spec }: Job, { requeued, statusReason }: EndedAttempt): string {
  if (requeued) return 'to be tried again: its host was lost, and the operator gives such jobs another attempt'
  if (statusReason === statusReasons.lostToRestore) return 'to be tried again when an administrator releases the job'
  return `to be tried again: its retry strategy allows ${allowedAttempts(spec)} attempts`
}

function liveLines(job: Job, attempt: LiveAttempt): StoryLine[] {
  const { number, hostName, instanceId, computeEnvironment, placedAtMs, spot, nodes, driver } = attempt
  const on = nodes ? `${nodes.length} nodes, the main node on ${hostName}` : hostName
  const terms = spot ? `, on ${spot === 'SPOT' ? 'spot' : 'Fargate spot'} terms` : ''
  const { state } = job
  const stopping = state.status === 'STARTING' || state.status === 'RUNNING' ? state.stopping : undefined
  return [
    {
      ...{ atMs: placedAtMs, kind: 'placed', attempt: number },
      text: `attempt ${number} was placed on ${on} (${instanceId}) of ${computeEnvironment}${terms}; the ${driver} driver starts it`,
    },
    ...(state.status === 'RUNNING'
      ? [{ atMs: state.startedAtMs, kind: 'running', attempt: number, text: `attempt ${number} is running` } as const]
      : []),
    ...containerLines(attempt.containers ?? {}, number),
    ...(stopping && stopping.kind !== 'terminated'
      ? [
          {
            kind: 'stopping',
            attempt: number,
            text: `attempt ${number} is being stopped: ${causeOf(stopping)}`,
          } as const,
        ]
      : []),
  ]
}

function causeOf(cause: Exclude<StopCause, { kind: 'terminated' }>): string {
  switch (cause.kind) {
    case 'timedOut':
      return 'its time is up'
    case 'queueDeleted':
      return 'its queue is being deleted'
    case 'reclaimed':
      return cause.forJobId === undefined ? cause.why : `${cause.why}; job ${cause.forJobId} gets its room`
  }
}

function stopLine({ as, by, reason, atMs }: NonNullable<Job['stop']>): StoryLine {
  const who = by === undefined ? '' : ` by ${by}`
  return { ...(atMs !== undefined && { atMs }), kind: 'stopAsked', text: `${as}${who}: ${reason}` }
}

/** For an ended array: how its children ended. */
function childLines({ state }: Job): StoryLine[] {
  const counts: Partial<StatusSummary> | undefined = 'statusSummary' in state ? state.statusSummary : undefined
  if (!counts) return []
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  return [{ kind: 'children', text: `children: ${some.map(([status, count]) => `${count} ${status}`).join(', ')}` }]
}

function finishedLine({ state }: Job): StoryLine {
  if (!('stoppedAtMs' in state)) throw new Error('a job that ended has no end')
  return { atMs: state.stoppedAtMs, kind: 'finished', text: `${state.status}: ${state.statusReason}` }
}
