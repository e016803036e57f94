/**
 * The planner: snapshot in, placements out. Queues by priority, jobs in order of submission; a head that must wait holds back
 * those behind it (as AWS's FIFO does), a job that can never fit does not.
 */
import { nextChild } from '../../model/array-children.ts'
import type { Job, JobSpec } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { noResources, plus, type Resources } from '../../model/resources.ts'
import { childrenOf, type Host, resourcesOfNode, type State, type Waiting } from '../state.ts'
import { fit, isNever, type Ledger, ledgerOf } from './fit.ts'

export interface Placement {
  readonly jobId: string
  /** Set when the job is an array parent: which child starts. */
  readonly childIndex: number | undefined
  readonly computeEnvironment: string
  readonly driver: string
  readonly hostName: string
  readonly instanceId: string
  /** Of a multi-node job: where each node goes, by index. */
  readonly nodes?: readonly Host[]
}

export interface Plan {
  readonly placements: readonly Placement[]
  /** Jobs that no host could ever hold as capacity stands. */
  readonly parked: readonly string[]
  /** The plan stopped at its limit; there may be room for more. */
  readonly truncated: boolean
}

export function plan(state: State, maxPlacements: number): Plan {
  const ledger = new DraftLedger(ledgerOf(state))
  const placements: Placement[] = []
  const parked: string[] = []
  for (const jobQueue of byPriority(state.jobQueues.values())) {
    // Its jobs are being ended, some at a time.
    if (jobQueue.status === 'DELETING') continue
    for (const { jobId, childIndex, skipRest } of candidates(state, state.waiting.get(jobQueue.name))) {
      if (placements.length >= maxPlacements) return { placements, parked, truncated: true }
      const { spec } = state.jobs.get(jobId)!
      const result = fit(state, ledger, jobQueue, spec)
      if (result.kind === 'fits') {
        const driver = state.computeEnvironments.get(result.computeEnvironment)!.driver
        const { hostName, instanceId } = result.host
        ledger.take(result.computeEnvironment, driver, result, spec)
        placements.push({
          jobId,
          childIndex,
          computeEnvironment: result.computeEnvironment,
          driver,
          hostName,
          instanceId,
          ...(result.nodes ? { nodes: result.nodes } : {}),
        })
      } else if (isNever(result)) {
        parked.push(jobId)
        skipRest()
      } else break
    }
  }
  return { placements, parked, truncated: false }
}

interface Candidate {
  readonly jobId: string
  readonly childIndex: number | undefined
  /** Leaves out the array's other children, which ask for the same. */
  readonly skipRest: () => void
}

/** The ids of a queue's first waiting jobs in the order the planner takes them; children of arrays one by one. */
export function frontOfQueue(state: State, jobQueue: string, limit: number): { jobId: string; job: Job }[] {
  const front: { jobId: string; job: Job }[] = []
  for (const { jobId, childIndex } of candidates(state, state.waiting.get(jobQueue))) {
    if (front.length >= limit) break
    front.push({
      jobId: childIndex === undefined ? jobId : `${jobId}:${childIndex}`,
      job: state.jobs.get(jobId)!,
    })
  }
  return front
}

/** The waiting jobs of a queue in the order they are to be placed; an array gives its children one by one. */
function* candidates(state: State, waiting: Waiting | undefined): Generator<Candidate> {
  for (const set of waiting ? [waiting.retried, waiting.fresh] : []) {
    for (const jobId of set) {
      const children = childrenOf(state.jobs.get(jobId))
      let skipped = false
      const skipRest = () => {
        skipped = true
      }
      if (!children) yield { jobId, childIndex: undefined, skipRest }
      else
        for (let index = nextChild(children); index !== undefined && !skipped; index = nextChild(children, index + 1))
          yield { jobId, childIndex: index, skipRest }
    }
  }
}

/** Higher priority first; queues of one priority by name, so that the order is the same at every pass. */
function byPriority(jobQueues: Iterable<JobQueue>): JobQueue[] {
  return [...jobQueues].sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1))
}

/** The state's figures with what this plan has given away on top. */
class DraftLedger implements Ledger {
  readonly #base: Ledger
  readonly #given = new Map<string, Resources>()
  readonly #locked = new Map<string, number>()

  constructor(base: Ledger) {
    this.#base = base
  }

  take(
    environment: string,
    driver: string,
    { host, nodes }: { host: Host; nodes?: readonly Host[] },
    spec: JobSpec,
  ): void {
    const add = (key: string, wanted: Resources) =>
      this.#given.set(key, plus(this.#given.get(key) ?? noResources, wanted))
    add(`environment ${environment}`, spec.resources)
    if (!nodes) add(`host ${driver} ${host.hostName}`, spec.resources)
    for (const [node, { hostName }] of (nodes ?? []).entries())
      add(`host ${driver} ${hostName}`, resourcesOfNode(spec, node))
    for (const { arn, quantity } of spec.consumables ?? [])
      this.#locked.set(arn, (this.#locked.get(arn) ?? 0) + quantity)
  }

  locked(arn: string): number {
    return this.#base.locked(arn) + (this.#locked.get(arn) ?? 0)
  }

  takenOfEnvironment(name: string): Resources {
    return plus(this.#base.takenOfEnvironment(name), this.#given.get(`environment ${name}`) ?? noResources)
  }

  takenOfHost(driver: string, hostName: string): Resources {
    return plus(this.#base.takenOfHost(driver, hostName), this.#given.get(`host ${driver} ${hostName}`) ?? noResources)
  }
}
