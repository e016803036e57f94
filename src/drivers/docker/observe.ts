import { Gate } from '../../ground/gate.ts'
import { delay } from '../../ground/timers.ts'
import type { Observation } from '../driver.ts'
import { type ContainerState, type Containers, hasRun, type ListedContainer, timeMs } from './containers.ts'
import type { EngineClock } from './engine-clock.ts'
import { ownAddressLabel } from './names.ts'

type Running = Extract<Observation, { kind: 'running' }>

/**
 * Up to this many names, each is inspected with a call of its own. A list of all containers costs
 * as much as several of these calls.
 */
const fewNames = 8
const looksAtOnce = 8
/**
 * Running attempts whose start times and addresses are cached, so that another look costs only the
 * list.
 */
const mostRunning = 20_000
/** How long a noted end is used instead of asking the engine, and how many are kept. */
const endMs = 2_000
const mostEnds = 1_000
/**
 * How long the engine's out-of-memory report may lag behind its report of the end, and how long it
 * can be looked up.
 */
const oomReportDelayMs = 500
const oomReportPollMs = 100
const oomReportKeptMs = 60_000
/** Attempts that are remembered because only an event reported that they ran out of memory. */
const mostOomReports = 10_000

/**
 * Answers `inspect`: one list call for many names, and a closer look only where details are not
 * known yet.
 */
export class Observer {
  readonly #containers: Containers
  readonly #clock: Pick<EngineClock, 'toOurs'>
  readonly #addressOf: (networkMode: string) => Promise<string | undefined>
  readonly #running = new Map<string, { id: string; observation: Running }>()
  readonly #gate = new Gate(looksAtOnce)
  readonly #oomReports = new Set<string>()
  readonly #ends = new Map<string, { until: number; observation: Observation }>()

  /** `addressOf` returns the address of a container with this network mode, if it has one. */
  constructor(
    containers: Containers,
    clock: Pick<EngineClock, 'toOurs'>,
    addressOf: (networkMode: string) => Promise<string | undefined>,
  ) {
    this.#containers = containers
    this.#clock = clock
    this.#addressOf = addressOf
  }

