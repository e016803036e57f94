/**
 * Explains why a job waits. The reasons come from the plan that the planner makes of this very
 * state, so the explanation is what decides. It says only what was computed. `statusReason` shows
 * it, with AWS's code where one fits (docs/aws §9.5), and `openbatch why` shows it in full.
 */
import { childStatus, countOf, nextChild } from '../../model/array-children.ts'
import { type Job, type JobSpec, type JobStatus, parseNodeId } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { noResources, type Resources } from '../../model/resources.ts'
import type { TimeMs } from '../../model/time.ts'
import { Draft } from '../scheduler/draft.ts'
import { type EnvironmentMisfit, fit, isNever, type Misfit } from '../scheduler/fit.ts'
import { Concurrency } from '../scheduler/held-back.ts'
import { type Plan, plan } from '../scheduler/plan.ts'
import { askedBy } from '../state/asked.ts'
import { childrenOf, parentOf } from '../state/children.ts'
import { childDependencies, statusNow } from '../state/dependencies.ts'
import { waitsForPlace } from '../state/lines.ts'
import { averageAt, decaySeconds, weightOf } from '../state/shares.ts'
import type { State } from '../state/state.ts'
import { Positions } from './positions.ts'
import type { ShareStanding, WaitReason } from './wait-reason.ts'

/** Placements of the plan that explains: as many as one scheduling pass makes. */
const placementsShown = 256
/** Jobs named in one reason. */
const jobsShown = 3

interface Holders {
  readonly holders?: readonly string[]
  readonly moreHolders?: number
}

/**
 * Explains jobs at one moment. What jobs share is found once for all of them: the plan, what equal
 * requests would wait for alone, and who holds the room of a host. So a page of explanations costs
 * about the same whatever the size of the hosts and the number of waiting jobs.
 */
export class Explainer {
  readonly #state: State
  readonly #now: TimeMs
  #plan: { readonly plan: Plan; readonly placed: ReadonlySet<string> } | undefined
  readonly #positions: Positions
  readonly #concurrency: Concurrency
  /** A draft that gives nothing away. Its fits are those of jobs that are alone. */
  readonly #alone: Draft
  readonly #own = new Map<string, Misfit | undefined>()
  readonly #told = new Map<Misfit, readonly WaitReason[]>()
  readonly #holders = new Map<string, Holders>()

