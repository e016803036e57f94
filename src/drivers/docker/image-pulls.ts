import { backoffMs } from '../../ground/backoff.ts'
import { Gate } from '../../ground/gate.ts'
import { linesOf } from '../../ground/lines.ts'
import { stableId } from '../../ground/stable-id.ts'
import { delay } from '../../ground/timers.ts'
import { canonicalImage, type ImageReference } from '../../model/image-reference.ts'
import { limits } from '../../model/limits.ts'
import { type AttemptSpec, DriverUnavailable } from '../driver.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import { mayPass, PullFailed, shortened, withoutCredentials } from './pull-failure.ts'
import { authHeader, registryAuth, secretsOf } from './registry-auth.ts'

export type Credentials = NonNullable<AttemptSpec['registryAuth']>

type Layers = Map<string, { current: number; total: number; isDone: boolean }>

export interface PullsOptions {
  /** Images fetched at once. */
  readonly atOnce: number
  /** How often a pull is tried whose failure may pass. Default 1. */
  readonly tries?: number
  readonly steady?: () => number
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
  /** Surrounds each try of a pull, once it waits for nothing more: it calls `fetch` once. */
  readonly around?: (image: ImageReference, fetch: () => Promise<void>) => Promise<void>
}

export interface PullWish {
  readonly signal: AbortSignal
  readonly credentials?: Credentials | undefined
  /** Hears about once a second how far the pull is: `is being pulled: 1 of 3 layers, 12 of 40 MiB`. */
  readonly onProgress?: ((progress: string) => void) | undefined
  /** A failure is final for this caller. Counts only for the caller who begins the pull. */
  readonly triesOnce?: boolean
}

const betweenProgressMs = 1000

/**
 * Fetches images. Each is fetched once, however many jobs ask for it at the same time, and only a
 * few are fetched at once.
 */
export class ImagePulls {
  readonly #engine: EngineClient
  readonly #options: Required<Omit<PullsOptions, 'atOnce'>>
  readonly #gate: Gate
  readonly #pulls = new Map<string, Pull>()
  readonly #figures = { pulled: 0, failed: 0, fetchedBytes: 0, seconds: 0 }

