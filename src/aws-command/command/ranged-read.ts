/**
 * Reads a range of an object, and goes on where a broken connection stopped. Every byte is of the
 * object that was found first: an answer of another one, or of another range, is an error.
 */
import type { IncomingMessage } from 'node:http'
import { backoffMs } from '../../ground/backoff.ts'
import { Failure, ServiceError } from './failure.ts'
import type { Interruption } from './interruption.ts'
import { askForChecksum, checkSums, checksumOf, type ObjectChecksum, RunningSum } from './object-checksum.ts'
import { bytesPassed } from './passing-bytes.ts'
import type { Place, S3Client } from './s3-client.ts'
import { isWorthAnother } from './service-client.ts'

export interface Source {
  readonly place: Place
  readonly bytes: number
  readonly etag: string
  readonly modifiedAt: Date
}

export type Take = (chunk: Buffer) => Promise<void>

export interface ReadTools {
  readonly client: S3Client
  readonly interruption: Interruption
  readonly attempts: number
  /** Whether checksums are asked for. */
  readonly checks: boolean
}

/** Reads all in one request, and compares the checksum if the store says one. */
export async function readWhole(tools: ReadTools, source: Source, take: Take): Promise<void> {
  let told: ObjectChecksum | undefined
  let sum: RunningSum | undefined
  const range = { start: 0, end: source.bytes, whole: true }
  await readAll(
    tools,
    source,
    range,
    (answer, at) => {
      // What comes after a broken connection is a range, whose answer says no checksum.
      if (at > 0 || !tools.checks) return
      told = checksumOf(answer.headers)
      sum = told && new RunningSum(told.kind)
    },
    async (chunk) => {
      sum?.update(chunk)
      await take(chunk)
    },
  )
  if (told && sum) checkSums(told, [sum])
}

/** `start` is included, and `end` is not. */
export async function readRange(
  tools: ReadTools,
  source: Source,
  { start, end }: { readonly start: number; readonly end: number },
  take: Take,
): Promise<void> {
  await readAll(tools, source, { start, end, whole: false }, () => {}, take)
}

interface Range {
  readonly start: number
  readonly end: number
  readonly whole: boolean
}

type Begin = (answer: IncomingMessage, at: number) => void

async function readAll(tools: ReadTools, source: Source, range: Range, begin: Begin, take: Take): Promise<void> {
  let at = range.start
  for (let attempt = 1; ; ) {
    const before = at
    try {
      const answer = await ask(tools, source, range, at)
      begin(answer, at)
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        if (at + chunk.length > range.end) throw new Failure('the service sent more than the object holds')
        await take(chunk)
        at += chunk.length
        bytesPassed(chunk.length)
      }
      if (at === range.end) return
      throw new Broken('Response ended prematurely')
    } catch (error) {
      const advanced = at > before
      // A connection that broke after the last byte took nothing with it.
      if (advanced && at === range.end && isBroken(error)) return
      if (advanced) attempt = 1
      if (!isBroken(error) || attempt++ >= tools.attempts) throw error
      // Whoever sends is not overloaded.
      if (!advanced) await tools.interruption.pause(Math.random() * backoffMs(attempt - 2, 1000, 20_000))
    }
  }
}

async function ask({ client, checks }: ReadTools, source: Source, range: Range, at: number): Promise<IncomingMessage> {
  const whole = range.whole && at === 0
  const headers = {
    ...(source.etag !== '' && { 'if-match': source.etag }),
    ...(!whole && { range: `bytes=${at}-${range.end - 1}` }),
    ...(whole && checks && askForChecksum),
  }
  const answer = await client.get(source.place, headers).catch((error: unknown) => {
    throw error instanceof ServiceError && error.status === 412 ? changed(source) : error
  })
  const wrong = wrongAnswer(answer, source, whole ? undefined : `bytes ${at}-${range.end - 1}/${source.bytes}`)
  if (!wrong) return answer
  answer.destroy()
  throw wrong
}

/** Not every store heeds `If-Match` and `Range`, and without an entity tag nothing is compared. */
function wrongAnswer({ headers, statusCode }: IncomingMessage, source: Source, range: string | undefined) {
  const { etag, 'last-modified': modified, 'content-length': length, 'content-range': sent } = headers
  if (etag !== undefined && source.etag !== '' && opaque(etag) !== opaque(source.etag)) return changed(source)
  if (source.etag === '' && modified !== undefined && seconds(new Date(modified)) !== seconds(source.modifiedAt))
    return changed(source)
  if (range === undefined) return length !== undefined && Number(length) !== source.bytes ? changed(source) : undefined
  if (statusCode === 206 && sent === range) return undefined
  return new Failure(`the service was asked for "${range}" and sent "${sent ?? `status ${statusCode}`}"`)
}

function changed({ place: { bucket, key } }: Source): Failure {
  return new Failure(`Contents of stored object "${key}" in bucket "${bucket}" did not match expected ETag.`)
}

const opaque = (etag: string) => etag.replace(/^W\//, '').replaceAll('"', '')
const seconds = (date: Date) => Math.floor(date.getTime() / 1000)

/** An answer whose connection was lost before its end. */
class Broken extends Failure {}

function isBroken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return (
    error instanceof Broken ||
    code === 'ECONNRESET' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    (isWorthAnother(error) && !(error instanceof ServiceError))
  )
}
