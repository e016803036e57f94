/**
 * One stream's file as the queries see it. A view opens the file for each piece it reads, and holds
 * nothing open between reads.
 */
import { BadPosition, type StoredEvent, StreamGone, type StreamView } from '../stream-view.ts'
import { withFile } from './files.ts'
import { headerBytesOf } from './live-stream.ts'
import { readBackward, readForward } from './record-reader.ts'
import { findBefore, indexIntervalBytes, mendIndex } from './time-index.ts'

export interface FileStreamFacts {
  readonly key: string
  readonly group: string
  readonly stream: string
  readonly owner: string | undefined
  readonly logPath: string
  readonly indexPath: string
  /** How many bytes of the file may be read. */
  readonly bytes: number
  readonly firstMs: number
  readonly lastMs: number
  /** Whether a writer has the stream open. Then only the writer may write the index. */
  readonly isLive: boolean
}

export class FileStreamView implements StreamView {
  readonly group: string
  readonly stream: string
  readonly id: string
  readonly start: number
  readonly end: number
  readonly #facts: FileStreamFacts

  constructor(facts: FileStreamFacts) {
    this.group = facts.group
    this.stream = facts.stream
    this.id = facts.key.slice(0, 16)
    this.start = headerBytesOf(facts)
    this.end = facts.bytes
    this.#facts = facts
  }

  async seek(timeMs: number): Promise<number> {
    if (timeMs <= this.#facts.firstMs) return this.start
    if (timeMs > this.#facts.lastMs) return this.end
    let position = await this.#indexedBefore(timeMs)
    while (position < this.end) {
      const events = await this.forward(position, indexIntervalBytes)
      const found = events.find((event) => event.timestamp >= timeMs)
      if (found) return found.position
      position = events.at(-1)!.end
    }
    return this.end
  }

  forward(position: number, bytes: number): Promise<StoredEvent[]> {
    this.#check(position)
    return this.#read((fd) => readForward(fd, position, this.end, bytes))
  }

  backward(position: number, bytes: number): Promise<StoredEvent[]> {
    this.#check(position)
    return this.#read((fd) => readBackward(fd, position, this.start, bytes))
  }

  #check(position: number): void {
    if (position < this.start || position > this.end) throw new BadPosition(`byte ${position} is outside the log`)
  }

  async #indexedBefore(timeMs: number): Promise<number> {
    if (this.end - this.start <= indexIntervalBytes) return this.start
    let entry = await findBefore(this.#facts.indexPath, timeMs)
    if (entry === 'damaged' && !this.#facts.isLive) {
      await this.#read((fd) => mendIndex(this.#facts.indexPath, fd, this.start, this.end))
      entry = await findBefore(this.#facts.indexPath, timeMs)
    }
    if (entry === 'damaged' || !entry) return this.start
    return Math.min(entry.position, this.end)
  }

  /** No bytes can be read of a stream that was deleted meanwhile. */
  async #read<T>(use: (fd: number) => Promise<T>): Promise<T> {
    const result = await withFile(this.#facts.logPath, 'r', use)
    if (result === undefined) throw new StreamGone('the log is gone')
    return result
  }
}
