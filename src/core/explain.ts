/**
 * Why a job waits: read from the state the planner works on, by the planner's own `fit`. Nothing is said that was not computed.
 * Shown as `statusReason`, with AWS's code where one fits (batch-semantics §9.5).
 */
import { type Job, jobStatuses } from '../model/job.ts'
import type { JobQueue } from '../model/job-queue.ts'
import { describeResources } from '../model/resources.ts'
import { blockedReasons } from '../model/status-reasons.ts'
import { fit, isNever, ledgerOf, type Misfit } from './scheduler/fit.ts'
import { nextChild, type State } from './state.ts'

export type WaitReason =
  | Misfit
  | {
      readonly kind: 'behind'
      readonly position: number
      readonly headJobId: string
      readonly head: Misfit | undefined
    }
  | { readonly kind: 'queueBeingDeleted' }
  /** It fits, and the next scheduling pass will place it. */
  | { readonly kind: 'aboutToStart' }

/** Explains jobs of one moment: positions in a queue are counted once for all of them. */
export class Explainer {
  readonly #state: State
  readonly #lines = new Map<string, Line>()

  constructor(state: State) {
    this.#state = state
  }

  /** For a RUNNABLE job, or an array parent with children left to start. */
  explain(job: Job): WaitReason | undefined {
    const jobQueue = this.#state.jobQueues.get(job.spec.jobQueue)
    if (!jobQueue || !waits(job)) return undefined
    if (jobQueue.status === 'DELETING') return { kind: 'queueBeingDeleted' }
    const ledger = ledgerOf(this.#state)
    const own = fit(this.#state, ledger, jobQueue, job.spec.resources)
    if (isNever(own)) return own
    const { head, positions } = this.#lineOf(jobQueue)
    if (head && head.jobId !== job.jobId)
      return { kind: 'behind', position: positions.get(job.jobId)!, headJobId: head.jobId, head: head.misfit }
    return own.kind === 'fits' ? { kind: 'aboutToStart' } : own
  }

  #lineOf(jobQueue: JobQueue): Line {
    let line = this.#lines.get(jobQueue.name)
    if (line) return line
    const ledger = ledgerOf(this.#state)
    const waiting = this.#state.waiting.get(jobQueue.name)
    const positions = new Map<string, number>()
    let head: Line['head']
    let next = 1
    for (const jobId of waiting ? [...waiting.retried, ...waiting.fresh] : []) {
      const { state, spec } = this.#state.jobs.get(jobId)!
      if (!head) {
        const fits = fit(this.#state, ledger, jobQueue, spec.resources)
        // The next pass parks what can never fit: it is in nobody's way.
        if (isNever(fits)) continue
        head = { jobId, misfit: fits.kind === 'fits' ? undefined : fits }
      }
      positions.set(jobId, next)
      next += state.status === 'PENDING' ? state.children.counts[jobStatuses.indexOf('RUNNABLE')]! : 1
    }
    line = { head, positions }
    this.#lines.set(jobQueue.name, line)
    return line
  }
}

interface Line {
  /** The first job that capacity as it stands could ever hold: the one the others wait behind. */
  readonly head: { readonly jobId: string; readonly misfit: Misfit | undefined } | undefined
  /** From 1; an array counts for all its children that wait. */
  readonly positions: ReadonlyMap<string, number>
}

function waits(job: Job): boolean {
  if (job.state.status === 'RUNNABLE') return true
  return job.state.status === 'PENDING' && nextChild(job.state.children) !== undefined
}

/** The reason as a sentence; AWS's text comes first where AWS has one, since clients look for it. */
export function waitText(reason: WaitReason): string {
  switch (reason.kind) {
    case 'exceedsMaxvCpus':
      return `${blockedReasons.maxvCpus} The job asks for ${reason.wanted.vcpus} vCPU; maxvCpus is ${reason.maxvCpus}.`
    case 'exceedsHosts':
      return `${blockedReasons.neverFits} The job asks for ${describeResources(reason.wanted)}; the largest host has ${describeResources(reason.largest)}.`
    case 'environmentsInvalid':
      return `${blockedReasons.environmentsInvalid} Not VALID: ${reason.names.join(', ')}.`
    case 'environmentsDisabled':
      return `Waiting: the compute environment ${reason.names.join(', ')} is DISABLED.`
    case 'engineAway':
      return `Waiting for the engine: the ${reason.driver} driver cannot be reached (${reason.why}).`
    case 'maxvCpusInUse':
      return `Waiting for capacity: needs ${reason.wanted.vcpus} vCPU; ${reason.inUse} of the ${reason.maxvCpus} maxvCpus of ${reason.computeEnvironment} are in use.`
    case 'hostsBusy':
      return `Waiting for capacity: needs ${describeResources(reason.wanted)}; the host with the most room has ${describeResources(reason.largestFree)} free.`
    case 'behind':
      return `Waiting for its turn: position ${reason.position} in the queue, behind job ${reason.headJobId}.${reason.head ? ` That job: ${waitText(reason.head)}` : ''}`
    case 'queueBeingDeleted':
      return 'Ending: its job queue is being deleted.'
    case 'aboutToStart':
      return 'About to start.'
  }
}
