/** Writes a body to a file as it arrives, and computes its digests. Holds little of it in memory. */
import { limits } from '../../model/limits.ts'
import type { ContentDigest } from '../content-digest.ts'
import { entityTooLarge } from '../known-refusals.ts'
import type { ObjectRefusal } from '../object-refusal.ts'
import type { Body } from '../object-store.ts'
import { syncData, writeAt } from './descriptors.ts'

/** Pieces are written together once they are this many bytes. */
const batchBytes = 512 * 1024
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

/** One batch is written while the next one is gathered. Rethrows what the body throws. */
export async function writeBody(
  fd: number,
  body: Body,
  digest: ContentDigest,
  { position, mostBytes }: WhereToWrite = { position: 0, mostBytes: limits.objectPutBytes },
): Promise<ObjectRefusal | undefined> {
  const writer = new BatchWriter(fd, position)
  try {
    for await (const piece of body) {
      digest.update(piece)
      if (digest.size > mostBytes) return entityTooLarge(mostBytes)
      await writer.add(piece)
    }
    await writer.flush()
    return undefined
  } finally {
    // The file may be closed only when nothing is written to it.
    await writer.settled()
  }
}

class BatchWriter {
  readonly #fd: number
  #position: number
  #pieces: Uint8Array[] = []
  #bytes = 0
  #writing: Promise<void> = Promise.resolve()
  #unsyncedBytes = 0
  #syncing: Promise<void> | undefined
  #failure: unknown

  constructor(fd: number, position: number) {
    this.#fd = fd
    this.#position = position
  }

  add(piece: Uint8Array): Promise<void> | undefined {
    if (piece.length === 0) return undefined
    this.#pieces.push(piece)
    this.#bytes += piece.length
    return this.#bytes >= batchBytes ? this.#write() : undefined
  }

  async flush(): Promise<void> {
    if (this.#bytes > 0) await this.#write()
    await this.#writing
    await this.#syncing
    if (this.#failure) throw this.#failure
  }

  async settled(): Promise<void> {
    await this.#writing.catch(() => {})
    await this.#syncing
  }

  async #write(): Promise<void> {
    const [pieces, position] = [this.#pieces, this.#position]
    this.#pieces = []
    this.#position += this.#bytes
    this.#unsyncedBytes += this.#bytes
    this.#bytes = 0
    await this.#writing
    this.#writing = writeAt(this.#fd, pieces, position)
    this.#writing.catch(() => {})
    this.#syncSome()
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
        this.#failure = error
      },
    )
  }
}
