import { Gate } from '../../ground/gate.ts'
import { linesOf } from '../../ground/lines.ts'
import { stableId } from '../../ground/stable-id.ts'
import { type AttemptSpec, DriverUnavailable } from '../driver.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import { canonicalImage, type ImageReference } from './image-reference.ts'
import { authHeader, registryAuth } from './registry-auth.ts'

/** Fetches images: each once, however many jobs ask for it at the same time, and only so many at once. */
export interface ImagePulls {
  /**
   * Resolves when the engine has the image. Rejects with `PullFailed` (the registry or the engine said no),
   * `DriverUnavailable`, or, once `signal` fires, at once; the pull ends when nobody waits for it any more. With credentials
   * of its own it is shared only with those who have the same ones: what is wrong with them is nobody else's. `onProgress` is told,
   * about once a second, how far it is: `is being pulled: 12 of 40 MiB`.
   */
  pull(
    image: ImageReference,
    signal: AbortSignal,
    credentials?: Credentials,
    onProgress?: (progress: string) => void,
  ): Promise<void>
  /** One sentence on each pull under way. */
  progress(): string[]
}

type Credentials = NonNullable<AttemptSpec['registryAuth']>

/** `message` is what Docker said. */
export class PullFailed extends Error {
  override readonly name = 'PullFailed'
}

interface Pull {
  readonly name: string
  readonly done: Promise<void>
  readonly abort: AbortController
  waiting: number
  /** Layer id → bytes fetched, of the layers seen so far. */
  readonly layers: Layers
  readonly progress: Progress
}

interface Progress {
  /** Those who want to hear how far it is. */
  readonly listeners: Set<(progress: string) => void>
  /** What they heard last. */
  text: string
}

type Layers = Map<string, { current: number; total: number; isDone: boolean }>

const betweenProgressMs = 1000
/** A registry that sends nothing for so long is given up. */
const idleTimeoutMs = 10 * 60_000

export function createImagePulls(
  engine: EngineClient,
  atOnce: number,
  steady: () => number = () => performance.now(),
): ImagePulls {
  const gate = new Gate(atOnce)
  const pulls = new Map<string, Pull>()

  function begin(key: string, image: ImageReference, credentials: Credentials | undefined): Pull {
    const abort = new AbortController()
    const layers: Layers = new Map()
    const progress: Progress = { listeners: new Set(), text: 'waits until fewer images are being pulled' }
    let toldAtMs = Number.NEGATIVE_INFINITY
    const tell = () => {
      if (steady() - toldAtMs < betweenProgressMs) return
      toldAtMs = steady()
      progress.text = progressOf(layers)
      for (const hear of progress.listeners) hear(progress.text)
    }
    const done = gate.pass(() => {
      tell()
      return fetchImage({ engine, image, credentials, layers, onLine: tell }, abort.signal)
    }, abort.signal)
    const name = canonicalImage(image)
    const pull: Pull = { name, done, abort, layers, progress, waiting: 0 }
    pulls.set(key, pull)
    const end = () => {
      if (pulls.get(key) === pull) pulls.delete(key)
    }
    done.then(end, end)
    return pull
  }

  return {
    async pull(image, signal, credentials, onProgress) {
      signal.throwIfAborted()
      const key = `${canonicalImage(image)} ${credentials === undefined ? '' : fingerprint(credentials)}`
      const pull = pulls.get(key) ?? begin(key, image, credentials)
      pull.waiting++
      if (onProgress) {
        pull.progress.listeners.add(onProgress)
        onProgress(pull.progress.text)
      }
      let giveUp = () => {}
      const givenUp = new Promise<never>((_, reject) => {
        giveUp = () => reject(new DriverUnavailable('the wait for the image was given up'))
      })
      signal.addEventListener('abort', giveUp, { once: true })
      try {
        await Promise.race([pull.done, givenUp])
      } finally {
        signal.removeEventListener('abort', giveUp)
        if (onProgress) pull.progress.listeners.delete(onProgress)
        pull.waiting--
        if (pull.waiting === 0) {
          // Not found any more by whoever asks next: it is about to end.
          if (pulls.get(key) === pull) pulls.delete(key)
          pull.abort.abort(new DriverUnavailable('nobody waits for the image'))
        }
      }
    },
    progress() {
      return [...pulls.values()].map(({ name, layers }) => {
        const all = [...layers.values()]
        const bytes = all.reduce((sum, layer) => sum + layer.current, 0)
        const done = all.filter((layer) => layer.isDone).length
        return `Pulling ${name}: ${done} of ${all.length} layers, ${Math.round(bytes / 1e6)} MB.`
      })
    },
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

/** As far as the engine tells: layers whose size it has not said yet are left out. */
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
  readonly layers: Layers
  onLine(): void
}

async function fetchImage({ engine, image, credentials, layers, onLine }: Fetch, signal: AbortSignal): Promise<void> {
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
        if (line.trim() !== '') noteLine(JSON.parse(line), layers)
        onLine()
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
  // "Extracting" counts the same bytes again; what was fetched is the larger figure.
  if (isDone || total > 0) {
    layers.set(line.id, {
      current: Math.max(current, before?.current ?? 0),
      total: total || (before?.total ?? 0),
      isDone,
    })
  }
}

/** The longest line of progress that is kept while its end has not come. */
const longestLine = 1024 * 1024
