/**
 * Reads a form (RFC 7578) as it arrives: its fields up to the file, and then the file as a stream.
 * What follows the file is ignored, as S3 does. The sender has proved nothing yet, so the fields are
 * few and small, and must come soon.
 */
import { isUtf8 } from 'node:buffer'
import { limits } from '../model/limits.ts'
import type { BodyStream } from './body-stream.ts'
import { ApiFailure, failure, s3Failure } from './errors.ts'

export interface Form {
  /** The fields before the file. Their names are in lower case. Of two fields with one name the last counts. */
  readonly fields: ReadonlyMap<string, string>
  readonly file: FormFile
}

export interface FormFile {
  /** As the client calls it: empty if it does not say. */
  readonly name: string
  /** Call it once. Throws for a form that is cut short. */
  read(): AsyncGenerator<Uint8Array>
}

/** Throws for what is no such form, and for one without a file. */
export async function readForm(
  body: Pick<BodyStream, 'kept'>,
  contentType: string | undefined,
  now: () => number = () => performance.now(),
): Promise<Form> {
  const parts = new Parts(body.kept(), boundaryIn(contentType), now)
  const fields = new Map<string, string>()
  let bytes = 0
  for (let count = 0; ; count++) {
    const part = await parts.next()
    if (!part) throw s3Failure('InvalidArgument', 400, noFile, { ArgumentName: 'file', ArgumentValue: '0' })
    const name = part.name.toLowerCase()
    if (name === 'file') return { fields, file: { name: part.filename ?? '', read: () => parts.content() } }
    const room = limits.formFieldsBytes - bytes - part.name.length
    const value = count < limits.formFields ? await parts.wholeContent(room) : undefined
    if (value === undefined) throw s3Failure('MaxPostPreDataLengthExceededError', 400, tooMuch)
    bytes += part.name.length + value.length
    fields.set(name, textOf(value))
  }
}

const noFile = 'POST requires exactly one file upload per request.'
const tooMuch = 'Your POST request fields preceding the upload file were too large.'

function malformed(): ApiFailure {
  const text = 'The body of your POST request is not well-formed multipart/form-data.'
  return s3Failure('MalformedPOSTRequest', 400, text)
}

function boundaryIn(contentType = ''): string {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const text = boundary?.[1] ?? boundary?.[2]
  if (text === undefined || !/^multipart\/form-data\s*;/i.test(contentType)) throw malformed()
  return text
}

interface PartHead {
  readonly name: string
  readonly filename?: string | undefined
}

const newLine = Buffer.from('\r\n')
const headEnd = Buffer.from('\r\n\r\n')
const headBytes = 4096

/** The parts of a form, one after the other. */
class Parts {
  readonly #pieces: AsyncGenerator<Uint8Array>
  readonly #delimiter: Buffer
  readonly #now: () => number
  /** When the fields must be here. Undefined for the file. */
  #dueMs: number | undefined
  /** What arrived and was not given out. The first boundary need not have a line before it. */
  #held: Buffer = newLine
  #begun = false

  constructor(pieces: AsyncGenerator<Uint8Array>, boundary: string, now: () => number) {
    this.#pieces = pieces
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
    this.#now = now
    this.#dueMs = now() + limits.requestMs
  }

  /** The head of the next part; undefined behind the last one. The content before it must have been read. */
  async next(): Promise<PartHead | undefined> {
    if (!this.#begun) await this.wholeContent(headBytes)
    this.#begun = true
    while (this.#held.length < 2) await this.#receive()
    if (this.#held.subarray(0, 2).equals(Buffer.from('--'))) return undefined
    const padding = await this.#upTo(newLine)
    if (padding.toString('latin1').trim() !== '') throw malformed()
    return readHead(await this.#upTo(headEnd))
  }

  /** Undefined if it has more bytes than that. */
  async wholeContent(most: number): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = []
    let bytes = 0
    for await (const piece of this.#untilDelimiter()) {
      bytes += piece.length
      if (bytes > most) return undefined
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  /** Of the file. */
  async *content(): AsyncGenerator<Uint8Array> {
    this.#dueMs = undefined
    try {
      yield* this.#untilDelimiter()
    } finally {
      await this.#pieces.return(undefined)
    }
  }

  async *#untilDelimiter(): AsyncGenerator<Uint8Array> {
    const delimiter = this.#delimiter
    for (;;) {
      const at = this.#held.indexOf(delimiter)
      const sure = at < 0 ? this.#held.length - delimiter.length + 1 : at
      if (sure > 0) {
        const piece = this.#held.subarray(0, sure)
        this.#held = this.#held.subarray(sure)
        yield piece
      }
      if (at >= 0) {
        this.#held = this.#held.subarray(delimiter.length)
        return
      }
      await this.#receive()
    }
  }

  /** Takes what is before the mark, and drops the mark. */
  async #upTo(mark: Buffer): Promise<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(mark)
      if (at > headBytes || (at < 0 && this.#held.length > headBytes)) throw malformed()
      if (at >= 0) {
        const taken = this.#held.subarray(0, at)
        this.#held = this.#held.subarray(at + mark.length)
        return taken
      }
      await this.#receive()
    }
  }

  async #receive(): Promise<void> {
    const { done, value } = await this.#pieces.next()
    if (done) throw malformed()
    if (this.#dueMs !== undefined && this.#now() > this.#dueMs)
      throw new ApiFailure(failure('RequestTimeoutException', 'The fields of the form came too slowly.'), {
        connection: 'close',
      })
    this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value])
  }
}

function readHead(bytes: Buffer): PartHead {
  const disposition = textOf(bytes)
    .split('\r\n')
    .find((line) => /^content-disposition\s*:/i.test(line))
  if (disposition === undefined || !/^[^:]*:\s*form-data\s*(;|$)/i.test(disposition)) throw malformed()
  const given = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of disposition.matchAll(parameter))
    given.set(name.toLowerCase(), quoted === undefined ? plain : quoted.replaceAll('\\"', '"'))
  const name = given.get('name')
  if (name === undefined || name === '') throw malformed()
  return { name, filename: given.get('filename') ?? extended(given.get('filename*')) }
}

/** Browsers write `%22` for a quote; others escape it. Other backslashes are part of a path. */
const parameter = /;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\"|\\)*?)"(?=\s*(?:;|$))|([^";\s]*))/g

/** RFC 5987: `UTF-8''name`. */
function extended(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value ?? '')?.[1]
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    throw malformed()
  }
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed()
  return bytes.toString()
}
