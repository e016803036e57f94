/** Writes a body to a file as it arrives, and computes its digests. Holds little of it in memory. */
import { limits } from '../../model/limits.ts'
import type { ChecksumKind } from '../checksum.ts'
import { ContentDigest, type ContentDigests } from '../content-digest.ts'
import { entityTooLarge } from '../known-refusals.ts'
import type { ObjectRefusal } from '../object-refusal.ts'
import type { Body } from '../object-store.ts'
import { syncData, writeAt } from './descriptors.ts'
import type { DigestThreads, ThreadDigest } from './digest-threads.ts'
import { pieces } from './pieces.ts'

/** A body that is announced with no more gets memory of its own, and is digested at once. */
const smallBytes = 64 * 1024
/** Pieces of a body that are written or digested while the next one is gathered. */
const mostUnderWay = 3
/**
 * The disk begins to write once there are this many bytes, and not only when all have come. This
 * also bounds what waits for it in the memory of the machine.
 */
const syncBytes = 32 * 1024 * 1024

export interface WhereToWrite {
  readonly position: number
  /** Nothing is written behind these. */
  readonly mostBytes: number
}

export interface HowToWrite {
  readonly threads: DigestThreads
  readonly checksum: ChecksumKind | undefined
  /** What the client says: memory is taken accordingly. */
  readonly size: number | undefined
  readonly where?: WhereToWrite | undefined
}

/** Rethrows what the body throws. */
export async function writeBody(fd: number, body: Body, how: HowToWrite): Promise<ContentDigests | ObjectRefusal> {
  const { position, mostBytes } = how.where ?? { position: 0, mostBytes: limits.objectPutBytes }
  const writer = new BodyWriter(fd, position, how)
  let size = 0
  try {
    for await (const piece of body) {
      size += piece.length
      if (size > mostBytes) return entityTooLarge(mostBytes)
      await writer.add(piece)
    }
    return await writer.end()
  } finally {
    // The file may be closed only when nothing is written to it.
    await writer.settled()
  }
}

class BodyWriter {
  readonly #fd: number
  readonly #how: HowToWrite
  #position: number
  /** What is gathered. */
  #memory: Buffer | undefined
  #isPooled = false
  #filled = 0
  /** Of a body that is longer than one piece. */
  #digest: ThreadDigest | undefined
  readonly #underWay = new Set<Promise<void>>()
  #unsyncedBytes = 0
  #syncing: Promise<void> | undefined
  #failure: unknown

  constructor(fd: number, position: number, how: HowToWrite) {
    this.#fd = fd
    this.#position = position
    this.#how = how
  }

  /** The bytes may change once this has resolved. Undefined: they may change now. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    const room = this.#memory ? this.#memory.length - this.#filled : 0
    if (bytes.length > room) return this.#addMore(bytes)
    this.#memory?.set(bytes, this.#filled)
    this.#filled += bytes.length
    return undefined
  }

  async #addMore(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      if (this.#memory && this.#filled === this.#memory.length) await this.#pass()
      this.#memory ??= this.#take()
      const some = bytes.subarray(from, from + this.#memory.length - this.#filled)
      this.#memory.set(some, this.#filled)
      this.#filled += some.length
      from += some.length
    }
  }

  async end(): Promise<ContentDigests> {
    if (!this.#digest) return this.#writeWhole()
    // The last piece is never empty: what is full is passed on when more comes.
    const last = this.#memory!.subarray(0, this.#filled)
    const digests = this.#digest.end(last)
    const uses = Promise.allSettled([writeAt(this.#fd, [last], this.#position), digests])
    const [written] = await uses
    await Promise.all(this.#underWay)
    await this.#syncing
    if (written.status === 'rejected') this.#failure ??= written.reason
    if (this.#failure !== undefined) throw this.#failure
    return digests
  }

  /** Gives the memory back once nobody uses it. */
  async settled(): Promise<void> {
    this.#digest?.drop()
    await Promise.all(this.#underWay)
    await this.#syncing
    if (this.#memory && this.#isPooled) pieces.give(this.#memory)
    this.#memory = undefined
  }

  async #writeWhole(): Promise<ContentDigests> {
    const digest = new ContentDigest(this.#how.checksum)
    if (this.#filled > 0) {
      const bytes = this.#memory!.subarray(0, this.#filled)
      const writing = writeAt(this.#fd, [bytes], this.#position)
      digest.update(bytes)
      await writing
    }
    return digest.end()
  }

  #take(): Buffer {
    const { size = 0 } = this.#how
    this.#isPooled = size === 0 || size > smallBytes || this.#digest !== undefined
    return this.#isPooled ? pieces.take() : Buffer.allocUnsafe(size)
  }

  /** Begins to write and digest what is gathered. Waits if much is under way. */
  async #pass(): Promise<void> {
    const [memory, isPooled] = [this.#memory!, this.#isPooled]
    const bytes = memory.subarray(0, this.#filled)
    this.#memory = undefined
    this.#filled = 0
    this.#digest ??= this.#how.threads.begin(this.#how.checksum)
    const done: Promise<void> = this.#use(bytes, this.#position, this.#digest).then(() => {
      if (isPooled) pieces.give(memory)
      this.#underWay.delete(done)
    })
    this.#position += bytes.length
    this.#underWay.add(done)
    this.#unsyncedBytes += bytes.length
    this.#syncSome()
    if (this.#underWay.size >= mostUnderWay) await Promise.race(this.#underWay)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Resolves when nobody uses the bytes any more. */
  async #use(bytes: Buffer, position: number, digest: ThreadDigest): Promise<void> {
    const uses = await Promise.allSettled([writeAt(this.#fd, [bytes], position), digest.update(bytes)])
    for (const use of uses) if (use.status === 'rejected') this.#failure ??= use.reason
  }

  #syncSome(): void {
    if (this.#unsyncedBytes < syncBytes || this.#syncing) return
    this.#unsyncedBytes = 0
    this.#syncing = syncData(this.#fd).then(
      () => {
        this.#syncing = undefined
      },
      (error) => {
        // The kernel tells of an error once: the sync at the end of the file may succeed.
        this.#failure ??= error
        this.#syncing = undefined
      },
    )
  }
}
