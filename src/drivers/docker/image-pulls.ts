import { Gate } from '../../ground/gate.ts'
import { linesOf } from '../../ground/lines.ts'
import { stableId } from '../../ground/stable-id.ts'
import { canonicalImage, type ImageReference } from '../../model/image-reference.ts'
import { type AttemptSpec, DriverUnavailable } from '../driver.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import { authHeader, registryAuth } from './registry-auth.ts'

type Credentials = NonNullable<AttemptSpec['registryAuth']>

/** `message` is Docker's own text. */
export class PullFailed extends Error {
  override readonly name = 'PullFailed'
}

type Layers = Map<string, { current: number; total: number; isDone: boolean }>

const betweenProgressMs = 1000
/** A pull is abandoned when the registry sends nothing for this long. */
const idleTimeoutMs = 10 * 60_000

/**
 * Fetches images. Each is fetched once, however many jobs ask for it at the same time, and only a
 * few are fetched at once.
 */
export class ImagePulls {
  readonly #engine: EngineClient
  readonly #steady: () => number
  readonly #gate: Gate
  readonly #pulls = new Map<string, Pull>()

  constructor(engine: EngineClient, atOnce: number, steady = () => performance.now()) {
    this.#engine = engine
    this.#steady = steady
    this.#gate = new Gate(atOnce)
  }

  /**
   * Resolves when the engine has the image. Rejects with `PullFailed` (the registry or the engine
   * refused), with `DriverUnavailable`, or at once when `signal` fires. The pull ends when nobody
   * waits for it any more. A pull with credentials of its own is shared only among callers with the
   * same ones, so that a fault in them affects nobody else. `onProgress` hears about once a second
   * how far the pull is: `is being pulled: 12 of 40 MiB`.
   */
  async pull(
    image: ImageReference,
    signal: AbortSignal,
    credentials?: Credentials,
    onProgress?: (progress: string) => void,
  ): Promise<void> {
    signal.throwIfAborted()
    const key = `${canonicalImage(image)} ${credentials === undefined ? '' : fingerprint(credentials)}`
    const pull = this.#pulls.get(key) ?? this.#begin(key, image, credentials)
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

  #begin(key: string, image: ImageReference, credentials: Credentials | undefined): Pull {
    const pull = new Pull(canonicalImage(image), this.#steady)
    pull.done = this.#gate.pass(() => {
      pull.tell()
      return fetchImage({ engine: this.#engine, image, credentials, pull }, pull.abort.signal)
    }, pull.abort.signal)
    this.#pulls.set(key, pull)
    const end = () => this.#forget(key, pull)
    pull.done.then(end, end)
    return pull
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
  readonly #name: string
  readonly #steady: () => number
  /** The layers seen so far, by id: the bytes fetched of each. */
  readonly #layers: Layers = new Map()
  readonly #listeners = new Set<(progress: string) => void>()
  /** What the listeners heard last, and when. */
  #told = 'waits until fewer images are being pulled'
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor(name: string, steady: () => number) {
    this.#name = name
    this.#steady = steady
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
    this.#told = progressOf(this.#layers)
    for (const listener of this.#listeners) listener(this.#told)
  }

  sentence(): string {
    const all = [...this.#layers.values()]
    const bytes = all.reduce((sum, layer) => sum + layer.current, 0)
    const done = all.filter((layer) => layer.isDone).length
    return `Pulling ${this.#name}: ${done} of ${all.length} layers, ${Math.round(bytes / 1e6)} MB.`
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

/** Progress as far as the engine reports it. Layers whose size is not known yet are left out. */
function progressOf(layers: Layers): string {
  const sized = [...layers.values()].filter(({ total }) => total > 0)
  if (sized.length === 0) return 'is being pulled'
  const mebibytes = (bytes: number) => Math.round(bytes / 1_048_576)
  const fetched = sized.reduce((sum, { current, total, isDone }) => sum + (isDone ? total : current), 0)
  const all = sized.reduce((sum, { total }) => sum + total, 0)
  return `is being pulled: ${mebibytes(fetched)} of ${mebibytes(all)} MiB`
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
      timeoutMs: idleTimeoutMs,
      signal,
    })
    const stop = () => answer.destroy()
    signal.addEventListener('abort', stop, { once: true })
    const idle = setTimeout(stop, idleTimeoutMs)
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
    if (error instanceof EngineRefusal) throw new PullFailed(`Error response from daemon: ${error.message}`)
    if (error instanceof PullFailed || error instanceof DriverUnavailable) throw error
    throw new DriverUnavailable(`the pull was cut short: ${(error as Error).message}`)
  }
}

function noteLine(line: PullLine, layers: Layers): void {
  if (line.error !== undefined) throw new PullFailed(line.error)
  if (line.id === undefined || line.status === undefined) return
  const isDone = line.status === 'Pull complete' || line.status === 'Already exists'
  const { current = 0, total = 0 } = line.progressDetail ?? {}
  const before = layers.get(line.id)
  // "Extracting" counts the same bytes again. The larger figure is the one that was fetched.
  if (isDone || total > 0) {
    layers.set(line.id, {
      current: Math.max(current, before?.current ?? 0),
      total: total || (before?.total ?? 0),
      isDone,
    })
  }
}

/** The longest line of progress that is kept while its end has not arrived. */
const longestLine = 1024 * 1024
