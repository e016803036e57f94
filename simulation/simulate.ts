/**
 * The simulation: the real core and planner, on hosts and in a time that do not exist. A heap of
 * future happenings replaces clocks and drivers.
 */

import { settleComputeEnvironment } from '../src/core/compute-environment/decide.ts'
import type { Command } from '../src/core/decision.ts'
import { attemptEnded, attemptStarted, attemptTimedOut } from '../src/core/job/attempt.ts'
import { submitJob } from '../src/core/job/submit.ts'
import { settleJobQueue } from '../src/core/job-queue/decide.ts'
import type { Effect } from '../src/core/react.ts'
import { settleResource } from '../src/core/settle-resource.ts'
import type { State } from '../src/core/state/state.ts'
import { liveAttempt } from '../src/model/job.ts'
import { isRefusal } from '../src/model/refusal.ts'
import { type Arrival, type Arrivals, arrivalsOf, submissionOf, type Work } from './arrivals.ts'
import { draw } from './distribution.ts'
import { EventHeap } from './event-heap.ts'
import { Figures } from './figures.ts'
import { type HostPlace, VirtualHosts } from './hosts.ts'
import { createRandom, seedOf } from './random.ts'
import { type Scenario, ScenarioProblems } from './scenario.ts'
import { VirtualServer } from './server.ts'
import { openingsOf, refusalText, traitsOf } from './site.ts'
import { type Unfinished, unfinishedOf } from './unfinished.ts'

/** Commands decided in one turn, as in the server's loop. */
const commandsPerTurn = 512
/** With more turns than this at one moment, time would never advance. */
const turnsAtOnce = 1_000_000
/** Points of the curves. */
const spans = 288
/** The exit code of a stopped job: 128 and SIGTERM. */
const stoppedExitCode = 143
const hourMs = 3_600_000
/** The core's time at virtual time 0: a Monday, midnight. */
const startMs = Date.UTC(2026, 0, 5)

export interface SimulationHooks {
  /** Called after each turn, with the state that it led to. */
  readonly afterTurn?: (state: State) => void
  /**
   * Milliseconds of real time, to measure scheduling passes by. Without it they are not measured.
   */
  readonly clock?: () => number
}

export interface Simulated {
  readonly figures: Figures
  /** When the last thing happened, ms of virtual time. */
  readonly endMs: number
  /**
   * The loop's counts. `longestPassMs` is in real time, if a clock was given. It is the one figure
   * that differs at every run.
   */
  readonly counts: VirtualServer['counts']
  readonly hostFailures: number
  /** Submissions that the core refused, by its message. */
  readonly refused: ReadonlyMap<string, number>
  /** By the name of the stream, for streams that have some. */
  readonly unfinished: ReadonlyMap<string, Unfinished>
}

/** An attempt on its virtual host. */
interface Run extends HostPlace {
  readonly jobId: string
  readonly number: number
  readonly work: Work
  /** The index of an array's child; 0 for a single job. */
  readonly index: number
  startedAtMs?: number
  /** Its host has failed: nothing is heard of it until it counts as lost. */
  silent: boolean
  over: boolean
}

type Happening =
  | { readonly kind: 'arrival'; readonly arrival: Arrival; readonly from: Arrivals }
  | { readonly kind: 'starts' | 'ends' | 'stopped' | 'lost'; readonly run: Run }
  | { readonly kind: 'due'; readonly command: Command }
  | ({ readonly kind: 'hostFails' | 'hostReturns' } & HostPlace)

export function simulate(scenario: Scenario, hooks: SimulationHooks = {}): Simulated {
  return new Simulation(scenario, hooks).run()
}

class Simulation {
  readonly #scenario: Scenario
  readonly #server: VirtualServer
  readonly #figures: Figures
  readonly #heap = new EventHeap<Happening>()
  readonly #hosts: VirtualHosts
  readonly #runs = new Set<Run>()
  readonly #runOf = new Map<string, Run>()
  readonly #traits: ReadonlyMap<string, ReturnType<typeof traitsOf>>
  /** Ids of the live jobs of traces, for the jobs that wait for them. */
  readonly #traced = new Map<string, string>()
  readonly #refused = new Map<string, number>()
  readonly #startSeed = seedOf('startSeconds')
  /** Happenings in the heap that come to an end, which host failures do not. */
  #pending = 0
  #nowMs = 0
  #endMs = 0
  #hostFailures = 0

