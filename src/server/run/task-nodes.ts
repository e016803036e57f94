/**
 * Runs an attempt that consists of several containers, on one node or on many. The main node's task starts first; when it runs the others
 * start, in any order, and are told its address; its end is the end of the attempt (docs/aws §5).
 * https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
 */

import type { Command } from '../../core/decision.ts'
import { type AttemptOutcome, type AttemptReport, attemptStarted, containerSeen } from '../../core/job/attempt.ts'
import type { NodeTask } from '../../core/workload/task-container.ts'
import { tasksOf } from '../../core/workload/tasks.ts'
import type { AttemptSpec, Driver } from '../../drivers/driver.ts'
import type { Job, LiveAttempt } from '../../model/job.ts'
import { logDestination } from '../../model/log-destination.ts'
import type { PartOfAttempt } from './attempt-spec.ts'
import type { GoesOn, Surroundings } from './task-container.ts'
import { TaskRun } from './task-run.ts'

export interface NodesOptions {
  readonly around: Surroundings
  readonly driver: Driver
  readonly job: Job
  readonly attempt: LiveAttempt
  readonly stopGraceSeconds: number
  /** What the driver needs for it, or why it cannot start. */
  readonly specOf: (part: PartOfAttempt) => Promise<AttemptSpec | AttemptOutcome>
  /** Resolves when the loop took it. */
  readonly report: (command: Command) => Promise<void>
}

export class TaskNodes {
  readonly #options: NodesOptions
  readonly #tasks: readonly NodeTask[]
  readonly #report: AttemptReport
  readonly #main: TaskRun
  readonly #others: TaskRun[] = []
  readonly #otherRuns: Promise<unknown>[] = []
  #stopping = false

  constructor(options: NodesOptions) {
    const { attempt, job } = options
    this.#options = options
    this.#tasks = tasksOf(job.spec)
    this.#report = { jobId: job.jobId, attempt: attempt.number }
    this.#main = this.#task(job.spec.nodeProperties?.mainNode ?? 0, async ({ atMs, isEnding }) => {
      await options.report(attemptStarted({ ...this.#report, startedAtMs: atMs }))
      // Others that an earlier server started are found and followed, also if they are only to be stopped.
      this.#startOthers(isEnding)
    })
  }

  /**
   * Resolves with how the attempt ended, once nothing of it runs and all its output is stored; undefined: this server is closing.
   * `stopping`: it was asked to stop before this server started.
   */
  async run(stopping: boolean): Promise<AttemptOutcome | undefined> {
    if (stopping) await this.requestStop()
    const outcome = await this.#main.run()
    if (outcome) for (const task of this.#others) task.requestStop()
    await Promise.all(this.#otherRuns)
    if (!outcome || this.#options.around.closing.aborted) return undefined
    const containers = Object.assign({}, ...[this.#main, ...this.#others].map(({ runs }) => runs))
    return { ...outcome, containers }
  }

  async requestStop(): Promise<void> {
    this.#stopping = true
    for (const task of [this.#main, ...this.#others]) task.requestStop()
  }

  /** Its end is that of the main node, also while others are still to be stopped. */
  goesOn(): Promise<GoesOn> {
    return this.#main.goesOn()
  }

  /** Removes every container there is or was. */
  async remove(): Promise<void> {
    const removals = await Promise.allSettled([this.#main, ...this.#others].map((task) => task.remove()))
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
  }

  #startOthers(isEnding: boolean): void {
    const { attempt, around, job } = this.#options
    const { mainNode, numNodes } = job.spec.nodeProperties ?? { mainNode: 0, numNodes: 1 }
    const address = Object.values(this.#main.runs).find((run) => run.address !== undefined)?.address
    if (numNodes > 1 && address === undefined)
      around.log.warn({ attempt: attempt.name }, 'the driver gives the main node no address: the others do not know it')
    for (let node = 0; node < numNodes; node++) {
      if (node === mainNode) continue
      const task = this.#task(node, async () => {}, address)
      if (isEnding || this.#stopping) task.requestStop()
      this.#others.push(task)
      this.#otherRuns.push(task.run())
    }
  }

  #task(node: number, onBegun: ConstructorParameters<typeof TaskRun>[0]['onBegun'], mainNodeAddress?: string): TaskRun {
    const { around, attempt, driver, job, report, specOf, stopGraceSeconds } = this.#options
    const { containers } = this.#tasks.find(({ from, to }) => from <= node && node <= to)!
    const taskId = attempt.nodes?.[node]?.taskId ?? attempt.taskId
    return new TaskRun({
      around,
      driver,
      attemptName: attempt.name,
      node,
      containers,
      stopGraceSeconds,
      recorded: attempt.containers ?? {},
      specOf: (part, container) => specOf({ part, container, mainNodeAddress }),
      destinationOf: (_part, { container, name }) => logDestination(container, job.spec.jobDefinition, taskId, name),
      onSeen: (part, run) => report(containerSeen({ ...this.#report, part, run })),
      onBegun,
    })
  }
}
