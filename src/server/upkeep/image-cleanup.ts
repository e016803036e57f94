/**
 * Removes images that no job has used for a while, some at a time, as ECS's agent does. Without it the
 * images of years of jobs would fill the disk. It also keeps the figures of the images fresh.
 */
import type { Logger } from 'pino'
import { type Driver, DriverUnavailable } from '../../drivers/driver.ts'
import type { DriverImages, PruneWish } from '../../drivers/driver-images.ts'
import { Repeating, type RepeatingOptions } from '../../ground/repeating.ts'

export interface ImageCleanupOptions {
  /** By name. Those without images are left out. */
  readonly drivers: ReadonlyMap<string, Pick<Driver, 'images'>>
  readonly everyMs: number
  /** What one round removes of each driver. Absent: nothing. */
  readonly wish: Omit<PruneWish, 'dryRun' | 'signal'> | undefined
  readonly log: Logger
  /** Real time unless a test says otherwise. */
  readonly wait?: RepeatingOptions['wait']
}

export class ImageCleanup {
  readonly #options: ImageCleanupOptions
  readonly #rounds: Repeating

  constructor(options: ImageCleanupOptions) {
    this.#options = options
    const { everyMs, log, wait } = options
    const whenFailed = 'unused images could not be removed; trying again later'
    this.#rounds = new Repeating({ everyMs, log, whenFailed, wait, run: (signal) => this.#round(signal) })
  }

  /** Returns at once. */
  start(): void {
    this.#rounds.startLater()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #round(signal: AbortSignal): Promise<void> {
    for (const [driver, { images }] of this.#options.drivers) {
      if (!images || signal.aborted) continue
      try {
        await this.#clean(driver, images, signal)
      } catch (error) {
        // The next round may find the engine back, and the other drivers go on.
        if (!(error instanceof DriverUnavailable)) throw error
      }
    }
  }

  async #clean(driver: string, images: DriverImages, signal: AbortSignal): Promise<void> {
    const { wish, log } = this.#options
    if (wish === undefined) {
      await images.list()
      return
    }
    const { removed, why } = await images.prune({ ...wish, signal })
    if (why !== undefined) log.debug({ driver, why }, 'no more images are removed')
    for (const { imageId, names, bytes } of removed)
      log.info({ driver, imageId, names, bytes }, 'an unused image was removed')
  }
}
