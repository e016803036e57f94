/**
 * Runs the containers of one node of an attempt. It carries out the plan (node-plan.ts), with one
 * of the driver's containers for each. A job of a single container has one node of one container.
 * After a restart the node learns its state from the driver and from the records, and continues
 * from there.
 */
import type { AttemptOutcome } from '../../core/job/attempt.ts'
import type { TaskContainer } from '../../core/workload/task-container.ts'
import type { AttemptSpec, Observation } from '../../drivers/driver.ts'
import { backoffMs } from '../../ground/backoff.ts'
import { type ContainerRun, type ContainerRuns, type Part, partKey } from '../../model/job.ts'
import type { LogDestination } from '../../model/log-destination.ts'
import type { TimeMs } from '../../model/time.ts'
import { Container, type GoesOn } from './container.ts'
import {
  addressOf,
  type ContainerState,
  type EndedContainer,
  endedState,
  endingOf,
  recordedEnd,
  runOf,
} from './container-state.ts'
import { type NodeStep, nextStep, outcomeOf } from './node-plan.ts'
import type { ContainerOwner } from './surroundings.ts'

/** The attempt that a node belongs to. */
export interface NodeOwner extends ContainerOwner {
  /** The name that this container has with the driver. */
  nameOf(part: Part): string
  /** Returns what the driver needs to start the container, or why it cannot start. */
  specOf(part: Part, of: TaskContainer): Promise<AttemptSpec | AttemptOutcome>
  destinationOf(part: Part, of: TaskContainer): LogDestination | undefined
  /** Called when a container began or ended. Resolves when that is recorded. */
  containerSeen(part: Part, run: ContainerRun): Promise<void>
  /**
   * Called once, when all main containers of the node run or ran. The node continues when this
   * resolves.
   */
  nodeBegun(node: number, begun: { readonly atMs: TimeMs; readonly isEnding: boolean }): Promise<void>
}

/** What is known of a node before it runs. */
export type KnownBefore =
  /** What was recorded of each container of the attempt. The driver may know more, and is asked. */
  | { readonly recorded: ContainerRuns; readonly startedAtMs?: undefined }
  /**
   * The attempt is this one container, which is being started or runs since `startedAtMs`. The
   * driver need not be asked, because a start adopts an existing container.
   */
  | { readonly recorded?: undefined; readonly startedAtMs: TimeMs | undefined }

interface Member {
  readonly of: TaskContainer
  readonly part: Part
  readonly container: Container
  state: ContainerState
  /** Settles when the container is no longer followed. */
  following: Promise<void> | undefined
  stopping: Promise<void> | undefined
}

const waiting: ContainerState = { kind: 'waiting' }

/** The longest delay of a Node timer. */
const longestDelayMs = 2 ** 31 - 1

export class NodeRun {
  readonly #owner: NodeOwner
  readonly #node: number
  readonly #containers: readonly TaskContainer[]
  readonly #members: readonly Member[]
  readonly #before: KnownBefore
  #foundOut = false
  #begun = false
  #stopping = false
  /** Whether an end has decided the node. Later ends did not happen by themselves. */
  #decided = false
  #isDecisionRecorded = false
  readonly #end = Promise.withResolvers<AttemptOutcome | undefined>()
  #isAdvancing = false
  /** Whether something changed since the plan was made. */
  #isChanged = false
  /** Aborted when the time of the next planning no longer matters. */
  #alarm: AbortController | undefined