  /**
   * Throws `DriverUnavailable`. `isStarting` says whether a start of that name is under way in this
   * process.
   */
  async observe(names: readonly string[], isStarting: (name: string) => boolean): Promise<Map<string, Observation>> {
    const rows =
      names.length <= fewNames
        ? undefined
        : new Map((await this.#containers.list()).map((row) => [row.attempt, row] as const))
    const answers = names.map(async (name) => {
      const listed = rows && this.#fromList(name, rows.get(name), isStarting(name))
      return [name, listed ?? (await this.#lookAt(name, isStarting(name)))] as const
    })
    return new Map(await Promise.all(answers))
  }

  /**
   * Notes an end that was just seen. The inspection that follows the end of the output then costs
   * nothing.
   */
  noteEnd(name: string, container: ContainerState): void {
    const observation = observationOf(container, false, this.#clock)
    if (mayLackOomReport(container) || mayBeLost(container, observation)) return
    this.#ends.set(name, { until: performance.now() + endMs, observation })
    if (this.#ends.size > mostEnds) this.#ends.delete(this.#ends.keys().next().value!)
  }

  forget(name: string): void {
    this.#running.delete(name)
    this.#ends.delete(name)
  }

  async #lookAt(name: string, isStarting: boolean): Promise<Observation> {
    const end = this.#ends.get(name)
    if (end !== undefined && performance.now() < end.until) return end.observation
    this.#ends.delete(name)
    const container = await this.#gate.pass(() => this.#containers.look(name))
    let observation = observationOf(container, isStarting, this.#clock)
    if (container !== undefined && observation.kind === 'exited' && mayLackOomReport(container)) {
      observation = { ...observation, outOfMemory: await this.#ranOutOfMemory(container) }
    }
    if (container !== undefined && observation.kind === 'exited' && mayBeLost(container, observation)) {
      const engineStartedMs = await this.#containers.engineStartedMs()
      if (endedWithEngine(container, engineStartedMs)) observation = lostAs(observation)
    }
    if (container === undefined || observation.kind !== 'running') {
      this.#running.delete(name)
      return observation
    }
    const known = this.#running.get(name)
    if (known?.id === container.Id) return known.observation
    return this.#noteRunning(name, container, observation)
  }

  async #noteRunning(name: string, container: ContainerState, seen: Running): Promise<Running> {
    const hasAddress = container.Config.Labels?.[ownAddressLabel] !== undefined
    const address = hasAddress
      ? await this.#gate.pass(() => this.#addressOf(container.HostConfig.NetworkMode))
      : undefined
    const observation = address === undefined ? seen : { ...seen, address }
    // The address is missing although it should be there, so inspect again.
    if (hasAddress && address === undefined) return observation
    this.#running.set(name, { id: container.Id, observation })
    if (this.#running.size > mostRunning) this.#running.delete(this.#running.keys().next().value!)
    return observation
  }

  /**
   * Docker learns of the end and of its cause in two ways. If the cause comes second, its flag may
   * be set late or be lost forever (observed in one case of ten), but there is an event for it.
   */
  async #ranOutOfMemory({ Id, Created, State }: ContainerState): Promise<boolean> {
    if (this.#oomReports.has(Id)) return true
    const age = Date.now() - this.#clock.toOurs(timeMs(State.FinishedAt) ?? 0)
    if (age > oomReportKeptMs) return false
    let isReported = await this.#containers.reportedOutOfMemory(Id, Date.parse(Created))
    for (let waited = age; !isReported && waited < oomReportDelayMs; waited += oomReportPollMs) {
      await delay(oomReportPollMs)
      isReported = await this.#containers.reportedOutOfMemory(Id, Date.parse(Created))
    }
    if (isReported) this.#oomReports.add(Id)
    if (this.#oomReports.size > mostOomReports) this.#oomReports.delete(this.#oomReports.values().next().value!)
    return isReported
  }

  /** What the list alone shows; `undefined` where a closer look is needed. */
  #fromList(name: string, row: ListedContainer | undefined, isStarting: boolean): Observation | undefined {
    if (row === undefined) return isStarting ? { kind: 'starting' } : { kind: 'absent' }
    if (row.status === 'created') return { kind: 'starting' }
    const known = this.#running.get(name)
    if (row.status === 'running' && known?.id === row.id) return known.observation
    return undefined
  }
}

export function observationOf(
  container: ContainerState | undefined,
  isStarting: boolean,
  clock: Pick<EngineClock, 'toOurs'>,
): Observation {
  if (container === undefined) return isStarting ? { kind: 'starting' } : { kind: 'absent' }
  const { State } = container
  const ours = (text: string) => {
    const ms = timeMs(text)
    return ms === undefined ? undefined : clock.toOurs(ms)
  }
  const startedAtMs = ours(State.StartedAt)
  const createdMs = ours(container.Created) ?? 0
  if (State.Running) return { kind: 'running', startedAtMs: startedAtMs ?? createdMs }
  if (!hasRun(container)) return { kind: 'starting' }
  return {
    kind: 'exited',
    exitCode: State.ExitCode,
    // Docker sets the flag for any process of the container that the kernel killed. A container
    // whose main process still ended well did not fail for lack of memory.
    outOfMemory: State.OOMKilled === true && State.ExitCode !== 0,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    // For a very short run Docker may record the end a moment before the beginning.
    stoppedAtMs: Math.max(ours(State.FinishedAt) ?? 0, startedAtMs ?? createdMs),
  }
}

/**
 * The exit codes of an attempt that goes down with its engine. 255 is Docker's code for a process
 * that is gone when the engine comes up again. SIGTERM or SIGKILL ends the attempt in an orderly
 * shutdown, or when the next engine finds it without its keeper.
 */
const endsWithEngine = new Set([255, 143, 137])
/**
 * The time from an engine's shutdown until it is up again. A machine that boots takes some minutes.
 */
const restartWithinMs = 600_000

function mayBeLost({ State }: ContainerState, seen: Observation): boolean {
  return seen.kind === 'exited' && !seen.outOfMemory && endsWithEngine.has(State.ExitCode)
}

/**
 * All three times are by the engine's own clock. An attempt that ended after the engine was
 * started, or long before, ended by itself.
 */
function endedWithEngine({ State }: ContainerState, engineStartedMs: number | undefined): boolean {
  const [startedMs, finishedMs] = [timeMs(State.StartedAt), timeMs(State.FinishedAt)]
  if (startedMs === undefined || finishedMs === undefined || engineStartedMs === undefined) return false
  return startedMs < engineStartedMs && finishedMs <= engineStartedMs && engineStartedMs - finishedMs <= restartWithinMs
}

function lostAs({ startedAtMs, stoppedAtMs }: Extract<Observation, { kind: 'exited' }>): Observation {
  const why = 'the container engine, or the machine it runs on, was restarted while the attempt ran'
  return { kind: 'lost', ...(startedAtMs === undefined ? {} : { startedAtMs }), stoppedAtMs, why }
}

/** The attempt ended by SIGKILL, and nothing mentions memory. */
function mayLackOomReport({ State }: ContainerState): boolean {
  return !State.Running && State.ExitCode === 137 && State.OOMKilled !== true
}
