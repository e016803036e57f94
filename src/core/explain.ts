/**
 * Why a job waits: read from the state the planner works on, by the planner's own `fit`. Nothing is said that was not computed.
 * Shown as `statusReason`, with AWS's code where one fits (batch-semantics §9.5).
 */
import { countOf, nextChild } from '../model/array-children.ts'
import { type Job, type JobStatus, parseNodeId } from '../model/job.ts'
import type { JobQueue } from '../model/job-queue.ts'
import { describeResources } from '../model/resources.ts'
import { blockedReasons } from '../model/status-reasons.ts'
import { childDependencies, statusNow } from './dependencies.ts'
import { fit, isNever, ledgerOf, type Misfit } from './scheduler/fit.ts'
import { childrenOf, parentOf, type State, waitsForPlace } from './state.ts'

export type WaitReason =
  | Misfit
  | {
      readonly kind: 'behind'
      readonly position: number
      readonly headJobId: string
      readonly head: Misfit | undefined
    }
  | {
      readonly kind: 'dependencies'
      readonly jobs: readonly { readonly jobId: string; readonly status: JobStatus | undefined }[]
      /** Beyond those in `jobs`. */
      readonly more: number
      /** It was cancelled or terminated, and ends when they have. */
      readonly stopping: boolean
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

  /** For a job that waits for others, a RUNNABLE one, or an array parent with children left to start. */
  explain(job: Job): WaitReason | undefined {
    const jobQueue = this.#state.jobQueues.get(job.spec.jobQueue)
    if (!jobQueue) return undefined
    // A node waits with its job.
    if (job.node) return this.#explainNode(job)
    const awaits = this.#awaits(job)
    if (awaits) return awaits
    if (!waitsForPlace(job)) return undefined
    if (jobQueue.status === 'DELETING') return { kind: 'queueBeingDeleted' }
    const ledger = ledgerOf(this.#state)
    const own = fit(this.#state, ledger, jobQueue, job.spec)
    if (isNever(own)) return own
    const { head, positions } = this.#lineOf(jobQueue)
    if (head && head.jobId !== job.jobId)
      return { kind: 'behind', position: positions.get(job.jobId)!, headJobId: head.jobId, head: head.misfit }
    return own.kind === 'fits' ? { kind: 'aboutToStart' } : own
  }

  #explainNode({ jobId }: Job): WaitReason | undefined {
    const parent = this.#state.jobs.get(parseNodeId(jobId)?.parentId ?? '')
    return parent && this.explain(parent)
  }

  #awaits(job: Job): WaitReason | undefined {
    if (job.state.status !== 'PENDING') return undefined
    const stopping = job.state.stopping !== undefined
    const awaited = [...(this.#state.awaited.get(job.jobId) ?? [])]
    if (awaited.length === 0) return childAwaits(this.#state, job)
    const shown = awaited.slice(0, awaitedShown).map((jobId) => ({ jobId, status: statusNow(this.#state, jobId) }))
    return { kind: 'dependencies', jobs: shown, more: awaited.length - shown.length, stopping }
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
      const job = this.#state.jobs.get(jobId)!
      const children = childrenOf(job)
      if (!head) {
        const fits = fit(this.#state, ledger, jobQueue, job.spec)
        // The next pass parks what can never fit: it is in nobody's way.
        if (isNever(fits)) continue
        head = { jobId, misfit: fits.kind === 'fits' ? undefined : fits }
      }
      positions.set(jobId, next)
      next += children ? countOf(children, 'RUNNABLE') : 1
    }
    line = { head, positions }
    this.#lines.set(jobQueue.name, line)
    return line
  }
}

/** Jobs named in one reason. */
const awaitedShown = 3

/** Of a child that has no record: `jobId` is its own, its state the array's word. */
function childAwaits(state: State, job: Job): WaitReason | undefined {
  const parent = job.arrayIndex === undefined ? undefined : parentOf(state, job)
  if (!parent) return undefined
  const own = state.awaited.get(parent.jobId)
  const ids = own ? [...own] : childDependencies(parent, job.arrayIndex!)
  const waiting = ids
    .map((jobId) => ({ jobId, status: statusNow(state, jobId) }))
    .filter((it) => it.status !== 'SUCCEEDED')
  if (waiting.length === 0) return undefined
  return {
    kind: 'dependencies',
    jobs: waiting.slice(0, awaitedShown),
    more: Math.max(0, waiting.length - awaitedShown),
    stopping: false,
  }
}

interface Line {
  /** The first job that capacity as it stands could ever hold: the one the others wait behind. */
  readonly head: { readonly jobId: string; readonly misfit: Misfit | undefined } | undefined
  /** From 1; an array counts for all its children that wait. */
  readonly positions: ReadonlyMap<string, number>
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
    case 'consumableShort':
      return `Waiting for consumable resource ${reason.name}: needs ${reason.wanted}, ${reason.available} available.`
    case 'hostsBusy':
      return `Waiting for capacity: needs ${describeResources(reason.wanted)}; the host with the most room has ${describeResources(reason.largestFree)} free.`
    case 'behind':
      return `Waiting for its turn: position ${reason.position} in the queue, behind job ${reason.headJobId}.${reason.head ? ` That job: ${waitText(reason.head)}` : ''}`
    case 'dependencies': {
      const named = reason.jobs.map(({ jobId, status }) => `${jobId}${status ? ` (${status})` : ''}`).join(', ')
      const more = reason.more > 0 ? ` and ${reason.more} more` : ''
      return `${reason.stopping ? 'Ending as soon as the jobs it depends on have ended' : 'Waiting for jobs it depends on'}: ${named}${more}.`
    }
    case 'queueBeingDeleted':
      return 'Ending: its job queue is being deleted.'
    case 'aboutToStart':
      return 'About to start.'
  }
}
