/**
 * Tries whether jobs reach this server, for each driver, from the network that its jobs have. A
 * firewall between the two is told here, and not first by a job that cannot fetch its input.
 */
import type { Logger } from 'pino'
import type { Driver } from '../../drivers/driver.ts'
import { send } from '../../ground/http-call.ts'
import { Repeating } from '../../ground/repeating.ts'
import { textIfThere } from '../../ground/text-file.ts'
import { limits } from '../../model/limits.ts'
import type { ServerMetrics } from '../metrics.ts'

export interface ReachOptions {
  readonly drivers: ReadonlyMap<string, Driver>
  readonly doors: {
    endpointFor(driver: string): string | undefined
    credentialsEndpointFor(driver: string): string | undefined
  }
  /** What jobs trust. */
  readonly trustFile: string | undefined
  readonly metrics: Pick<ServerMetrics, 'add'>
  readonly log: Pick<Logger, 'info' | 'warn'>
  readonly everyMs: number
}

/** The ways of a job to the server. */
type Way = 'api' | 'credentials'

interface Tried {
  readonly way: Way
  readonly url: string
  /** Absent: it is reached. */
  readonly why?: string
}

/** Paths that answer whoever asks, if only with a refusal. */
const paths: Readonly<Record<Way, string>> = { api: '/healthz', credentials: '/v4/' }

export class Reach {
  readonly #options: ReachOptions
  readonly #rounds: Repeating
  readonly #found = new Map<string, readonly Tried[]>()
  readonly #said = new Map<string, string>()

  constructor(options: ReachOptions) {
    this.#options = options
    const { everyMs, log, metrics } = options
    const whenFailed = 'whether jobs reach this server could not be tried; trying again later'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, run: (signal) => this.#tryAll(signal) })
    metrics.add({
      ...{ kind: 'gauge', name: 'openbatch_jobs_reach_server', labelNames: ['driver', 'way'] },
      help: 'Whether jobs of the driver reach the server: its API, and where they ask for credentials',
      read: () => this.#figures(),
    })
  }

  /** The first round goes on in the background. */
  start(): void {
    void this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  *#figures(): Iterable<readonly [{ driver: string; way: string }, number]> {
    for (const [driver, tried] of this.#found)
      for (const { way, why } of tried) yield [{ driver, way }, why === undefined ? 1 : 0]
  }

  async #tryAll(signal: AbortSignal): Promise<void> {
    const { drivers } = this.#options
    const running = [...drivers].filter(([, { isolation }]) => isolation !== undefined)
    await Promise.all(running.map(([name, driver]) => this.#try(name, driver, signal)))
  }

  async #try(name: string, driver: Driver, signal: AbortSignal): Promise<void> {
    const ways = this.#waysOf(name)
    if (ways.length === 0) return
    const urls = ways.map(({ url }) => url)
    const { trustFile } = this.#options
    const inside = await driver.reachFromJobs?.(urls, { trustFile, signal })
    const answers = inside ?? (await Promise.all(urls.map((url) => this.#answer(url, signal))))
    if (signal.aborted) return
    const tried = ways.map((way, index) => {
      const why = answers[index] ?? undefined
      return why === undefined ? way : { ...way, why }
    })
    this.#found.set(name, tried)
    this.#say(
      name,
      tried,
      inside === undefined && driver.hostAddressForJobs !== undefined ? 'this machine' : 'the network of jobs',
    )
  }

  #waysOf(driver: string): Tried[] {
    const { doors } = this.#options
    const ways: readonly [Way, string | undefined][] = [
      ['api', doors.endpointFor(driver)],
      ['credentials', doors.credentialsEndpointFor(driver)],
    ]
    return ways.flatMap(([way, at]) => (at === undefined ? [] : [{ way, url: `${at}${paths[way]}` }]))
  }

  /** Why there is no answer, or null. */
  async #answer(url: string, ending: AbortSignal): Promise<string | null> {
    const { trustFile } = this.#options
    const ca = trustFile === undefined ? undefined : textIfThere(trustFile)
    const signal = AbortSignal.any([ending, AbortSignal.timeout(limits.reachTryMs)])
    try {
      await send(new URL(url), { method: 'GET', headers: {}, signal, ca, bytesMax: limits.reachAnswerBytes })
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Logs once for each change, not at every round. */
  #say(driver: string, tried: readonly Tried[], from: string): void {
    const text = JSON.stringify([tried, from])
    if (this.#said.get(driver) === text) return
    this.#said.set(driver, text)
    const { log } = this.#options
    const missing = tried.filter(({ why }) => why !== undefined)
    const fields = { driver, from, tried }
    if (missing.length === 0) log.info(fields, 'jobs reach this server')
    else log.warn(fields, 'jobs do not reach this server by all ways; a firewall of this machine may be between them')
  }
}
