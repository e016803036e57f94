/** The thread that reads files which other programs wrote, to compute their entity tags. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { DigestAnswer, DigestQuestion } from './background-etags.ts'

/** Files are read one after the other. */
const bytes = Buffer.allocUnsafe(1024 * 1024)

class Etag {
  readonly #partSizes: readonly number[]
  readonly #md5s: Buffer[] = []
  #md5 = createHash('md5')
  #left: number

  /** Without sizes of parts, the tag is the MD5 of the whole. */
  constructor(partSizes: readonly number[]) {
    this.#partSizes = partSizes
    this.#left = partSizes[0] ?? Number.POSITIVE_INFINITY
  }

  update(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0; ) {
      const some = rest.subarray(0, Math.min(rest.length, this.#left))
      this.#md5.update(some)
      this.#left -= some.length
      rest = rest.subarray(some.length)
      if (this.#left === 0) this.#nextPart()
    }
  }

  #nextPart(): void {
    this.#md5s.push(this.#md5.digest())
    this.#md5 = createHash('md5')
    this.#left = this.#partSizes[this.#md5s.length] ?? Number.POSITIVE_INFINITY
  }

  end(): string {
    if (this.#partSizes.length === 0) return this.#md5.digest('hex')
    const whole = createHash('md5').update(Buffer.concat(this.#md5s)).digest('hex')
    return `${whole}-${this.#md5s.length}`
  }
}

async function etagOf({ fd, partSizes }: DigestQuestion): Promise<string> {
  const { bytesPerSecond } = workerData as { bytesPerSecond: number }
  const etag = new Etag(partSizes)
  for (let at = 0; ; ) {
    const begunMs = performance.now()
    const read = fs.readSync(fd, bytes, 0, bytes.length, at)
    if (read === 0) return etag.end()
    etag.update(bytes.subarray(0, read))
    at += read
    const wantedMs = (read / bytesPerSecond) * 1000
    const waitMs = begunMs + wantedMs - performance.now()
    if (waitMs >= 1) await delay(waitMs)
  }
}

parentPort!.on('message', async (question: DigestQuestion) => {
  try {
    parentPort!.postMessage({ etag: await etagOf(question) } satisfies DigestAnswer)
  } catch (error) {
    parentPort!.postMessage({ error: String(error) } satisfies DigestAnswer)
  }
})
