/**
 * Why a job waits: read from the state the planner works on, by the planner's own `fit`. Nothing is said that was not computed.
 * Shown as `statusReason`, with AWS's code where one fits (batch-semantics §9.5).
 */
import { type Job, jobStatuses } from '../model/job.ts'
import { describeResources } from '../model/resources.ts'
import { blockedReasons } from '../model/status-reasons.ts'
import { fit, ledgerOf, type Misfit } from './scheduler/fit.ts'
import type { State } from './state.ts'

export type WaitReason =
  | Misfit
  | {
      readonly kind: 'behind'
      readonly position: number
      readonly headJobId: string
      readonly head: Misfit | undefined
    }
  /** It fits, and the next scheduling pass will place it. */
  | { readonly kind: 'aboutToStart' }

/** Explains jobs of one moment: positions in a queue are counted once for all of them. */
export class Explainer {
  readonly #state: State
  readonly #positions = new Map<string, Map<string, number>>()

  constructor(state: State) {
    this.#state = state
  }

  /** For a RUNNABLE job, or an array parent with children left to start. */
  explain(job: Job): WaitReason | undefined {
    const jobQueue = this.#state.jobQueues.get(job.spec.jobQueue)
    if (!jobQueue || !waits(job)) return undefined
    const ledger = ledgerOf(this.#state)
    const own = fit(this.#state, ledger, jobQueue, job.spec.resources)
    if (own.kind === 'exceedsHosts' || own.kind === 'exceedsMaxvCpus') return own
    const positions = this.#positionsIn(jobQueue.name)
    const position = positions.get(job.jobId) ?? 1
    if (position > 1) {
      const headJobId = positions.keys().next().value!
      const head = fit(this.#state, ledger, jobQueue, this.#state.jobs.get(headJobId)!.spec.resources)
      return { kind: 'behind', position, headJobId, head: head.kind === 'fits' ? undefined : head }
    }
    return own.kind === 'fits' ? { kind: 'aboutToStart' } : own
  }

  /** From 1; an array counts for all its children that have not started. */
  #positionsIn(jobQueue: string): Map<string, number> {
    let positions = this.#positions.get(jobQueue)
    if (positions) return positions
    positions = new Map()
    const waiting = this.#state.waiting.get(jobQueue)
    let next = 1
    for (const jobId of waiting ? [...waiting.retried, ...waiting.fresh] : []) {
      positions.set(jobId, next)
      const { state } = this.#state.jobs.get(jobId)!
      next += state.status === 'PENDING' ? state.children.counts[jobStatuses.indexOf('RUNNABLE')]! : 1
    }
    this.#positions.set(jobQueue, positions)
    return positions
  }
}

function waits(job: Job): boolean {
  if (job.state.status === 'RUNNABLE') return true
  return job.state.status === 'PENDING' && job.state.children.counts[jobStatuses.indexOf('RUNNABLE')]! > 0
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
    case 'aboutToStart':
      return 'About to start.'
  }
}
