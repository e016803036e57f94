/**
 * The images of one engine: pulls them by the configured policy, remembers where they came from,
 * lists them, and removes the unused ones.
 */
import { statfs } from 'node:fs/promises'
import { canonicalImage, type ImageReference, parseImageReference } from '../../model/image-reference.ts'
import { limits } from '../../model/limits.ts'
import type { PullPolicy } from '../../model/pull-policy.ts'
import { DriverUnavailable } from '../driver.ts'
import type {
  DriverImages,
  ImageFigures,
  ImageListing,
  ListedImage,
  PruneWish,
  Pruning,
  PullOptions,
  PullOutcome,
  RemovedImage,
} from '../driver-images.ts'
import { unlessAbsent } from './containers.ts'
import { type EngineClient, EngineRefusal } from './engine-client.ts'
import { type EngineImage, readImages } from './engine-images.ts'
import { ImagePulls, type PullWish } from './image-pulls.ts'
import type { ImageRecords } from './image-records.ts'
import { removable } from './prune-plan.ts'
import { PullFailed, pullReason } from './pull-failure.ts'

export interface DockerImagesOptions {
  readonly engine: EngineClient
  readonly records: ImageRecords
  readonly policy: PullPolicy
  readonly atOnce: number
  readonly tries: number
  /** Whether the engine's disk is one that this process sees. */
  readonly isLocal: boolean
  readonly now?: () => number
}

const lookTimeoutMs = 15_000

export class DockerImages implements DriverImages {
  readonly #options: DockerImagesOptions
  readonly #pulls: ImagePulls
  readonly #now: () => number
  /** Images that attempts need while they are being started, by name: how many attempts. */
  readonly #held = new Map<string, number>()
  #removed = 0
  #last: { readonly images: number; readonly diskBytes?: number } | undefined

  constructor(options: DockerImagesOptions) {
    const { engine, atOnce, tries, now = Date.now } = options
    this.#options = options
    this.#now = now
    const around = (image: ImageReference, fetch: () => Promise<void>) => this.#recorded(image, fetch)
    this.#pulls = new ImagePulls(engine, { atOnce, tries, around })
  }

  /** Whether `prepare` may have to ask a registry. */
  get asksFirst(): boolean {
    return this.#options.policy !== 'prefer-cached'
  }

