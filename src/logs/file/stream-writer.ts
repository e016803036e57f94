/** Writes one stream. `LogWriter` says what it promises. */

import type { Gate } from '../../ground/gate.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import { type LogTarget, type LogWriter, StreamLost } from '../log-store.ts'
import { type EncodedPiece, encodePiece } from './batch-encoder.ts'
import { fdatasync, fstat, ftruncate, writeAll } from './files.ts'
import { headerBytesOf, type LiveStream } from './live-stream.ts'
import type { OpenFiles } from './open-files.ts'
import { encodeHeader } from './record.ts'
import type { Recorder } from './recorder.ts'
import { appendEntries, syncIndex } from './time-index.ts'

/** The most bytes that must be read again after a crash, and that a sync must write. */
const syncEveryBytes = 16 * 1_048_576

export interface WriterSurroundings {
  readonly logPath: string
  readonly indexPath: string
  readonly files: OpenFiles
  readonly recorder: Recorder
  /** Allows only a few fsyncs at once, so that they do not occupy every thread that reads files. */
  readonly syncs: Gate
  now(): number
  /** Called when the writer has closed the stream. */
  release(): void
}

export class StreamWriter implements LogWriter {
  readonly #live: LiveStream
  readonly #capBytes: number
  readonly #around: WriterSurroundings
  #state: 'open' | 'busy' | 'closed' = 'open'
  #hasFailed = false
  #underWay: Promise<void> = Promise.resolve()

  constructor(live: LiveStream, target: LogTarget, around: WriterSurroundings) {
    this.#live = live
    this.#capBytes = target.capBytes
    this.#around = around
  }

  get cursor(): string | undefined {
    return this.#live.cursor
  }

  get droppedEntries(): number {
    return this.#live.droppedEntries
  }

  /** Makes a stream that is empty, and survives a power loss as it is. */
  make(): Promise<void> {
    return this.#alone(async () => {
      const { group, stream, owner, byRequests } = this.#live
      const createdMs = this.#around.now()
      const header = encodeHeader({ group, stream, owner, byRequests, createdMs })
      await this.#write(header)
      this.#live.made(header.length, createdMs)
      await this.#sync()
      await this.#around.recorder.recorded(this.#live)
    })
  }

  append(entries: readonly LogEntry[]): Promise<void> {
    return this.#alone(async () => {
      const isNew = this.#live.writtenBytes === 0
      let next = 0
      while (next < entries.length && !this.#live.isCapped) next += await this.#appendPiece(entries, next)
      if (next < entries.length) this.#drop(entries, next)
      if (this.#live.writtenBytes === 0) return
      // A stream that is in the catalogue survives kill -9 from its first line on. Later facts can
      // be read from the file.
      if (isNew) await this.#around.recorder.recorded(this.#live)
      else this.#around.recorder.changed(this.#live)
    })
  }

  async finish(): Promise<void> {
    if (this.#state === 'closed') return
    await this.#alone(async () => {
      const live = this.#live
      if (live.writtenBytes === 0) return
      // Needed even if this writer added nothing: an earlier process may have been killed before it
      // recorded the stream.
      if (live.syncedBytes < live.writtenBytes) await this.#sync()
      live.sealed = true
      await this.#around.recorder.recorded(live)
    })
    await this.#letGo()
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    await this.#alone(async () => {
      if (this.#live.writtenBytes > 0) this.#around.recorder.changed(this.#live)
    })
    await this.#letGo()
  }

  /** Called when the store closes. Work under way finishes by itself, and nothing new begins. */
  async abandon(): Promise<void> {
    await this.#underWay
    await this.close()
  }

  async #letGo(): Promise<void> {
    this.#state = 'closed'
    await this.#around.files.forget(this.#around.logPath)
    this.#around.release()
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    if (this.#state !== 'open') throw new Error(`the log writer is ${this.#state}`)
    this.#state = 'busy'
    const done = work().finally(() => {
      this.#state = 'open'
    })
    this.#underWay = done.catch(() => {})
    await done
  }

  async #appendPiece(entries: readonly LogEntry[], from: number): Promise<number> {
    const { group, stream, owner, byRequests, writtenBytes, lastMs, index } = this.#live
    const nowMs = this.#around.now()
    const header = writtenBytes === 0 ? encodeHeader({ group, stream, owner, byRequests, createdMs: nowMs }) : undefined
    const position = writtenBytes || headerBytesOf(this.#live)
    const place = { position, capBytes: this.#capBytes, nowMs, lastMs, indexedPosition: index.lastPosition }
    const piece = encodePiece(entries, from, place)
    if (piece.first && piece.last) {
      await this.#write(header ? Buffer.concat([header, piece.bytes]) : piece.bytes)
      this.#live.wrote(position + piece.bytes.length, piece.first, piece.last)
      await this.#writeIndex(piece)
      if (this.#live.writtenBytes - this.#live.syncedBytes >= syncEveryBytes) await this.#sync()
    }
    if (piece.last?.isCapNotice) this.#live.droppedEntries++
    return piece.taken + (piece.last?.isCapNotice ? 1 : 0)
  }

  async #write(bytes: Buffer): Promise<void> {
    const { writtenBytes } = this.#live
    await this.#inFile(async (fd) => {
      try {
        await writeAll(fd, bytes, writtenBytes)
      } catch (error) {
        // A part may have reached the file. Readers do not look there, and the next write
        // overwrites it.
        await ftruncate(fd, writtenBytes).catch(() => {})
        throw error
      }
    })
  }

  /**
   * After a failure the disk may be a different one, or may have lost what was not synchronised.
   */
  async #inFile(work: (fd: number) => Promise<void>): Promise<void> {
    const { files, logPath } = this.#around
    await files.use(logPath, async (fd) => {
      if (this.#hasFailed && (await fstat(fd)).size < this.#live.writtenBytes)
        throw new StreamLost(`${logPath} is shorter than what was written to it`)
      this.#hasFailed = true
      await work(fd)
      this.#hasFailed = false
    })
  }

  /**
   * The index may lack entries, which are added later, but never holds wrong ones. So a failure of
   * the index is not a failure of the log.
   */
  async #writeIndex(piece: EncodedPiece): Promise<void> {
    const last = piece.index.at(-1)
    if (!last) return
    const { entries } = this.#live.index
    await appendEntries(this.#around.indexPath, entries, piece.index).then(
      () => {
        this.#live.index = { entries: entries + piece.index.length, lastPosition: last.position }
      },
      () => {},
    )
  }

  async #sync(): Promise<void> {
    const { indexPath, syncs } = this.#around
    const upTo = this.#live.writtenBytes
    await syncs.pass(() => this.#inFile(fdatasync))
    if (this.#live.index.entries > 0) await syncs.pass(() => syncIndex(indexPath))
    this.#live.syncedBytes = upTo
  }

  #drop(entries: readonly LogEntry[], from: number): void {
    this.#live.droppedEntries += entries.length - from
    this.#live.cursor = entries.at(-1)!.cursor
  }
}