  constructor(scenario: Scenario, { afterTurn, clock }: SimulationHooks) {
    this.#scenario = scenario
    this.#hosts = new VirtualHosts(scenario)
    this.#traits = new Map(Object.keys(scenario.jobQueues).map((name) => [name, traitsOf(scenario, name)]))
    const window = {
      fromMs: Math.round(scenario.warmUpHours * hourMs),
      toMs: Math.round(scenario.hours * hourMs),
      spans,
    }
    this.#figures = new Figures(window, (name) => scenario.computeEnvironments[name]!.type.endsWith('SPOT'))
    this.#server = new VirtualServer({
      rules: scenario.rules,
      defaultDriver: this.#hosts.drivers[0]!,
      onEvent: (state, event) => this.#figures.observe(state, event, this.#nowMs),
      carryOut: (effect) => this.#carryOut(effect),
      onRefusal: ({ message }) => {
        const text = refusalText(message)
        this.#refused.set(text, (this.#refused.get(text) ?? 0) + 1)
      },
      afterTurn,
      clock,
    })
  }

  run(): Simulated {
    this.#open()
    for (const { atMs, ...place } of this.#hosts.firstFailures()) this.#at(atMs, { kind: 'hostFails', ...place })
    for (const stream of this.#scenario.arrivals) this.#awaitNext(arrivalsOf(this.#scenario, stream))

    const lastMs = (this.#scenario.hours + this.#scenario.drainHours) * hourMs
    while (this.#goesOn() && this.#heap.nextAtMs! <= lastMs) this.#step()
    return {
      figures: this.#figures,
      endMs: this.#endMs,
      counts: this.#server.counts,
      hostFailures: this.#hostFailures,
      refused: this.#refused,
      unfinished: unfinishedOf(this.#server.state, this.#figures, this.#runs),
    }
  }

  /** Sets up what the scenario names. A refusal by the core is a problem of the scenario. */
  #open(): void {
    for (const driver of this.#hosts.drivers) this.#turns([this.#hosts.report(driver)])
    for (const { where, command } of openingsOf(this.#scenario)) {
      this.#turns([command])
      for (const message of this.#refused.keys()) throw new ScenarioProblems([`${where}: ${message}`])
      // A resource that is CREATING is settled before the next one refers to it.
      while (this.#heap.size > 0) this.#step()
    }
  }

  /**
   * Whether jobs can still arrive, end or get a host. A job that never fits anywhere waits forever.
   */
  #goesOn(): boolean {
    return this.#pending > 0 || (this.#server.state.jobs.size > 0 && this.#hosts.anyDown)
  }

  /**
   * Takes the next happening, with everything that happens at the same moment, as far as one turn
   * takes it.
   */
  #step(): void {
    this.#nowMs = this.#heap.nextAtMs!
    const commands: Command<unknown>[] = []
    while (commands.length < commandsPerTurn && this.#heap.nextAtMs === this.#nowMs) {
      const happening = this.#heap.pop()!
      if (isPassing(happening)) this.#pending--
      commands.push(...this.#commandsOf(happening))
    }
    this.#turns(commands)
  }

  #turns(commands: readonly Command<unknown>[]): void {
    const { counts } = this.#server
    const before = counts.events
    const nowMs = startMs + this.#nowMs
    let again = this.#server.turn(commands, nowMs)
    for (let turns = 0; again; turns++) {
      if (turns > turnsAtOnce) throw new Error(`scheduling does not end at ${this.#nowMs} ms`)
      again = this.#server.turn([], nowMs)
    }
    if (counts.events > before) this.#endMs = this.#nowMs
  }

  #at(atMs: number, happening: Happening): void {
    if (isPassing(happening)) this.#pending++
    this.#heap.push(Math.max(this.#nowMs, Math.round(atMs)), happening)
  }

  #awaitNext(from: Arrivals): void {
    const arrival = from.next()
    if (arrival) this.#at(arrival.atMs, { kind: 'arrival', arrival, from })
  }

  #commandsOf(happening: Happening): Command<unknown>[] {
    switch (happening.kind) {
      case 'arrival':
        this.#awaitNext(happening.from)
        return this.#submissions(happening.arrival)
      case 'due':
        return [happening.command]
      case 'hostFails':
        return this.#fail(happening)
      case 'hostReturns':
        return this.#return(happening)
      default:
        return this.#follow(happening.kind, happening.run)
    }
  }

  #submissions({ works, jobNumber, precedingJob }: Arrival): Command<unknown>[] {
    const traceOf = ({ stream }: Work, number: number) => `${stream.trace} ${number}`
    let before = precedingJob === undefined ? undefined : this.#traced.get(traceOf(works[0]!, precedingJob))
    // Nobody waits for a job that has ended.
    if (before !== undefined && !this.#server.state.jobs.has(before)) before = undefined
    return works.map((work) => (state, given) => {
      const request = submissionOf(work, this.#traits.get(work.stream.jobQueue)!, before)
      const decision = submitJob(request, work.stream.owner)(state, given)
      if (isRefusal(decision)) return decision
      before = decision.answer.jobId
      if (jobNumber !== undefined) this.#traced.set(traceOf(work, jobNumber), before)
      this.#figures.submitted(before, work, this.#nowMs)
      return decision
    })
  }

  #follow(kind: 'starts' | 'ends' | 'stopped' | 'lost', run: Run): Command<unknown>[] {
    if (run.over || (run.silent && kind !== 'lost')) return []
    const report = { jobId: run.jobId, attempt: run.number }
    const nowMs = startMs + this.#nowMs
    if (kind === 'starts') {
      run.startedAtMs = nowMs
      this.#at(this.#nowMs + run.work.runMs(run.index), { kind: 'ends', run })
      return [attemptStarted({ ...report, startedAtMs: nowMs })]
    }
    run.over = true
    this.#runs.delete(run)
    this.#runOf.delete(run.jobId)
    if (kind === 'lost') return [attemptEnded({ ...report, outcome: { kind: 'lost' } })]
    const exitCode = kind === 'stopped' ? stoppedExitCode : run.work.exitCode(run.index, run.number)
    const started = run.startedAtMs === undefined ? {} : { startedAtMs: run.startedAtMs }
    const outcome = { kind: 'exited', exitCode, outOfMemory: false, stoppedAtMs: nowMs, ...started } as const
    return [attemptEnded({ ...report, outcome })]
  }

  #fail({ driver, hostName }: HostPlace): Command<unknown>[] {
    this.#hostFailures++
    this.#hosts.setDown(hostName, true)
    this.#at(this.#nowMs + this.#hosts.repairMs(hostName), { kind: 'hostReturns', driver, hostName })
    for (const run of this.#runs) {
      if (run.driver !== driver || run.hostName !== hostName) continue
      run.silent = true
      this.#at(this.#nowMs + this.#scenario.lostGraceSeconds * 1000, { kind: 'lost', run })
    }
    return [this.#hosts.report(driver)]
  }

  #return({ driver, hostName }: HostPlace): Command<unknown>[] {
    this.#hosts.setDown(hostName, false)
    const afterMs = this.#hosts.nextFailureAfterMs(hostName)
    if (afterMs !== undefined) this.#at(this.#nowMs + afterMs, { kind: 'hostFails', driver, hostName })
    return [this.#hosts.report(driver)]
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'superviseAttempt':
        return this.#supervise(effect.jobId)
      case 'stopAttempt': {
        const run = this.#runOf.get(effect.jobId)
        if (run) this.#at(this.#nowMs + this.#scenario.stopGraceSeconds * 1000, { kind: 'stopped', run })
        return
      }
      case 'wakeForTimeout':
        return this.#at(effect.startedAtMs + effect.timeoutMs - startMs, {
          kind: 'due',
          command: attemptTimedOut(effect),
        })
      case 'settleComputeEnvironment':
        return this.#at(this.#nowMs, { kind: 'due', command: settleComputeEnvironment(effect.name) })
      case 'settleJobQueue':
        return this.#at(this.#nowMs, { kind: 'due', command: settleJobQueue(effect.name) })
      case 'settleResource':
        return this.#at(this.#nowMs, { kind: 'due', command: settleResource(effect.kind, effect.arn) })
      default:
        throw new Error(`the simulation does not know the effect ${JSON.stringify(effect satisfies never)}`)
    }
  }

  #supervise(jobId: string): void {
    const job = this.#server.state.jobs.get(jobId)
    const attempt = job && liveAttempt(job)
    if (!job || !attempt) return
    const { work } = this.#figures.submissionOf(job)
    const index = job.arrayIndex ?? 0
    const { number, driver, hostName } = attempt
    const run: Run = { jobId, number, work, index, driver, hostName, silent: false, over: false }
    this.#runs.add(run)
    this.#runOf.set(jobId, run)
    const { startSeconds = 0, seed } = this.#scenario
    const seconds =
      typeof startSeconds === 'number'
        ? startSeconds
        : draw(startSeconds, createRandom(seed, this.#startSeed, job.seq, number))
    this.#at(this.#nowMs + Math.max(0, seconds) * 1000, { kind: 'starts', run })
  }
}

/** Host failures go on forever; everything else ends with the jobs. */
function isPassing({ kind }: Happening): boolean {
  return kind !== 'hostFails' && kind !== 'hostReturns'
}
