/**
 * What an engine does not remember of its images: which of them this driver pulled, when, and when a
 * job last used them. Kept in a file beside the driver's directories, so that a later server knows
 * which images it may remove.
 */
import { readFile } from 'node:fs/promises'
import { replacePrivateFile } from '../../ground/private-file.ts'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'

export interface ImageRecord {
  /** The image that had the name after the last pull. Absent: the name was used and never pulled. */
  readonly imageId?: string
  readonly pulledAtMs?: number
  readonly lastUsedAtMs?: number
  /** Whether the engine did not have this image under the name before a pull of this driver. */
  readonly isOurs: boolean
}

/** An image that this driver pulled, whose name a later pull gave to another one. */
interface Leftover {
  readonly imageId: string
  readonly sinceMs: number
}

/** An image that the engine has. */
interface Seen {
  readonly imageId: string
  readonly names: readonly string[]
  readonly digests?: readonly string[]
}

interface Kept {
  readonly names: Map<string, ImageRecord>
  readonly leftovers: Map<string, Leftover>
  /** The file is there and could not be read yet. Nothing is written over it before. */
  isUnread: boolean
}

/** How long uses are collected before they are written. A crash loses at most so much. */
const writeDelayMs = 5_000

export class ImageRecords {
  readonly #path: string
  readonly #warn: (why: string) => void
  #kept: Promise<Kept> | undefined
  #writing: Promise<void> = Promise.resolve()
  /** Set while a write is due. Aborting it writes at once. */
  #due: AbortController | undefined
  #hasWarned = false

  constructor(path: string, warn: (why: string) => void = () => {}) {
    this.#path = path
    this.#warn = warn
  }

  async find(name: string): Promise<ImageRecord | undefined> {
    return (await this.#read()).names.get(name)
  }

  /** When a pull gave the name of this image, which this driver had pulled, to another one. */
  async leftoverSinceMs(imageId: string): Promise<number | undefined> {
    return (await this.#read()).leftovers.get(imageId)?.sinceMs
  }

  /**
   * `before` is the image that had the name before the pull. Resolves when this is on disk, because an
   * image that nobody remembers is never removed. A write that fails is warned of.
   */
  async pulled(name: string, imageId: string, before: string | undefined, nowMs: number): Promise<void> {
    const { names, leftovers } = await this.#read()
    const known = names.get(name)
    const wasOurs = known?.isOurs === true && known.imageId === before
    const isOurs = before === imageId ? wasOurs : true
    if (before !== undefined && before !== imageId && wasOurs)
      leftovers.set(before, { imageId: before, sinceMs: nowMs })
    leftovers.delete(imageId)
    names.delete(name)
    names.set(name, { ...known, imageId, pulledAtMs: nowMs, isOurs })
    this.#changed()
    await this.#written()
  }

  async used(name: string, nowMs: number): Promise<void> {
    const { names } = await this.#read()
    const known = names.get(name)
    names.delete(name)
    names.set(name, { ...known, isOurs: known?.isOurs ?? false, lastUsedAtMs: nowMs })
    this.#changed()
  }

  /**
   * What an earlier pull brought and the engine lacks now was removed by somebody else. Whatever has
   * the name or the id later came by others.
   */
  async seen(images: readonly Seen[], lookedAtMs: number): Promise<void> {
    const { names, leftovers } = await this.#read()
    const there = new Set(images.flatMap((image) => [...image.names, ...(image.digests ?? [])]))
    const ids = new Set(images.map(({ imageId }) => imageId))
    for (const [name, { pulledAtMs, lastUsedAtMs }] of names) {
      // A pull may have ended after the look.
      if (pulledAtMs === undefined || pulledAtMs >= lookedAtMs || there.has(name)) continue
      if (lastUsedAtMs === undefined) names.delete(name)
      else names.set(name, { isOurs: false, lastUsedAtMs })
      this.#changed()
    }
    for (const { imageId, sinceMs } of leftovers.values()) {
      if (sinceMs >= lookedAtMs || ids.has(imageId)) continue
      leftovers.delete(imageId)
      this.#changed()
    }
  }

  /** The image was removed. What a pull brought under one of its names since `sinceMs` stays known. */
  async forget(names: readonly string[], imageId: string, sinceMs: number): Promise<void> {
    const kept = await this.#read()
    for (const name of names) if ((kept.names.get(name)?.pulledAtMs ?? 0) < sinceMs) kept.names.delete(name)
    kept.leftovers.delete(imageId)
    this.#changed()
  }

  /** Resolves when everything is written. */
  close(): Promise<void> {
    return this.#written()
  }

  async #written(): Promise<void> {
    this.#due?.abort()
    await this.#writing
  }

  #read(): Promise<Kept> {
    this.#kept ??= this.#load()
    return this.#kept
  }

  async #load(): Promise<Kept> {
    try {
      return { ...parsed(await readFile(this.#path, 'utf8')), isUnread: false }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT') this.#warn(`${this.#path} cannot be read, so no image counts as pulled: ${message}`)
      // A text that is not ours has no code.
      return { names: new Map(), leftovers: new Map(), isUnread: code !== undefined && code !== 'ENOENT' }
    }
  }

  /** What the file has and nothing was learnt of since comes first, as used longest ago. */
  async #readLate(kept: Kept): Promise<void> {
    const { names, leftovers } = parsedOrNothing(await textIfThere(this.#path))
    for (const [name, record] of kept.names) {
      names.delete(name)
      names.set(name, record)
    }
    for (const [id, leftover] of kept.leftovers) leftovers.set(id, leftover)
    Object.assign(kept, { names, leftovers, isUnread: false })
  }

  #changed(): void {
    if (this.#due) return
    const due = new AbortController()
    this.#due = due
    this.#writing = this.#writing.then(async () => {
      await delay(writeDelayMs, due.signal, { isIdle: true })
      this.#due = undefined
      await this.#write()
    })
  }

  async #write(): Promise<void> {
    const kept = await this.#read()
    try {
      if (kept.isUnread) await this.#readLate(kept)
      await replacePrivateFile(this.#path, textOf(kept))
    } catch (error) {
      if (!this.#hasWarned) this.#warn(`${this.#path} cannot be written: ${(error as Error).message}`)
      this.#hasWarned = true
    }
  }
}

function textOf({ names, leftovers }: Kept): string {
  // The names in front were used longest ago.
  for (const name of names.keys()) if (names.size > limits.imagesRecorded) names.delete(name)
  for (const id of leftovers.keys()) if (leftovers.size > limits.imagesRecorded) leftovers.delete(id)
  return JSON.stringify({ version: 1, images: Object.fromEntries(names), leftovers: [...leftovers.values()] })
}

async function textIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

function parsedOrNothing(text: string): Pick<Kept, 'names' | 'leftovers'> {
  try {
    return parsed(text)
  } catch {
    return { names: new Map(), leftovers: new Map() }
  }
}

/** Throws for a text that this driver did not write. */
function parsed(text: string): Pick<Kept, 'names' | 'leftovers'> {
  const { version, images, leftovers } = JSON.parse(text) as {
    version: unknown
    images: Record<string, ImageRecord>
    leftovers: readonly Leftover[]
  }
  if (version !== 1) throw new Error('its version is not 1')
  return {
    names: new Map(Object.entries(images)),
    leftovers: new Map(leftovers.map((it) => [it.imageId, it] as const)),
  }
}