  constructor(state: State, now: TimeMs) {
    this.#state = state
    this.#now = now
    this.#positions = new Positions(state, (jobQueue, spec) => {
      const own = this.#ownOf(jobQueue, spec)
      return own !== undefined && isNever(own)
    })
    this.#concurrency = new Concurrency(state)
    this.#alone = new Draft(state)
  }

  /** Returns the first reason; undefined for a job that waits for nothing. */
  explain(job: Job): WaitReason | undefined {
    return this.why(job)[0]
  }

  /**
   * Returns everything that holds the job back, the first obstacle first: its dependencies; then
   * what it would wait for alone, or its turn and then that.
   */
  why(job: Job): WaitReason[] {
    // A node waits with its job.
    if (job.node) return this.#whyOf(this.#state.jobs.get(parseNodeId(job.jobId)?.parentId ?? ''))
    return this.#whyOf(job)
  }

  /**
   * Returns the job that holds back all jobs behind it in the queue, or the array whose child does.
   */
  headOf(jobQueue: string): Job | undefined {
    return this.#state.jobs.get(this.#made().plan.heads.get(jobQueue) ?? '')
  }

  /** Whether the plan stopped at its limit of placements. It then does not know all heads. */
  get isPartial(): boolean {
    return this.#made().plan.truncated
  }

  #whyOf(job: Job | undefined): WaitReason[] {
    const reasons = this.#waitsOf(job)
    return job && childrenOf(job) ? reasons.map((reason) => ofArray(reason, job)) : reasons
  }

  #waitsOf(job: Job | undefined): WaitReason[] {
    const jobQueue = job && this.#state.jobQueues.get(job.spec.jobQueue)
    if (!jobQueue) return []
    const holder = this.#waitingFor(job)
    const held: WaitReason[] = holder.held ? [{ kind: 'held', jobId: holder.jobId }] : []
    const awaits = this.#awaits(job)
    if (awaits) return [...held, awaits]
    if (held.length > 0) return held
    if (!waitsForPlace(job)) return []
    if (jobQueue.status === 'DELETING') return [{ kind: 'queueBeingDeleted' }]
    const waiting = this.#waitingFor(job)
    const own = this.#ownOf(jobQueue, waiting.spec)
    if (own && isNever(own)) return [...this.#tell(own)]
    const { plan: made, placed } = this.#made()
    if (placed.has(job.jobId)) return [{ kind: 'aboutToStart' }]
    const misfit = made.misfits.get(waiting.jobId)
    if (misfit) return [...this.#behindSiblings(waiting, job.arrayIndex, misfit), ...this.#tell(misfit)]
    const atLimit = made.usersAtLimit.get(waiting.spec.owner)
    if (atLimit) return [...this.#tell(atLimit), ...(own ? this.#tell(own) : [])]
    const headJobId = made.heads.get(jobQueue.name)
    if (headJobId === undefined) return [{ kind: 'aboutToStart' }]
    const share = this.#standing(jobQueue, waiting)
    const head = made.misfits.get(headJobId)
    const behind: WaitReason = {
      kind: 'behind',
      position: this.#positions.positionOf(jobQueue, waiting) + this.#positions.childrenBefore(waiting, job.arrayIndex),
      headJobId,
      head: head && withoutElsewhere(head),
      ...(share ? { share } : {}),
    }
    const limit = this.#concurrency.limitOf(jobQueue, waiting)
    return [behind, ...(limit ? [limit] : []), ...(own ? this.#tell(own) : [])]
  }

  /** The children before this one, for an array whose turn it is. */
  #behindSiblings(array: Job, arrayIndex: number | undefined, misfit: Misfit): WaitReason[] {
    const before = this.#positions.childrenBefore(array, arrayIndex)
    const next = childrenOf(array) && nextChild(childrenOf(array)!)
    if (before === 0 || next === undefined) return []
    const headJobId = `${array.jobId}:${next}`
    return [{ kind: 'behind', position: before + 1, headJobId, head: withoutElsewhere(misfit) }]
  }

  /** What stands in the queue for the job: itself, or the array of a child without a record. */
  #waitingFor(job: Job): Job {
    return this.#state.jobs.get(job.jobId) ?? parentOf(this.#state, job) ?? job
  }

  #made() {
    if (!this.#plan) {
      const made = plan(this.#state, this.#now, placementsShown)
      this.#plan = { plan: made, placed: placedBy(made) }
    }
    return this.#plan
  }

  /** What the job would wait for if it were alone. */
  #ownOf(jobQueue: JobQueue, spec: JobSpec): Misfit | undefined {
    const key = `${jobQueue.name} ${askedBy(spec)}`
    if (!this.#own.has(key)) {
      const result = fit(this.#alone, jobQueue, spec)
      this.#own.set(key, result.kind === 'fits' ? undefined : result)
    }
    return this.#own.get(key)
  }

  /** The environment with the nearest chance comes first, then the queue's other environments. */
  #tell(misfit: Misfit): readonly WaitReason[] {
    let told = this.#told.get(misfit)
    if (!told) {
      const others = (misfit.elsewhere ?? []).map(({ computeEnvironment, misfit: other }) => ({
        ...this.#withHolders(other),
        elsewhere: computeEnvironment,
      }))
      told = [this.#withHolders(withoutElsewhere(misfit)), ...others]
      this.#told.set(misfit, told)
    }
    return told
  }

  #withHolders(misfit: EnvironmentMisfit): Extract<WaitReason, EnvironmentMisfit> {
    if (misfit.kind !== 'hostsBusy') return misfit
    const driver = this.#state.computeEnvironments.get(misfit.computeEnvironment)?.driver
    return driver === undefined
      ? misfit
      : { ...misfit, ...this.#holdersOf(driver, misfit.nodes === undefined ? misfit.wanted : noResources) }
  }

  /**
   * Returns who holds the room on the host with the most room, among the hosts that could hold that
   * much.
   */
  #holdersOf(driver: string, wanted: Resources): Holders {
    const index = this.#state.drivers.get(driver)?.index
    const key = `${driver} ${index?.sizesThatHold(wanted)}`
    let holders = this.#holders.get(key)
    if (!holders) {
      const tenants = [...(index?.mostFree(wanted)?.tenants.values() ?? [])]
      tenants.sort((a, b) => b.resources.vcpus - a.resources.vcpus)
      const more = tenants.length - jobsShown
      const named = tenants.slice(0, jobsShown).map(({ jobId }) => jobId)
      holders = { ...(named.length > 0 ? { holders: named } : {}), ...(more > 0 ? { moreHolders: more } : {}) }
      this.#holders.set(key, holders)
    }
    return holders
  }

  #standing(jobQueue: JobQueue, { spec }: Job): ShareStanding | undefined {
    const policy = this.#state.schedulingPolicies.get(jobQueue.shape.schedulingPolicyArn ?? '')?.shape.fairsharePolicy
    const { shareIdentifier } = spec
    if (!policy || shareIdentifier === undefined) return undefined
    const use = this.#state.shares.get(jobQueue.name)?.get(shareIdentifier)
    return {
      shareIdentifier,
      usedVcpus: use ? averageAt(use, this.#now, decaySeconds(policy)) : 0,
      inUseVcpus: use?.vcpus ?? 0,
      weight: weightOf(policy, shareIdentifier),
    }
  }

  #awaits(job: Job): WaitReason | undefined {
    if (job.state.status !== 'PENDING') return undefined
    const awaited = [...(this.#state.awaited.get(job.jobId) ?? [])].map((jobId) => ({
      jobId,
      status: statusNow(this.#state, jobId),
    }))
    const waiting = awaited.length > 0 ? awaited : this.#childAwaits(job)
    if (waiting.length === 0) return undefined
    const stopping = job.state.stopping !== undefined
    return {
      kind: 'dependencies',
      jobs: waiting.slice(0, jobsShown),
      more: Math.max(0, waiting.length - jobsShown),
      stopping,
    }
  }

  /** For a child without a record. For an array, what the first of its children waits for. */
  #childAwaits(job: Job): { jobId: string; status: JobStatus | undefined }[] {
    const parent = job.arrayIndex === undefined ? job : parentOf(this.#state, job)
    const index = job.arrayIndex ?? firstPending(job)
    if (!parent || index === undefined) return []
    const own = this.#state.awaited.get(parent.jobId)
    const all = own ? [...own] : childDependencies(parent, index)
    // Children that wait for each other do not hold up their array.
    const ids = parent === job ? all.filter((id) => !id.startsWith(`${job.jobId}:`)) : all
    return ids
      .map((jobId) => ({ jobId, status: statusNow(this.#state, jobId) }))
      .filter(({ status }) => status !== 'SUCCEEDED')
  }
}

/** If some of an array's children run, the reason is about the next child. */
function ofArray(reason: WaitReason, array: Job): WaitReason {
  const children = childrenOf(array)!
  const running = countOf(children, 'STARTING') + countOf(children, 'RUNNING')
  if (running === 0 || !('computeEnvironment' in reason)) return reason
  return { ...reason, ofNext: { arrayId: array.jobId, running, size: children.statuses.length } }
}

function withoutElsewhere({ elsewhere: _, ...own }: Misfit): EnvironmentMisfit {
  return own
}

/** For an array of which no child may start. */
function firstPending(job: Job): number | undefined {
  const children = childrenOf(job)
  if (!children || nextChild(children) !== undefined) return undefined
  const found = children.statuses.findIndex((_, at) => childStatus(children, at) === 'PENDING')
  return found === -1 ? undefined : found
}

/** Jobs, and the children of arrays by their own ids in addition to their array's. */
function placedBy({ placements }: Plan): Set<string> {
  return new Set(
    placements.flatMap(({ jobId, childIndex }) =>
      childIndex === undefined ? jobId : [jobId, `${jobId}:${childIndex}`],
    ),
  )
}
