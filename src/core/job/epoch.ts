/**
 * A new epoch: the database was restored from a backup, and does not know what happened since.
 * Every job that had not ended is held. Attempts that the engines still have are adopted. The rest
 * runs again only when an administrator releases it.
 */
import { childStatus, hasRecord } from '../../model/array-children.ts'
import {
  attemptName,
  isTerminal,
  type Job,
  jobIdOfAttemptName,
  type LiveAttempt,
  liveAttempt,
  parseChildId,
} from '../../model/job.ts'
import { refuse } from '../../model/refusal.ts'
import { statusReasons } from '../../model/status-reasons.ts'
import type { TimeMs } from '../../model/time.ts'
import { accept, type Command, type Given } from '../decision.ts'
import type { Event } from '../events.ts'
import { childrenOf } from '../state/children.ts'
import type { State } from '../state/state.ts'
import { endedAttempt } from './attempt.ts'
import { stoppingOf } from './stopping.ts'

/** Returns how many jobs are held now. */
export function holdAll(): Command<number> {
  return ({ jobs }) => {
    const events: Event[] = []
    // What ended in this very turn has not left memory yet.
    for (const { jobId, held, state } of jobs.values())
      if (!held && !isTerminal(state.status)) events.push({ type: 'jobHeld', jobId })
    return accept(events.length, events)
  }
}

export interface Matched {
  readonly adopted: number
  /** Attempts that were live in the backup and that the driver no longer has. */
  readonly lost: number
  /**
   * Names of attempts that the driver has, but that this installation does not know or cannot
   * adopt.
   */
  readonly leftAlone: readonly string[]
}

/** `names` are all attempts of the driver. */
export function matchAttempts(driver: string, names: readonly string[]): Command<Matched> {
  return (state, given) => {
    const newest = newestByJob(names)
    const events: Event[] = []
    const taken = new Set<string>()
    let [adopted, lost] = [0, 0]
    let seq = state.nextSeq
    for (const job of state.jobs.values()) {
      const attempt = liveAttempt(job)
      if (!job.held || attempt?.driver !== driver) continue
      const number = newest.get(job.jobId) ?? 0
      if (number > attempt.number) {
        const place = { ...attempt, containers: undefined }
        events.push(lostSince(job, attempt, given.now), placed(job.jobId, place, number, given))
      }
      // An attempt that must end anyway is followed as usual: the driver says that it is gone, and
      // it ends.
      const stopping = stoppingOf(job)
      if (number >= attempt.number || (stopping && stopping.kind !== 'reclaimed')) {
        events.push({ type: 'jobReleased', jobId: job.jobId })
        taken.add(job.jobId)
        adopted++
      } else {
        events.push(lostSince(job, attempt, given.now))
        lost++
      }
    }
    for (const [jobId, number] of newest) {
      if (taken.has(jobId)) continue
      const child = unspawnedChild(state, jobId)
      const job = state.jobs.get(jobId) ?? child?.array
      const place = job && placeOn(state, job, driver)
      if (!job?.held || !place || liveAttempt(job) || number <= lastNumber(child ? undefined : job)) continue
      if (!child && job.state.status !== 'RUNNABLE') continue
      if (child) events.push({ type: 'childSpawned', jobId, seq: seq++, index: child.index, atMs: given.now })
      events.push(placed(jobId, place, number, given))
      // A child that is spawned now was never held itself.
      if (!child) events.push({ type: 'jobReleased', jobId })
      taken.add(jobId)
      adopted++
    }
    const leftAlone = names.filter((name) => {
      const jobId = jobIdOfAttemptName(name)?.jobId ?? ''
      return !taken.has(jobId) && !isKnown(state, jobId)
    })
    return accept({ adopted, lost, leftAlone }, events)
  }
}

export interface Released {
  readonly released: number
  /**
   * Ids of the jobs that stay held, because a driver still has attempts of them that could not be
   * adopted.
   */
  readonly stayHeld: readonly string[]
}

