import { setTimeout as delay } from 'node:timers/promises'
import { Gate } from '../../ground/gate.ts'
import type { Observation } from '../driver.ts'
import { type ContainerState, type Containers, hasRun, type ListedContainer, timeMs } from './containers.ts'
import { ownAddressLabel } from './names.ts'

/** Answers `inspect`: one list call for many names, and a closer look only at those whose details are not known yet. */
export interface Observer {
  /** Throws `DriverUnavailable`. `isStarting` says whether a start of that name is under way in this process. */
  observe(names: readonly string[], isStarting: (name: string) => boolean): Promise<Map<string, Observation>>
  /** Takes an end that was just seen, so that the question which follows the end of the output costs nothing. */
  noteEnd(name: string, container: ContainerState): void
  forget(name: string): void
}

type Running = Extract<Observation, { kind: 'running' }>

/** Up to here each name is looked at by a call of its own; a list of all containers costs as much as several of these. */
const fewNames = 8
const looksAtOnce = 8
/** Running attempts whose start times and addresses are kept, so that looking again costs nothing beyond the list. */
const mostRunning = 20_000
/** How long an end that was noted answers for the engine, and how many are kept. */
const endMs = 2_000
const mostEnds = 1_000
/** How long the engine's out-of-memory report may come after the report of the end, and how long it can be looked up. */
const oomReportDelayMs = 500
const oomReportPollMs = 100
const oomReportKeptMs = 60_000
/** Attempts kept of which only an event told that they ran out of memory. */
const mostOomReports = 10_000

/** `addressOf` gives the address of what runs in a network mode, as far as it has one. */
export function createObserver(
  containers: Containers,
  addressOf: (networkMode: string) => Promise<string | undefined>,
): Observer {
  const running = new Map<string, { id: string; observation: Running }>()
  const gate = new Gate(looksAtOnce)

  const oomReports = new Set<string>()
  const ends = new Map<string, { until: number; observation: Observation }>()

  async function lookAt(name: string, isStarting: boolean): Promise<Observation> {
    const end = ends.get(name)
    if (end !== undefined && Date.now() < end.until) return end.observation
    ends.delete(name)
    const container = await gate.pass(() => containers.look(name))
    let observation = observationOf(container, isStarting)
    if (container !== undefined && observation.kind === 'exited' && mayLackOomReport(container)) {
      observation = { ...observation, outOfMemory: await ranOutOfMemory(container) }
    }
    if (container === undefined || observation.kind !== 'running') {
      running.delete(name)
      return observation
    }
    const known = running.get(name)
    if (known?.id === container.Id) return known.observation
    return noteRunning(name, container, observation)
  }

  async function noteRunning(name: string, container: ContainerState, seen: Running): Promise<Running> {
    const hasAddress = container.Config.Labels?.[ownAddressLabel] !== undefined
    const address = hasAddress ? await gate.pass(() => addressOf(container.HostConfig.NetworkMode)) : undefined
    const observation = address === undefined ? seen : { ...seen, address }
    // Without an address it should have, it is looked at again.
    if (hasAddress && address === undefined) return observation
    running.set(name, { id: container.Id, observation })
    if (running.size > mostRunning) running.delete(running.keys().next().value!)
    return observation
  }

  /**
   * Docker learns of the end and of its cause on two ways. When the cause comes second, its flag may be set late or be lost
   * for ever (seen in one of ten), but there is an event of it.
   */
  async function ranOutOfMemory({ Id, Created, State }: ContainerState): Promise<boolean> {
    if (oomReports.has(Id)) return true
    const age = Date.now() - (timeMs(State.FinishedAt) ?? 0)
    if (age > oomReportKeptMs) return false
    let isReported = await containers.reportedOutOfMemory(Id, Date.parse(Created))
    for (let waited = age; !isReported && waited < oomReportDelayMs; waited += oomReportPollMs) {
      await delay(oomReportPollMs)
      isReported = await containers.reportedOutOfMemory(Id, Date.parse(Created))
    }
    if (isReported) oomReports.add(Id)
    if (oomReports.size > mostOomReports) oomReports.delete(oomReports.values().next().value!)
    return isReported
  }

  /** What the list alone tells; `undefined` where it takes a closer look. */
  function fromList(name: string, row: ListedContainer | undefined, isStarting: boolean): Observation | undefined {
    if (row === undefined) return isStarting ? { kind: 'starting' } : { kind: 'absent' }
    if (row.status === 'created') return { kind: 'starting' }
    const known = running.get(name)
    if (row.status === 'running' && known?.id === row.id) return known.observation
    return undefined
  }

  return {
    async observe(names, isStarting) {
      const rows =
        names.length <= fewNames
          ? undefined
          : new Map((await containers.list()).map((row) => [row.attempt, row] as const))
      const answers = names.map(async (name) => {
        const listed = rows && fromList(name, rows.get(name), isStarting(name))
        return [name, listed ?? (await lookAt(name, isStarting(name)))] as const
      })
      return new Map(await Promise.all(answers))
    },
    noteEnd(name, container) {
      if (mayLackOomReport(container)) return
      ends.set(name, { until: Date.now() + endMs, observation: observationOf(container, false) })
      if (ends.size > mostEnds) ends.delete(ends.keys().next().value!)
    },
    forget(name) {
      running.delete(name)
      ends.delete(name)
    },
  }
}

export function observationOf(container: ContainerState | undefined, isStarting: boolean): Observation {
  if (container === undefined) return isStarting ? { kind: 'starting' } : { kind: 'absent' }
  const { State } = container
  const startedAtMs = timeMs(State.StartedAt)
  if (State.Running) return { kind: 'running', startedAtMs: startedAtMs ?? Date.parse(container.Created) }
  if (!hasRun(container)) return { kind: 'starting' }
  return {
    kind: 'exited',
    exitCode: State.ExitCode,
    // Docker sets the flag for any process of the container that the kernel took; one whose main process went on to
    // end well has not failed for lack of memory.
    outOfMemory: State.OOMKilled === true && State.ExitCode !== 0,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    // Of a very short run Docker may note the end a moment before the beginning.
    stoppedAtMs: Math.max(timeMs(State.FinishedAt) ?? 0, startedAtMs ?? Date.parse(container.Created)),
  }
}

/** Ended by SIGKILL, and nothing said of memory. */
function mayLackOomReport({ State }: ContainerState): boolean {
  return !State.Running && State.ExitCode === 137 && State.OOMKilled !== true
}
