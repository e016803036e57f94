/**
 * Runs a task of several containers on one node: carries out what the plan (task-plan.ts) says, with one container of the driver for
 * each. After a restart it finds out from the driver and from what was recorded where it was, and goes on from there.
 */
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import type { TaskContainer } from '../../core/workload/task-container.ts'
import type { AttemptSpec, Driver, Observation } from '../../drivers/driver.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { type ContainerRun, type ContainerRuns, type Part, partKey, partName } from '../../model/job.ts'
import { limits } from '../../model/limits.ts'
import type { LogDestination } from '../../model/log-destination.ts'
import { containerReasons } from '../../model/status-reasons.ts'
import { Container, endingOf, type GoesOn, type Surroundings } from './task-container.ts'
import { type ContainerState, type EndedContainer, nextStep, outcomeOf } from './task-plan.ts'

export interface TaskOptions {
  readonly around: Surroundings
  readonly driver: Driver
  readonly attemptName: string
  readonly node: number
  readonly containers: readonly TaskContainer[]
  readonly stopGraceSeconds: number
  /** What was recorded of the attempt before this server started. */
  readonly recorded: ContainerRuns
  /** What the driver needs for it, or why it cannot start. */
  readonly specOf: (part: Part, container: TaskContainer) => Promise<AttemptSpec | AttemptOutcome>
  readonly destinationOf: (part: Part, container: TaskContainer) => LogDestination | undefined
  /** Resolves when it is recorded. */
  readonly onSeen: (part: Part, run: ContainerRun) => Promise<void>
  /** Told once, when all of its main containers run or ran; the task goes on when this resolves. */
  readonly onBegun: (begun: { readonly atMs: number; readonly isEnding: boolean }) => Promise<void>
}

/** Longest that a timer of Node waits. */
const longestDelayMs = 2 ** 31 - 1

export class TaskRun {
  readonly #options: TaskOptions
  readonly #containers: readonly Container[]
  readonly #states: ContainerState[]
  readonly #flows: Promise<void>[] = []
  readonly #stopped = new Set<number>()
  #stopping = false
  #decided = false
  #foundOut = false
  #wake = new AbortController()