  constructor(owner: NodeOwner, node: number, containers: readonly TaskContainer[], before: KnownBefore) {
    this.#owner = owner
    this.#node = node
    this.#containers = containers
    this.#before = before
    this.#members = containers.map((of, index) => {
      const part = { node, container: index }
      const container = new Container(owner, owner.nameOf(part), of.stopTimeoutSeconds)
      return { of, part, container, state: waiting, following: undefined, stopping: undefined }
    })
  }

  /**
   * Resolves with how the node ended, once nothing of it runs and all its output is stored.
   * Undefined when this server released the attempt and nothing is under way any more.
   */
  run(): Promise<AttemptOutcome | undefined> {
    const { recorded, startedAtMs } = this.#before
    if (recorded) void this.#begin(recorded)
    else this.#goOnAlone(startedAtMs)
    return this.#end.promise
  }

  /**
   * Resolves when nothing is under way any more. Call it after this server released the attempt.
   */
  async settled(): Promise<void> {
    await Promise.all(this.#members.flatMap(({ following, stopping }) => [following, stopping]))
  }

  /** Starts nothing more, and stops what runs. */
  requestStop(): void {
    this.#stopping = true
    this.#wake()
  }

  /** Called after `closing` was aborted. */
  letGo(): void {
    for (const { container } of this.#members) container.letGo()
    this.#alarm?.abort()
    this.#wake()
  }

  /**
   * Whether the node has yet to end, as the driver sees its containers now. This server may not
   * have heard of an end.
   */
  async goesOn(): Promise<GoesOn> {
    if (!this.#foundOut) return 'unknown'
    if (this.#decided) return 'no'
    const observations = await this.#owner.driver.inspect(this.#members.map(({ container }) => container.name))
    const seen = this.#members.map(({ container }) => observations.get(container.name))
    const states = this.#members.map(({ state }, index) => this.#asSeen(state, seen[index]))
    if (nextStep(this.#containers, states, this.#owner.around.steady(), false).decidedBy !== undefined) return 'no'
    if (this.#stopping && states.every(({ kind }) => kind === 'ended' || kind === 'waiting')) return 'no'
    const isKnown = states.every(({ kind }, index) => {
      const observed = seen[index]?.kind ?? 'unknown'
      return kind === 'ended' || kind === 'waiting' || (observed !== 'unknown' && observed !== 'absent')
    })
    return isKnown ? 'yes' : 'unknown'
  }

  /** What is known of the containers that began, or could not begin. */
  get runs(): ContainerRuns {
    const runs: Record<string, ContainerRun> = {}
    for (const { part, state } of this.#members) {
      const run = runOf(state)
      if (run) runs[partKey(part)] = run
    }
    return runs
  }

  /** Removes every container that exists or existed. */
  async remove(): Promise<void> {
    const made = this.#members.filter(({ state }) => state.kind !== 'waiting')
    if (made.length === 1) return made[0]!.container.remove()
    const removals = await Promise.allSettled(made.map(({ container }) => container.remove()))
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
  }

  async #begin(recorded: ContainerRuns): Promise<void> {
    try {
      await this.#findOut(recorded)
    } catch (error) {
      return this.#end.reject(error)
    }
    await this.#advance()
  }

  /** Something changed, so the plan must be made again. */
  #wake(): void {
    this.#isChanged = true
    if (this.#foundOut && !this.#isAdvancing) void this.#advance()
  }

  /** Carries out the plan until it can only wait. A waiting node costs no more than its promise. */
  async #advance(): Promise<void> {
    const { around, closing } = this.#owner
    this.#isAdvancing = true
    try {
      while (!closing.aborted) {
        this.#isChanged = false
        const step = nextStep(this.#containers, this.#states(), around.steady(), this.#stopping)
        if (this.#hasNews(step)) await this.#record(step)
        else if (step.over) {
          this.#alarm?.abort()
          // Some containers may never have started.
          for (const { container } of this.#members) around.pending.forget(container.name)
          return this.#end.resolve(outcomeOf(this.#containers, this.#states(), around.now()))
        } else {
          this.#act(step)
          if (!this.#isChanged) return
        }
      }
      await this.settled()
      this.#end.resolve(undefined)
    } catch (error) {
      this.#end.reject(error)
    } finally {
      this.#isAdvancing = false
    }
  }

  #act({ start, stop, waiting, wakeAtMs }: NodeStep): void {
    const { pending } = this.#owner.around
    for (const { index, why } of waiting) pending.note(this.#members[index]!.container.name, why)
    for (const index of start) {
      const member = this.#members[index]!
      member.state = { kind: 'starting' }
      this.#follow(member)
    }
    for (const index of stop) this.#stop(this.#members[index]!)
    this.#alarm?.abort()
    this.#alarm = wakeAtMs === undefined ? undefined : this.#wakeAt(wakeAtMs)
  }

  #wakeAt(atMs: number): AbortController {
    const { delay, steady } = this.#owner.around
    const alarm = new AbortController()
    void delay(Math.min(Math.max(atMs - steady(), 0), longestDelayMs), alarm.signal).then(() => {
      if (!alarm.signal.aborted) this.#wake()
    })
    return alarm
  }

  #states(): ContainerState[] {
    return this.#members.map(({ state }) => state)
  }

  /**
   * Finds out what exists already: nothing of a new attempt, anything of one that an earlier server
   * left.
   */
  async #findOut(recorded: ContainerRuns): Promise<void> {
    const { around, closing, driver } = this.#owner
    const names = this.#members.map(({ container }) => container.name)
    for (let tries = 0; !closing.aborted; tries++) {
      const observations = await driver.inspect(names)
      const seen = names.map((name) => observations.get(name) ?? { kind: 'unknown' as const, why: 'no answer' })
      if (seen.every(({ kind }) => kind !== 'unknown')) return this.#goOn(recorded, seen)
      await around.delay(backoffMs(tries), closing)
    }
  }

  #goOnAlone(startedAtMs: TimeMs | undefined): void {
    this.#foundOut = true
    this.#begun = startedAtMs !== undefined
    // The only result of its end is the end of the attempt.
    this.#isDecisionRecorded = true
    for (const member of this.#members) {
      member.state = startedAtMs === undefined ? { kind: 'starting' } : this.#running({ startedAtMs })
      // A start that was abandoned before a restart is not tried again.
      if (this.#stopping) this.#stop(member)
      this.#follow(member)
    }
    void this.#advance()
  }

  /**
   * Recorded ends happened by themselves. Once one of them decided, or a stop was requested, later
   * ones did not.
   */
  #goOn(recorded: ContainerRuns, seen: readonly Observation[]): void {
    for (const [index, member] of this.#members.entries()) {
      const run = recorded[partKey(member.part)]
      if (run?.stoppedAtMs !== undefined) member.state = recordedEnd(run, seen[index]!)
      else if (run?.startedAtMs !== undefined)
        member.state = this.#running({ startedAtMs: run.startedAtMs, ...addressOf(run) })
    }
    const { decidedBy } = nextStep(this.#containers, this.#states(), this.#owner.around.steady(), false)
    this.#decided = decidedBy !== undefined
    this.#foundOut = true
    for (const [index, member] of this.#members.entries()) {
      if (member.state.kind === 'ended') {
        if (!member.state.stored) this.#follow(member)
        continue
      }
      const observation = seen[index]!
      if (endingOf(observation)) member.state = this.#asSeen(member.state, observation)
      else if (member.state.kind === 'waiting' && observation.kind !== 'absent') member.state = { kind: 'starting' }
      if (member.state.kind !== 'waiting') this.#follow(member)
    }
  }

  #hasNews({ begunAtMs, decidedBy, giveUp }: NodeStep): boolean {
    const isBegun = begunAtMs !== undefined && !this.#begun
    const isDecided = decidedBy !== undefined && !this.#isDecisionRecorded
    return giveUp.length > 0 || isBegun || isDecided
  }

  /**
   * Records the first news of the step. Its consequences must not be visible before it is durable.
   */
  async #record({ begunAtMs, decidedBy, giveUp }: NodeStep): Promise<void> {
    for (const { index, reason } of giveUp) await this.#ended(this.#members[index]!, { kind: 'failedToStart', reason })
    if (giveUp.length > 0) return
    if (begunAtMs !== undefined && !this.#begun) {
      this.#begun = true
      const isEnding = this.#stopping || decidedBy !== undefined
      return this.#owner.nodeBegun(this.#node, { atMs: begunAtMs, isEnding })
    }
    const decider = this.#members[decidedBy!]!
    this.#decided = true
    this.#isDecisionRecorded = true
    await this.#recordRun(decider, decider.state)
  }

  async #recordRun({ part }: Member, state: ContainerState): Promise<void> {
    const run = runOf(state)
    if (run) await this.#owner.containerSeen(part, run)
  }

  #follow(member: Member): void {
    member.following = this.#followToEnd(member)
  }

  /**
   * Follows a living container, whatever goes wrong on the way, such as a log that cannot be
   * opened.
   */
  async #followToEnd(member: Member): Promise<void> {
    const { around, closing } = this.#owner
    const { container, of, part } = member
    for (let tries = 0; !closing.aborted; tries++) {
      try {
        const unstarted = member.state.kind === 'starting' ? await this.#start(member) : undefined
        if (closing.aborted) return
        const ending = unstarted ?? (await container.readToEnd(this.#owner.destinationOf(part, of)))
        return ending && (await this.#ended(member, ending))
      } catch (err) {
        if (closing.aborted) return
        around.log.error({ err, attempt: container.name }, 'following a container failed; trying again')
      }
      await around.delay(backoffMs(tries), closing)
    }
  }

  #stop(member: Member): void {
    const attempt = member.container.name
    member.stopping ??= member.container
      .requestStop()
      .catch((err) => this.#owner.around.log.error({ err, attempt }, 'stopping a container failed'))
  }

  /** Undefined when the container runs or ran, which is recorded. */
  async #start(member: Member): Promise<AttemptOutcome | undefined> {
    const { around, closing } = this.#owner
    const { container, of, part } = member
    const spec = await this.#owner.specOf(part, of)
    const ending = 'kind' in spec ? spec : await container.start(spec)
    if (ending || closing.aborted) return ending
    around.failpoint('after-effect-before-report')
    const run = await this.#startOf(container)
    if (!run || closing.aborted) return undefined
    await this.#owner.containerSeen(part, run)
    if (member.state.kind === 'starting') this.#know(member, this.#running(run))
    return undefined
  }

  /**
   * The start as the engine knows it: an adopted container may have started long ago. Undefined if
   * it never ran.
   */
  async #startOf(container: Container): Promise<{ startedAtMs: TimeMs; address?: string } | undefined> {
    const { around, closing } = this.#owner
    for (let tries = 0; !closing.aborted; tries++) {
      const seen = await container.inspect()
      if (seen.kind === 'running') return { startedAtMs: seen.startedAtMs, ...addressOf(seen) }
      if (seen.kind === 'exited' || seen.kind === 'lost')
        return seen.startedAtMs === undefined ? undefined : { startedAtMs: seen.startedAtMs }
      if (seen.kind === 'absent') return { startedAtMs: around.now() }
      await around.delay(backoffMs(tries), closing)
    }
    return undefined
  }

  /**
   * Its last line is stored. An end that decides nothing is recorded here. An end that decides is
   * recorded before anything follows from it.
   */
  async #ended(member: Member, outcome: AttemptOutcome): Promise<void> {
    if (this.#members.length > 1 && this.#canDecide(member)) await this.#lookAtOthers(member)
    const { state } = member
    const end = state.kind === 'ended' ? { ...state, stored: true } : this.#endOf(state, outcome, true)
    if (end.onItsOwn && member.of.endsTask === 'never') await this.#recordRun(member, end)
    this.#know(member, end)
  }

  #canDecide({ of }: Member): boolean {
    return of.endsTask !== 'never' && !this.#isEnding()
  }

  /**
   * Another container may have ended earlier and still have log lines to write. The first to end
   * decides.
   */
  async #lookAtOthers(member: Member): Promise<void> {
    const others = this.#members.filter(
      (other) => other !== member && this.#canDecide(other) && other.state.kind === 'running',
    )
    if (others.length === 0) return
    const observations = await this.#owner.driver.inspect(others.map(({ container }) => container.name))
    for (const other of others)
      if (other.state.kind === 'running')
        other.state = this.#asSeen(other.state, observations.get(other.container.name))
  }

  /** The state as the driver saw it, if the container had ended without this server's knowledge. */
  #asSeen(state: ContainerState, seen: Observation | undefined): ContainerState {
    const outcome = state.kind === 'ended' ? undefined : endingOf(seen)
    return outcome ? this.#endOf(state, outcome, false) : state
  }

  #isEnding(): boolean {
    return this.#stopping || this.#decided
  }

  #endOf(state: ContainerState, outcome: AttemptOutcome, stored: boolean): EndedContainer {
    return endedState(state, outcome, { onItsOwn: !this.#isEnding(), nowMs: this.#owner.around.now(), stored })
  }

  /**
   * Its running time is measured by a clock that nobody can set, and by the machine's clock for the
   * time before this server.
   */
  #running(run: { startedAtMs: TimeMs; address?: string }): ContainerState {
    const { now, steady } = this.#owner.around
    return { kind: 'running', ...run, sinceMs: steady() - Math.max(0, now() - run.startedAtMs) }
  }

  #know(member: Member, state: ContainerState): void {
    member.state = state
    this.#wake()
  }
}