  /** Keeps the image from being removed until the function that is returned is called. */
  hold(image: ImageReference): () => void {
    const name = canonicalImage(image)
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1)
    return () => {
      const left = this.#held.get(name)! - 1
      if (left > 0) this.#held.set(name, left)
      else this.#held.delete(name)
    }
  }

  /**
   * Does what the policy wants before a container is made. Throws `PullFailed` where the container
   * may not be made from an image that the engine has.
   */
  async prepare(image: ImageReference, wish: PullWish): Promise<void> {
    const { policy, records } = this.#options
    if (policy === 'prefer-cached') return
    if (policy === 'always') return this.fetch(image, wish)
    const isThere = (await this.#idOf(canonicalImage(image))) !== undefined
    if (policy === 'once') {
      const wasPulled = (await records.find(canonicalImage(image)))?.pulledAtMs !== undefined
      return isThere && wasPulled ? undefined : this.fetch(image, wish)
    }
    try {
      // The image that is there stands in at once for one that cannot be pulled.
      await this.fetch(image, isThere ? { ...wish, triesOnce: true } : wish)
    } catch (error) {
      if (!(error instanceof PullFailed) || (await this.#idOf(canonicalImage(image))) === undefined) throw error
    }
  }

  /** Pulls the image. Throws as `ImagePulls.pull` does. */
  fetch(image: ImageReference, wish: PullWish): Promise<void> {
    return this.#pulls.pull(image, wish)
  }

  /** Notes that a job runs from the image. */
  used(image: ImageReference): Promise<void> {
    return this.#options.records.used(canonicalImage(image), this.#now())
  }

  progress(): string[] {
    return this.#pulls.progress()
  }

  async pull(text: string, { registryAuth, signal, onProgress }: PullOptions): Promise<PullOutcome> {
    const image = parseImageReference(text)
    if (!image) return { kind: 'failed', reason: pullReason(`invalid reference format: ${text}`) }
    const release = this.hold(image)
    try {
      await this.fetch(image, { signal, credentials: registryAuth, onProgress })
      return { kind: 'pulled' }
    } catch (error) {
      if (error instanceof PullFailed)
        return { kind: 'failed', reason: pullReason(error.message, registryAuth?.password) }
      throw error instanceof EngineRefusal ? new DriverUnavailable(error.message, { cause: error }) : error
    } finally {
      release()
    }
  }

  async list(): Promise<ImageListing> {
    const { engine, records } = this.#options
    const lookedAtMs = this.#now()
    const { images: found, diskBytes } = await orUnavailable(readImages(engine))
    await records.seen(found, lookedAtMs)
    const images = await Promise.all(found.map((image) => this.#listed(image)))
    const ofDisk = diskBytes === undefined ? {} : { diskBytes }
    this.#last = { images: images.length, ...ofDisk }
    return { images, ...ofDisk, pulls: this.#pulls.progress() }
  }

  async prune(wish: PruneWish): Promise<Pruning> {
    const { images } = await this.list()
    const candidates = removable(images, wish, this.#now())
    const removed: RemovedImage[] = []
    for (const [index, image] of candidates.entries()) {
      if (wish.signal?.aborted) break
      if (removed.length === wish.most) return { removed, more: candidates.length - index }
      const why = await this.#whyEnoughRoom(wish)
      if (why !== undefined) return { removed, more: 0, why }
      if (wish.dryRun || (await this.#remove(image))) removed.push(shown(image))
    }
    return { removed, more: 0 }
  }

  figures(): ImageFigures {
    return { ...this.#pulls.figures(), removed: this.#removed, ...this.#last }
  }

  async close(): Promise<void> {
    await this.#options.records.close()
  }

  async #listed(image: EngineImage): Promise<ListedImage> {
    const { records } = this.#options
    const known = await Promise.all(image.names.map((name) => records.find(name)))
    // A job runs from it now, which is a use that lasts.
    const isRun = (index: number) => image.containers > 0 && known[index]?.lastUsedAtMs !== undefined
    await Promise.all(image.names.map((name, index) => (isRun(index) ? records.used(name, this.#now()) : undefined)))
    const leftoverSinceMs = await records.leftoverSinceMs(image.imageId)
    const pulledAtMs = latest([...known.map((record) => record?.pulledAtMs), leftoverSinceMs])
    const lastUsedAtMs = latest(known.map((record, index) => (isRun(index) ? this.#now() : record?.lastUsedAtMs)))
    return {
      ...image,
      // Removing the last of its names removes the image, so all of them have to be this driver's.
      pulledHere:
        leftoverSinceMs !== undefined && image.names.every((name) => name.includes('@'))
          ? true
          : image.names.length > 0 && known.every((it) => it?.isOurs && it.imageId === image.imageId),
      ...(pulledAtMs === undefined ? {} : { pulledAtMs }),
      ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }),
      isWanted: image.names.some((name) => this.#isWanted(name)),
    }
  }

  #isWanted(name: string): boolean {
    return this.#held.has(name) || this.#pulls.isPulling(name)
  }

  /**
   * The engine refuses to remove an image that a container uses, even one that was made just now. A
   * name that was given to another image meanwhile stays.
   */
  async #remove({ imageId, names }: ListedImage): Promise<boolean> {
    const { engine, records } = this.#options
    if (names.some((name) => this.#isWanted(name))) return false
    const sinceMs = this.#now()
    try {
      for (const name of names.length > 0 ? names : [imageId]) {
        if ((await this.#idOf(name)) !== imageId) return false
        const call = { method: 'DELETE', path: `/images/${name}`, timeoutMs: limits.imageRemovalMs } as const
        await unlessAbsent(engine.call(call))
      }
    } catch (error) {
      if (error instanceof EngineRefusal) return false
      throw error
    }
    this.#removed++
    await records.forget(names, imageId, sinceMs)
    return true
  }

  async #whyEnoughRoom({ whileFreeBelowBytes }: PruneWish): Promise<string | undefined> {
    if (whileFreeBelowBytes === undefined) return undefined
    const { engine, isLocal } = this.#options
    if (!isLocal) return 'the engine is on another machine, whose free space is not known'
    const info = engine.call<{ DockerRootDir?: string }>({ method: 'GET', path: '/info', timeoutMs: lookTimeoutMs })
    const { DockerRootDir: root } = await orUnavailable(info)
    const room = root === undefined ? undefined : await statfs(root).catch(() => undefined)
    if (!room) return 'the free space on the disk of the images is not known'
    return room.bavail * room.bsize < whileFreeBelowBytes ? undefined : 'enough space is free'
  }

  async #recorded(image: ImageReference, fetch: () => Promise<void>): Promise<void> {
    const name = canonicalImage(image)
    const before = await this.#idOf(name)
    await fetch()
    const after = await this.#idOf(name)
    if (after !== undefined) await this.#options.records.pulled(name, after, before, this.#now())
  }

  async #idOf(name: string): Promise<string | undefined> {
    const call = { method: 'GET', path: `/images/${name}/json`, timeoutMs: lookTimeoutMs } as const
    return (await unlessAbsent(this.#options.engine.call<{ Id: string }>(call)))?.Id
  }
}

function shown({ imageId, names, bytes, sharedBytes = 0 }: ListedImage): RemovedImage {
  return { imageId, names, bytes: Math.max(0, bytes - sharedBytes) }
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof EngineRefusal ? new DriverUnavailable(error.message, { cause: error }) : error
  }
}
