/**
 * Runs one attempt, which has one node or several. The main node starts first. When it runs, the
 * others start in any order and know its address. The end of the main node is the end of the
 * attempt (docs/aws §5).
 * https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
 */
import type { Command } from '../../core/decision.ts'
import { type AttemptOutcome, type AttemptReport, attemptStarted, containerSeen } from '../../core/job/attempt.ts'
import type { NodeTask, TaskContainer } from '../../core/workload/task-container.ts'
import { hasParts, tasksOf } from '../../core/workload/tasks.ts'
import type { AttemptSpec, Driver } from '../../drivers/driver.ts'
import { type ContainerRun, type Job, type LiveAttempt, type Part, partName } from '../../model/job.ts'
import { type LogDestination, logDestination } from '../../model/log-destination.ts'
import type { TimeMs } from '../../model/time.ts'
import type { ContainerOfAttempt } from './attempt-spec.ts'
import type { GoesOn } from './container.ts'
import { type KnownBefore, type NodeOwner, NodeRun } from './node-run.ts'
import type { Surroundings } from './surroundings.ts'

export interface AttemptSurroundings extends Surroundings {
  /** Returns what the driver needs to start the container, or why it cannot start. */
  readonly specOf: (job: Job, attempt: LiveAttempt, of: ContainerOfAttempt) => Promise<AttemptSpec | AttemptOutcome>
  /** Resolves when the loop took the command, or when the signal is aborted. */
  readonly report: (command: Command, signal: AbortSignal) => Promise<void>
}

interface OtherNode {
  readonly node: NodeRun
  readonly run: Promise<AttemptOutcome | undefined>
}

const none: readonly never[] = []

export class AttemptRun implements NodeOwner {
  readonly around: AttemptSurroundings
  readonly driver: Driver
  readonly #job: Job
  readonly #attempt: LiveAttempt
  /** The attempt is one container, which has the attempt's name, start and end. */
  readonly #isOneContainer: boolean
  readonly #mainNode: number
  readonly #main: NodeRun
  #others: readonly OtherNode[] = none
  /**
   * Each attempt has a controller of its own. Node walks all listeners of a signal to add another,
   * so ten thousand attempts that listen to one signal would block everything for seconds.
   */
  readonly #closing = new AbortController()
  readonly closing = this.#closing.signal
  #stopping = false
  #mainNodeAddress: string | undefined

  constructor(around: AttemptSurroundings, driver: Driver, job: Job, attempt: LiveAttempt) {
    this.around = around
    this.driver = driver
    this.#job = job
    this.#attempt = attempt
    this.#isOneContainer = !hasParts(job.spec)
    this.#mainNode = nodesOfJob(job).mainNode
    this.#main = this.#node(this.#mainNode, tasksOf(job.spec))
  }

  get user(): string {
    return this.#job.spec.owner
  }