  constructor(engine: EngineClient, { atOnce, ...options }: PullsOptions) {
    this.#engine = engine
    this.#options = {
      tries: 1,
      steady: () => performance.now(),
      wait: delay,
      around: (_, fetch) => fetch(),
      ...options,
    }
    this.#gate = new Gate(atOnce)
  }

  /**
   * Resolves when the engine has the image. Rejects with `PullFailed` (the registry or the engine
   * refused), with `DriverUnavailable`, or at once when the signal fires. The pull ends when nobody
   * waits for it any more. A pull with credentials of its own is shared only among callers with the
   * same ones, so that a fault in them affects nobody else.
   */
  async pull(image: ImageReference, wish: PullWish): Promise<void> {
    const { signal, credentials, onProgress } = wish
    signal.throwIfAborted()
    const key = `${canonicalImage(image)} ${credentials === undefined ? '' : fingerprint(credentials)}`
    const pull = this.#pulls.get(key) ?? this.#begin(key, image, wish)
    pull.waiting++
    pull.hear(onProgress)
    let giveUp = () => {}
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = () => reject(new DriverUnavailable('the wait for the image was given up'))
    })
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await Promise.race([pull.done, givenUp])
    } finally {
      signal.removeEventListener('abort', giveUp)
      pull.hearNoMore(onProgress)
      pull.waiting--
      if (pull.waiting === 0) {
        // A later caller no longer finds this pull, because it is about to end.
        this.#forget(key, pull)
        pull.abort.abort(new DriverUnavailable('nobody waits for the image'))
      }
    }
  }

  /** One sentence for each pull under way. */
  progress(): string[] {
    return [...this.#pulls.values()].map((pull) => pull.sentence())
  }

  /** Whether the image of this name, in full, is being pulled. */
  isPulling(name: string): boolean {
    return [...this.#pulls.values()].some((pull) => pull.name === name)
  }

  figures() {
    return { ...this.#figures, underWay: this.#pulls.size }
  }

  #begin(key: string, image: ImageReference, wish: PullWish): Pull {
    const pull = new Pull(canonicalImage(image), this.#options.steady)
    pull.done = this.#tryAgain(image, pull, wish)
    this.#pulls.set(key, pull)
    const end = () => this.#forget(key, pull)
    pull.done.then(end, end)
    return pull
  }

  /** The places of the gate are for pulls. One that waits for its next try holds none. */
  async #tryAgain(image: ImageReference, pull: Pull, { credentials, triesOnce }: PullWish): Promise<void> {
    const { tries, wait } = this.#options
    const { signal } = pull.abort
    const { least, most } = limits.imagePullBackoffMs
    for (let tried = 1; ; tried++) {
      try {
        await this.#gate.pass(() => this.#fetch(image, pull, credentials), signal)
        this.#figures.pulled++
        return
      } catch (error) {
        if (error instanceof PullFailed) this.#figures.failed++
        if (triesOnce || !(error instanceof PullFailed) || tried >= tries || !mayPass(error.message)) throw error
        const why = shortened(error.message)
        pull.say(`could not be pulled, and is tried again (${tried} of ${tries} tries: ${why})`)
        await wait(backoffMs(tried - 1, least, most), signal)
        signal.throwIfAborted()
        pull.say('waits until fewer images are being pulled')
      }
    }
  }

  async #fetch(image: ImageReference, pull: Pull, credentials: Credentials | undefined): Promise<void> {
    const { around, steady } = this.#options
    const sinceMs = steady()
    pull.begin()
    try {
      const fetch = () => fetchImage({ engine: this.#engine, image, credentials, pull }, pull.abort.signal)
      await around(image, fetch)
    } finally {
      this.#figures.seconds += (steady() - sinceMs) / 1000
      this.#figures.fetchedBytes += pull.fetchedBytes
    }
  }

  #forget(key: string, pull: Pull): void {
    if (this.#pulls.get(key) === pull) this.#pulls.delete(key)
  }
}

/** One pull under way, and the callers who wait for it. */
class Pull {
  readonly abort = new AbortController()
  done: Promise<void> = Promise.resolve()
  waiting = 0
  /** The image's name in full. */
  readonly name: string
  readonly #steady: () => number
  /** The layers seen in this try, by id: the bytes fetched of each. */
  readonly #layers: Layers = new Map()
  readonly #listeners = new Set<(progress: string) => void>()
  /** What the listeners heard last, and when. */
  #told = 'waits until fewer images are being pulled'
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor(name: string, steady: () => number) {
    this.name = name
    this.#steady = steady
  }

  /** A try begins. */
  begin(): void {
    this.#layers.clear()
    this.#toldAtMs = Number.NEGATIVE_INFINITY
    this.tell()
  }

  get fetchedBytes(): number {
    return [...this.#layers.values()].reduce((sum, layer) => sum + (layer.isDone ? layer.total : layer.current), 0)
  }

  hear(listener: ((progress: string) => void) | undefined): void {
    if (!listener) return
    this.#listeners.add(listener)
    listener(this.#told)
  }

  hearNoMore(listener: ((progress: string) => void) | undefined): void {
    if (listener) this.#listeners.delete(listener)
  }

  /** Throws `PullFailed` if the line reports a failure. */
  take(line: PullLine): void {
    noteLine(line, this.#layers)
    this.tell()
  }

  tell(): void {
    if (this.#steady() - this.#toldAtMs < betweenProgressMs) return
    this.#toldAtMs = this.#steady()
    this.say(progressOf(this.#layers))
  }

  say(progress: string): void {
    this.#told = progress
    for (const listener of this.#listeners) listener(progress)
  }

  sentence(): string {
    return `${this.name} ${this.#told}.`
  }
}

function fingerprint({ username, password }: Credentials): string {
  return stableId(JSON.stringify([username, password]))
}

/** A line of the answer to `POST /images/create`. */
interface PullLine {
  id?: string
  status?: string
  error?: string
  progressDetail?: { current?: number; total?: number }
}

/**
 * Progress as far as the engine reports it. Layers whose size is not known yet are left out of the
 * bytes, and layers that the engine had already count as done.
 */
function progressOf(layers: Layers): string {
  if (layers.size === 0) return 'is being pulled'
  const all = [...layers.values()]
  const done = all.filter(({ isDone }) => isDone).length
  const ofLayers = `is being pulled: ${done} of ${all.length} layers`
  const sized = all.filter(({ total }) => total > 0)
  if (sized.length === 0) return ofLayers
  const mebibytes = (bytes: number) => Math.round(bytes / 1_048_576)
  const fetched = sized.reduce((sum, { current, total, isDone }) => sum + (isDone ? total : current), 0)
  const inSum = sized.reduce((sum, { total }) => sum + total, 0)
  return `${ofLayers}, ${mebibytes(fetched)} of ${mebibytes(inSum)} MiB`
}

interface Fetch {
  readonly engine: EngineClient
  readonly image: ImageReference
  readonly credentials: Credentials | undefined
  readonly pull: Pull
}

async function fetchImage({ engine, image, credentials, pull }: Fetch, signal: AbortSignal): Promise<void> {
  const repository = image.registry === 'docker.io' ? image.path : `${image.registry}/${image.path}`
  const auth = credentials === undefined ? await registryAuth(image.registry) : authHeader(image.registry, credentials)
  try {
    const answer = await engine.stream({
      method: 'POST',
      path: '/images/create',
      query: { fromImage: repository, tag: image.digest ?? image.tag ?? 'latest' },
      ...(auth === undefined ? {} : { headers: { 'X-Registry-Auth': auth } }),
      timeoutMs: limits.imagePullIdleMs,
      signal,
    })
    const stop = () => answer.destroy()
    signal.addEventListener('abort', stop, { once: true })
    const idle = setTimeout(stop, limits.imagePullIdleMs)
    try {
      for await (const line of linesOf(answer, longestLine)) {
        idle.refresh()
        if (line.trim() !== '') pull.take(JSON.parse(line) as PullLine)
      }
    } finally {
      clearTimeout(idle)
      signal.removeEventListener('abort', stop)
    }
  } catch (error) {
    if (error instanceof DriverUnavailable) throw error
    // Jobs, logs and everybody who sees the progress get this text.
    const said = withoutCredentials((error as Error).message, auth === undefined ? [] : secretsOf(auth))
    if (error instanceof EngineRefusal) throw new PullFailed(`Error response from daemon: ${said}`)
    if (error instanceof PullFailed) throw new PullFailed(said)
    throw new DriverUnavailable(`the pull was cut short: ${shortened(said)}`)
  }
}

/** What the engine says of a layer. What it says of the whole image has other words, or no id. */
const ofLayer =
  /^(?:Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists)$/

function noteLine(line: PullLine, layers: Layers): void {
  if (line.error !== undefined) throw new PullFailed(line.error)
  if (line.id === undefined || line.status === undefined || !ofLayer.test(line.status)) return
  const isDone = line.status === 'Pull complete' || line.status === 'Already exists'
  const { current = 0, total = 0 } = line.progressDetail ?? {}
  const before = layers.get(line.id)
  // "Extracting" counts the same bytes again. The larger figure is the one that was fetched.
  layers.set(line.id, {
    current: Math.max(current, before?.current ?? 0),
    total: total || (before?.total ?? 0),
    isDone,
  })
}

/** The longest line of progress that is kept while its end has not arrived. */
const longestLine = 1024 * 1024