/**
 * Releases `jobIds`, or all held jobs if undefined. An array is released with its children. `busy`
 * are jobs of which drivers have attempts left alone.
 */
export function releaseJobs(jobIds: readonly string[] | undefined, busy: ReadonlySet<string>): Command<Released> {
  return (state) => {
    const unknown = jobIds?.find((id) => !state.jobs.get(id)?.held)
    if (unknown !== undefined) return refuse(`Job ${unknown} is not held.`, 404)
    const wanted = jobIds && new Set(jobIds)
    const events: Event[] = []
    const stayHeld: string[] = []
    for (const { jobId, held } of state.jobs.values()) {
      const arrayId = parseChildId(jobId)?.parentId ?? ''
      if (!held || (wanted && !wanted.has(jobId) && !wanted.has(arrayId))) continue
      if (liveAttempt(state.jobs.get(jobId)!) || isBusy(jobId, busy)) stayHeld.push(jobId)
      else events.push({ type: 'jobReleased', jobId })
    }
    return accept({ released: events.length, stayHeld }, events)
  }
}

function isBusy(jobId: string, busy: ReadonlySet<string>): boolean {
  return busy.has(jobId) || [...busy].some((id) => id.startsWith(`${jobId}:`))
}

function newestByJob(names: readonly string[]): Map<string, number> {
  const newest = new Map<string, number>()
  for (const name of names) {
    const parsed = jobIdOfAttemptName(name)
    if (parsed) newest.set(parsed.jobId, Math.max(parsed.attempt, newest.get(parsed.jobId) ?? 0))
  }
  return newest
}

/** Its end is not known. It is not retried automatically, whatever its strategy says. */
function lostSince(job: Job, attempt: LiveAttempt, now: TimeMs): Event {
  const ended = endedAttempt(job, attempt, { kind: 'lost' }, undefined, now)
  return {
    type: 'attemptEnded',
    jobId: job.jobId,
    ended: { ...ended, statusReason: statusReasons.lostToRestore },
    next: { status: 'RUNNABLE', sinceMs: now },
  }
}

function placed(
  jobId: string,
  place: Omit<LiveAttempt, 'number' | 'name' | 'taskId' | 'placedAtMs' | 'containers'>,
  number: number,
  { now, newId }: Given,
): Event {
  const taskId = newId().replaceAll('-', '')
  const attempt = { ...place, number, name: attemptName(jobId, number), taskId, placedAtMs: now }
  return { type: 'attemptPlaced', jobId, attempt }
}

/** Only its driver is known, not its exact place. Its resources are still booked there. */
function placeOn(state: State, { spec }: Job, driver: string) {
  const names = state.jobQueues.get(spec.jobQueue)?.computeEnvironments ?? []
  const environment = names.map((name) => state.computeEnvironments.get(name)).find((it) => it?.driver === driver)
  const host = state.drivers.get(driver)?.hosts[0]
  // Nodes may be anywhere, and their addresses depend on it.
  if (!environment || !host || spec.workload.kind === 'multiNode') return undefined
  return {
    computeEnvironment: environment.name,
    driver,
    hostName: host.hostName,
    instanceId: host.instanceId,
    ...(environment.spot ? { spot: environment.spot.kind } : {}),
  }
}

function unspawnedChild(state: State, jobId: string): { array: Job; index: number } | undefined {
  const parsed = parseChildId(jobId)
  const array = parsed && state.jobs.get(parsed.parentId)
  const children = childrenOf(array)
  if (!parsed || !array || !children || hasRecord(children, parsed.index)) return undefined
  return childStatus(children, parsed.index) === 'RUNNABLE' ? { array, index: parsed.index } : undefined
}

function lastNumber(job: Job | undefined): number {
  return job?.attempts.at(-1)?.number ?? 0
}

/** Whether the job is live and not held, so that its attempt is followed. */
function isKnown(state: State, jobId: string): boolean {
  const job = state.jobs.get(jobId)
  return job !== undefined && !job.held
}