  /**
   * Resolves with how the attempt ended, once nothing of it runs and all its output is stored.
   * Undefined when this server released it.
   */
  run(): Promise<AttemptOutcome | undefined> {
    if (isStopping(this.#job)) this.requestStop()
    return this.#isOneContainer ? this.#main.run() : this.#runNodes()
  }

  async #runNodes(): Promise<AttemptOutcome | undefined> {
    const outcome = await this.#main.run()
    if (outcome) for (const { node } of this.#others) node.requestStop()
    for (const { run } of this.#others) await run
    if (!outcome || this.closing.aborted) return undefined
    return { ...outcome, containers: Object.assign({}, ...this.#nodes().map(({ runs }) => runs)) }
  }

  requestStop(): void {
    this.#stopping = true
    for (const node of this.#nodes()) node.requestStop()
  }

  /** Stops following the attempt, and leaves it running. */
  letGo(): void {
    this.#closing.abort()
    for (const node of this.#nodes()) node.letGo()
  }

  /** Resolves when nothing is under way any more. Call it after `letGo`. */
  async settled(): Promise<void> {
    for (const node of this.#nodes()) await node.settled()
  }

  /** The attempt ends with its main node, even while others are still to be stopped. */
  goesOn(): Promise<GoesOn> {
    return this.#main.goesOn()
  }

  /** Removes every container that exists or existed. */
  async remove(): Promise<void> {
    if (this.#others.length === 0) return this.#main.remove()
    const removals = await Promise.allSettled(this.#nodes().map((node) => node.remove()))
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
  }

  nameOf(part: Part): string {
    return this.#isOneContainer ? this.#attempt.name : partName(this.#attempt.name, part)
  }

  specOf(part: Part, container: TaskContainer): Promise<AttemptSpec | AttemptOutcome> {
    const { around } = this
    if (this.#isOneContainer) return around.specOf(this.#job, this.#attempt, { container })
    return around.specOf(this.#job, this.#attempt, { part, container, mainNodeAddress: this.#mainNodeAddress })
  }

  destinationOf({ node }: Part, { container, name }: TaskContainer): LogDestination | undefined {
    const taskId = this.#attempt.nodes?.[node]?.taskId ?? this.#attempt.taskId
    return logDestination(container, this.#job.spec.jobDefinition, taskId, name)
  }

  async containerSeen(part: Part, run: ContainerRun): Promise<void> {
    // The start and the end of the attempt say everything.
    if (this.#isOneContainer) return
    await this.around.report(containerSeen({ ...this.#report(), part, run }), this.closing)
  }

  async nodeBegun(node: number, { atMs, isEnding }: { atMs: TimeMs; isEnding: boolean }): Promise<void> {
    if (node !== this.#mainNode) return
    await this.around.report(attemptStarted({ ...this.#report(), startedAtMs: atMs }), this.closing)
    // Other containers that an earlier server started are found and followed, even if they only
    // need to be stopped.
    this.#startOthers(isEnding)
  }

  #report(): AttemptReport {
    return { jobId: this.#job.jobId, attempt: this.#attempt.number }
  }

  #nodes(): readonly NodeRun[] {
    return [this.#main, ...this.#others.map(({ node }) => node)]
  }

  #node(node: number, tasks: readonly NodeTask[]): NodeRun {
    const { containers } = tasks.find(({ from, to }) => from <= node && node <= to)!
    return new NodeRun(this, node, containers, this.#knownBefore())
  }

  #knownBefore(): KnownBefore {
    const { state } = this.#job
    if (!this.#isOneContainer) return { recorded: this.#attempt.containers ?? {} }
    return { startedAtMs: state.status === 'RUNNING' ? state.startedAtMs : undefined }
  }

  #startOthers(isEnding: boolean): void {
    const { mainNode, numNodes } = nodesOfJob(this.#job)
    if (numNodes === 1) return
    this.#mainNodeAddress = Object.values(this.#main.runs).find((run) => run.address !== undefined)?.address
    if (this.#mainNodeAddress === undefined)
      this.around.log.warn(
        { attempt: this.#attempt.name },
        'the driver gives the main node no address: the others do not know it',
      )
    const tasks = tasksOf(this.#job.spec)
    const others: OtherNode[] = []
    this.#others = others
    for (let index = 0; index < numNodes; index++) {
      if (index === mainNode) continue
      const node = this.#node(index, tasks)
      if (isEnding || this.#stopping) node.requestStop()
      const run = node.run()
      // The run is awaited when the main node has ended.
      run.catch(() => {})
      others.push({ node, run })
    }
  }
}

function nodesOfJob({ spec: { workload } }: Job): { readonly mainNode: number; readonly numNodes: number } {
  return workload.kind === 'multiNode' ? workload.properties : { mainNode: 0, numNodes: 1 }
}

function isStopping({ state }: Job): boolean {
  return (state.status === 'STARTING' || state.status === 'RUNNING') && state.stopping !== undefined
}