  constructor(options: TaskOptions) {
    this.#options = options
    const { around, attemptName, containers, driver, stopGraceSeconds } = options
    this.#containers = containers.map(
      ({ stopTimeoutSeconds }, index) =>
        new Container(around, driver, partName(attemptName, this.#part(index)), stopTimeoutSeconds ?? stopGraceSeconds),
    )
    this.#states = containers.map(() => ({ kind: 'waiting' }))
  }

  /** Resolves with how the task ended, once nothing of it runs and all its output is stored; undefined: this server is closing. */
  async run(): Promise<AttemptOutcome | undefined> {
    const { around, containers, onBegun } = this.#options
    await this.#findOut()
    let recordedEnd = false
    let begun = false
    while (!around.closing.aborted) {
      this.#wake = new AbortController()
      const step = nextStep(containers, this.#states, around.steady(), this.#stopping)
      for (const { index, reason } of step.giveUp) await this.#ended(index, { kind: 'failedToStart', reason })
      if (step.giveUp.length > 0) continue
      if (step.begunAtMs !== undefined && !begun) {
        begun = true
        await onBegun({ atMs: step.begunAtMs, isEnding: this.#stopping || step.decidedBy !== undefined })
        continue
      }
      if (step.decidedBy !== undefined && !recordedEnd) {
        // What follows from the decision must not be seen before it is known for good.
        this.#decided = true
        recordedEnd = true
        await this.#record(step.decidedBy)
        continue
      }
      if (step.over) return outcomeOf(containers, this.#states, around.now())
      for (const index of step.start) {
        this.#states[index] = { kind: 'starting' }
        this.#follow(index)
      }
      for (const index of step.stop) this.#stop(index)
      await this.#change(step.wakeAtMs)
    }
    await Promise.all(this.#flows)
    return undefined
  }

  /** Starts nothing more, and stops what runs. */
  requestStop(): void {
    this.#stopping = true
    this.#wake.abort()
  }

  /** Whether the task has yet to be decided, as the driver knows its containers now: this server may not have heard of an end. */
  async goesOn(): Promise<GoesOn> {
    const { containers, driver } = this.#options
    if (!this.#foundOut) return 'unknown'
    if (this.#decided) return 'no'
    const observations = await driver.inspect(this.#containers.map(({ name }) => name))
    const states = this.#states.map((state, index) =>
      this.#asSeen(state, observations.get(this.#containers[index]!.name)),
    )
    const { decidedBy } = nextStep(containers, states, this.#options.around.steady(), false)
    if (decidedBy !== undefined) return 'no'
    const isKnown = states.every(({ kind }, index) => {
      const seen = observations.get(this.#containers[index]!.name)?.kind ?? 'unknown'
      return kind === 'ended' || kind === 'waiting' || (seen !== 'unknown' && seen !== 'absent')
    })
    return isKnown ? 'yes' : 'unknown'
  }

  /** What is known of those that began, or could not. */
  get runs(): ContainerRuns {
    const runs: Record<string, ContainerRun> = {}
    for (const [index, state] of this.#states.entries()) {
      const run = runOf(state)
      if (run) runs[partKey(this.#part(index))] = run
    }
    return runs
  }

  /** Removes every container there is or was. */
  async remove(): Promise<void> {
    const made = this.#containers.filter((_container, index) => this.#states[index]!.kind !== 'waiting')
    const removals = await Promise.allSettled(made.map((container) => container.remove()))
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
  }

  #part(index: number): Part {
    return { node: this.#options.node, container: index }
  }

  /** What is there already: nothing of a task that is new, anything of one that an earlier server left. */
  async #findOut(): Promise<void> {
    const { around, driver, containers, recorded } = this.#options
    const names = this.#containers.map(({ name }) => name)
    const before = containers.map((_container, index) => recorded[partKey(this.#part(index))])
    for (let tries = 0; !around.closing.aborted; tries++) {
      const observations = await driver.inspect(names)
      const seen = names.map((name) => observations.get(name) ?? { kind: 'unknown' as const, why: 'no answer' })
      if (seen.every(({ kind }) => kind !== 'unknown')) return this.#goOn(before, seen)
      await around.delay(backoffMs(tries))
    }
  }

  /** Ends that were recorded came by themselves; once one of them decided, or a stop was asked for, later ones did not. */
  #goOn(before: readonly (ContainerRun | undefined)[], seen: readonly Observation[]): void {
    const { around, containers } = this.#options
    for (const [index, run] of before.entries()) {
      if (run?.stoppedAtMs !== undefined) this.#states[index] = recordedEnd(run, seen[index]!)
      else if (run?.startedAtMs !== undefined)
        this.#states[index] = this.#running({ startedAtMs: run.startedAtMs, ...addressOf(run) })
    }
    this.#decided = nextStep(containers, this.#states, around.steady(), false).decidedBy !== undefined
    this.#foundOut = true
    for (const [index, observation] of seen.entries()) {
      const state = this.#states[index]!
      if (state.kind === 'ended') {
        if (!state.stored) this.#follow(index)
        continue
      }
      if (endingOf(observation)) this.#states[index] = this.#asSeen(state, observation)
      else if (state.kind === 'waiting' && observation.kind !== 'absent') this.#states[index] = { kind: 'starting' }
      if (this.#states[index]!.kind !== 'waiting') this.#follow(index)
    }
  }

  /** Follows a container to its end; whatever goes wrong on the way, one that lives is followed. */
  #follow(index: number): void {
    const { around } = this.#options
    const attempt = this.#containers[index]!.name
    const flow = async () => {
      for (let tries = 0; !around.closing.aborted; tries++) {
        try {
          return await this.#toEnd(index)
        } catch (err) {
          if (around.closing.aborted) return
          around.log.error({ err, attempt }, 'following a container failed; trying again')
        }
        await around.delay(backoffMs(tries))
      }
    }
    this.#flows.push(flow())
  }

  #stop(index: number): void {
    if (this.#stopped.has(index)) return
    this.#stopped.add(index)
    const { log } = this.#options.around
    const container = this.#containers[index]!
    const failed = (err: unknown) => log.error({ err, attempt: container.name }, 'stopping a container failed')
    this.#flows.push(container.requestStop().catch(failed))
  }

  async #toEnd(index: number): Promise<void> {
    const { around, containers, destinationOf, specOf, onSeen } = this.#options
    const container = this.#containers[index]!
    const part = this.#part(index)
    if (this.#states[index]!.kind === 'starting') {
      const spec = await specOf(part, containers[index]!)
      const ending = 'kind' in spec ? spec : await container.start(spec)
      if (around.closing.aborted) return
      if (ending) return await this.#ended(index, ending)
      around.failpoint('after-effect-before-report')
      const run = await this.#begin(container)
      if (around.closing.aborted) return
      if (run) {
        await onSeen(part, run)
        if (this.#states[index]!.kind === 'starting') this.#know(index, this.#running(run))
      }
    }
    const ending = await container.readToEnd(destinationOf(part, containers[index]!))
    if (ending) await this.#ended(index, ending)
  }

  /** As the engine knows it. Undefined: it never ran. */
  async #begin(container: Container): Promise<{ startedAtMs: number; address?: string } | undefined> {
    const { around } = this.#options
    for (let tries = 0; !around.closing.aborted; tries++) {
      const seen = await container.inspect()
      if (seen.kind === 'running') return { startedAtMs: seen.startedAtMs, ...addressOf(seen) }
      if (seen.kind === 'exited' || seen.kind === 'lost')
        return seen.startedAtMs === undefined ? undefined : { startedAtMs: seen.startedAtMs }
      if (seen.kind === 'absent') return { startedAtMs: around.now() }
      await around.delay(backoffMs(tries))
    }
    return undefined
  }

  /** Its last line is stored. An end that decides nothing is recorded here; the one that decides, before anything follows from it. */
  async #ended(index: number, outcome: AttemptOutcome): Promise<void> {
    const { containers, onSeen } = this.#options
    if (this.#canDecide(index)) await this.#lookAtOthers(index)
    const state = this.#states[index]!
    const end = state.kind === 'ended' ? { ...state, stored: true } : this.#endOf(state, outcome, true)
    if (end.byItself && containers[index]!.endsTask === 'never') {
      const run = runOf(end)
      if (run) await onSeen(this.#part(index), run)
    }
    this.#know(index, end)
  }

  #canDecide(index: number): boolean {
    return this.#options.containers[index]!.endsTask !== 'never' && !this.#isEnding()
  }

  /** Another may have ended before, and have more to write into its log: the first to end decides. */
  async #lookAtOthers(index: number): Promise<void> {
    const others = this.#containers.flatMap(({ name }, other) =>
      other !== index && this.#canDecide(other) && this.#states[other]!.kind === 'running' ? [{ name, other }] : [],
    )
    if (others.length === 0) return
    const observations = await this.#options.driver.inspect(others.map(({ name }) => name))
    for (const { name, other } of others) {
      const state = this.#states[other]!
      if (state.kind === 'running') this.#states[other] = this.#asSeen(state, observations.get(name))
    }
  }

  /** As the driver saw it, where it had ended and this server did not know. */
  #asSeen(state: ContainerState, seen: Observation | undefined): ContainerState {
    const outcome = state.kind === 'ended' ? undefined : endingOf(seen)
    return outcome ? this.#endOf(state, outcome, false) : state
  }

  #isEnding(): boolean {
    return this.#stopping || this.#decided
  }

  #endOf(state: ContainerState, outcome: AttemptOutcome, stored: boolean): EndedContainer {
    const known = state.kind === 'running' ? state : undefined
    const told = outcome.kind === 'failedToStart' ? undefined : outcome
    const startedAtMs = told?.startedAtMs ?? known?.startedAtMs
    return {
      kind: 'ended',
      outcome,
      ...(startedAtMs === undefined ? {} : { startedAtMs }),
      stoppedAtMs: told?.stoppedAtMs ?? this.#options.around.now(),
      ...addressOf(known),
      byItself: !this.#isEnding(),
      stored,
    }
  }

  /** How long it runs is measured by a clock that nobody sets, and of the time before this server by the machine's. */
  #running(run: { startedAtMs: number; address?: string }): ContainerState {
    const { now, steady } = this.#options.around
    return { kind: 'running', ...run, sinceMs: steady() - Math.max(0, now() - run.startedAtMs) }
  }

  #know(index: number, state: ContainerState): void {
    this.#states[index] = state
    this.#wake.abort()
  }

  async #record(index: number): Promise<void> {
    const run = runOf(this.#states[index]!)
    if (run) await this.#options.onSeen(this.#part(index), run)
  }

  /** Resolves when something changed, or the time has come, or this server closes. */
  #change(atMs: number | undefined): Promise<void> {
    const { closing, delay, steady } = this.#options.around
    const signal = AbortSignal.any([closing, this.#wake.signal])
    if (atMs !== undefined) return delay(Math.min(Math.max(atMs - steady(), 0), longestDelayMs), signal)
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
}

/** What an earlier server recorded as ended. Unless the driver has it no more, the rest of its output is to be stored yet. */
function recordedEnd(run: ContainerRun, seen: Observation): EndedContainer {
  const { exitCode, reason, startedAtMs, stoppedAtMs = 0 } = run
  const common = {
    kind: 'ended' as const,
    stoppedAtMs,
    ...addressOf(run),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    byItself: true,
  }
  const ending = endingOf(seen)
  if (ending && startedAtMs !== undefined) return { ...common, outcome: ending, stored: false }
  if (startedAtMs === undefined)
    return { ...common, outcome: { kind: 'failedToStart', reason: reason ?? '' }, stored: true }
  if (exitCode === undefined) return { ...common, outcome: { kind: 'lost' }, stored: true }
  const exited = { kind: 'exited', exitCode, outOfMemory: false, startedAtMs, stoppedAtMs } as const
  return { ...common, outcome: { ...exited, ...(reason === undefined ? {} : { reason }) }, stored: true }
}

function runOf(state: ContainerState): ContainerRun | undefined {
  if (state.kind === 'running') return { startedAtMs: state.startedAtMs, ...addressOf(state) }
  if (state.kind !== 'ended') return undefined
  const { byItself, outcome, startedAtMs, stoppedAtMs } = state
  const reason = reasonOf(outcome)
  // Stopped before it began: there is nothing to tell of it.
  if (startedAtMs === undefined && (!byItself || reason === undefined)) return undefined
  return {
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...addressOf(state),
    stoppedAtMs: Math.max(stoppedAtMs, startedAtMs ?? 0),
    ...(outcome.kind === 'exited' && outcome.exitCode !== undefined ? { exitCode: outcome.exitCode } : {}),
    ...(reason === undefined ? {} : { reason: reason.slice(0, limits.containerReasonLength) }),
  }
}

function reasonOf(outcome: AttemptOutcome): string | undefined {
  if (outcome.kind === 'lost') return undefined
  return outcome.kind === 'exited' && outcome.outOfMemory ? containerReasons.outOfMemory : outcome.reason
}

function addressOf(of: { readonly address?: string } | undefined): { readonly address?: string } {
  return of?.address === undefined ? {} : { address: of.address }
}
