/**
 * The images of all drivers, as an operator sees them: lists them, pulls one for later jobs, and
 * removes those that no job needs.
 */
import { type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import type { ImageFigures, ImageListing, PruneWish, Pruning, PullOutcome } from '../../drivers/driver-images.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import { type Refusal, refuse } from '../../model/refusal.ts'
import type { FindImageSource } from './image-sources.ts'

export interface ImagesOptions {
  /** By name. */
  readonly drivers: ReadonlyMap<string, Driver>
  readonly defaultDriver: string
  readonly sourceOf: FindImageSource
  /** What the configuration says of clean-ups. */
  readonly cleanup: CleanupRules
  /** How long a call waits for the end of a pull. */
  readonly answerMs?: number
}

/** Counts where a wish does not say otherwise. */
export type CleanupRules = Pick<PruneWish, 'minimumAgeMs' | 'exclude'>

export type DriversImages =
  | ({ readonly driver: string; readonly kind: 'listed' } & ImageListing)
  | { readonly driver: string; readonly kind: 'unreachable' | 'notUsed'; readonly why: string }

export type Pulled = { readonly driver: string; readonly image: string } & (
  | PullOutcome
  | { readonly kind: 'pulling'; readonly progress?: string }
)

export type Pruned = { readonly driver: string } & Pruning

interface PullUnderWay {
  readonly outcome: Promise<PullOutcome>
  readonly told: { readonly progress?: string }
}

export class Images {
  readonly #options: ImagesOptions
  readonly #pulls = new Map<string, PullUnderWay>()
  readonly #closing = new AbortController()

  constructor(options: ImagesOptions) {
    this.#options = options
  }

  /** Of each driver, in their order. */
  list(): Promise<readonly DriversImages[]> {
    return Promise.all([...this.#options.drivers].map(([name, driver]) => listOf(name, driver)))
  }

  /**
   * Pulls the image as a job of that driver would, and goes on after the call. A call while the image
   * is being pulled joins the pull. Answers after a while in any case. Throws `DriverUnavailable`.
   */
  async pull(requested: string, driverName = this.#options.defaultDriver): Promise<Pulled | Refusal> {
    const found = this.#keeperOf(driverName)
    if ('kind' in found) return found
    const source = this.#options.sourceOf(requested)
    if ('problem' in source) return refuse(source.problem)
    const { image, registryAuth } = source
    const key = `${driverName} ${image}`
    if (!this.#pulls.has(key) && this.#pulls.size >= limits.imagePullsAsked)
      return refuse(`${this.#pulls.size} images are being pulled by request, the most there can be.`)
    const pull = this.#pulls.get(key) ?? this.#begin(key, found.images, image, registryAuth)
    const about = { driver: driverName, image }
    const answered = new AbortController()
    const tooLong = delay(this.#options.answerMs ?? limits.imagePullAnswerMs, answered.signal)
    const outcome = await Promise.race([pull.outcome, tooLong]).finally(() => answered.abort())
    if (outcome) return { ...about, ...outcome }
    return { ...about, kind: 'pulling', ...pull.told }
  }

  /** Removes unused images of one driver, or of all that keep any. Throws `DriverUnavailable`. */
  async prune(
    wish: Omit<PruneWish, keyof CleanupRules> & Partial<CleanupRules>,
    driverName?: string,
  ): Promise<readonly Pruned[] | Refusal> {
    const { cleanup, drivers } = this.#options
    const names = driverName === undefined ? [...drivers.keys()].filter((it) => drivers.get(it)?.images) : [driverName]
    const pruned: Pruned[] = []
    for (const driver of names) {
      const found = this.#keeperOf(driver)
      if ('kind' in found) return found
      pruned.push({ driver, ...(await found.images.prune({ ...cleanup, ...wish })) })
    }
    return pruned
  }

  /** Of each driver that keeps images. */
  figures(): (readonly [driver: string, figures: ImageFigures])[] {
    return [...this.#options.drivers].flatMap(([name, { images }]) =>
      images ? [[name, images.figures()] as const] : [],
    )
  }

  /** Ends the pulls that nobody else waits for. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled([...this.#pulls.values()].map(({ outcome }) => outcome))
  }

  #keeperOf(name: string): { readonly images: NonNullable<Driver['images']> } | Refusal {
    const driver = this.#options.drivers.get(name)
    if (!driver) return refuse(`There is no driver ${JSON.stringify(name)}.`)
    return driver.images ? { images: driver.images } : refuse(`The driver ${name} keeps no images: ${whyNone(driver)}.`)
  }

  #begin(
    key: string,
    images: NonNullable<Driver['images']>,
    image: string,
    registryAuth: Parameters<typeof images.pull>[1]['registryAuth'],
  ): PullUnderWay {
    const told: { progress?: string } = {}
    const onProgress = (progress: string) => {
      told.progress = progress
    }
    const { signal } = this.#closing
    const outcome = images.pull(image, { registryAuth, signal, onProgress })
    const pull: PullUnderWay = { outcome, told }
    this.#pulls.set(key, pull)
    const end = () => void this.#pulls.delete(key)
    outcome.then(end, end)
    return pull
  }
}

async function listOf(name: string, driver: Driver): Promise<DriversImages> {
  if (!driver.images) return { driver: name, kind: 'notUsed', why: whyNone(driver) }
  try {
    return { driver: name, kind: 'listed', ...(await driver.images.list()) }
  } catch (error) {
    if (!(error instanceof DriverUnavailable)) throw error
    return { driver: name, kind: 'unreachable', why: error.message }
  }
}

function whyNone({ isolation }: Driver): string {
  if (isolation === 'none') return 'jobs run as plain processes, and images are recorded and not used'
  return isolation === 'container' ? 'somebody else keeps the images of its jobs' : 'it runs nothing'
}
