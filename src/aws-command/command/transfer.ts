/** One file or object from one place to another, or away. */
import { unlink } from 'node:fs/promises'
import type { Options } from './arguments.ts'
import { eachAtOnce, partBytesFor, partsOf } from './at-once.ts'
import type { Downloads } from './downloads.ts'
import { Failure } from './failure.ts'
import type { Interruption } from './interruption.ts'
import { copyHeaders, objectHeaders } from './object-headers.ts'
import { type Kind, placeOf, s3Url, shownPath } from './places.ts'
import type { Results, TransferType } from './result-output.ts'
import type { S3Client } from './s3-client.ts'
import type { Found } from './sources.ts'
import type { Uploads } from './uploads.ts'

/** S3's CopyObject copies no more at once. */
const mostCopyBytes = 5 * 1024 ** 3
const copyPartBytes = 1024 ** 3

export interface TransferTools {
  readonly s3: S3Client
  readonly uploads: Uploads
  readonly downloads: Downloads
  readonly results: Results
  readonly options: Options
  readonly interruption: Interruption
  readonly cwd: string
  /** The source goes once it has arrived. */
  readonly moves: boolean
}

const typeOf = { locals3: 'upload', s3local: 'download', s3s3: 'copy' } as const

export class Transfer {
  readonly #tools: TransferTools
  readonly #from: Kind
  readonly #to: Kind

  constructor(tools: TransferTools, from: Kind, to: Kind) {
    this.#tools = tools
    this.#from = from
    this.#to = to
  }

  /** The results tell how it ended. Rejects only if the command was told to stop. */
  async move(found: Found, to: string): Promise<void> {
    const { results, options, interruption, moves } = this.#tools
    const way = `${this.#from}${this.#to}` as keyof typeof typeOf
    const type: TransferType = moves ? 'move' : typeOf[way]
    const where = `${this.#shown(this.#from, found.path)} to ${this.#shown(this.#to, to)}`
    if (options.has('dryrun')) return results.wouldDo(type, where)
    try {
      await this.#send(way, found, to)
      if (moves) await this.#remove(this.#from, found.path)
      results.done(type, where)
    } catch (error) {
      interruption.signal.throwIfAborted()
      results.failed(type, where, error)
    }
  }

  async delete(kind: Kind, path: string): Promise<void> {
    const { results, options, interruption } = this.#tools
    const where = this.#shown(kind, path)
    if (options.has('dryrun')) return results.wouldDo('delete', where)
    try {
      await this.#remove(kind, path)
      results.done('delete', where)
    } catch (error) {
      interruption.signal.throwIfAborted()
      results.failed('delete', where, error)
    }
  }

  async #send(way: keyof typeof typeOf, found: Found, to: string): Promise<void> {
    const { uploads, downloads, options } = this.#tools
    if (way === 'locals3') {
      if (found.path.endsWith('/')) throw new Failure(`[Errno 21] Is a directory: '${found.path}'`)
      return uploads.file(found.path, found.size, placeOf(to), objectHeaders(options, found.path))
    }
    if (way === 's3s3') return this.#copy(found, to)
    const { size: bytes, etag, modifiedAt } = found
    return downloads.toFile({ place: placeOf(found.path), bytes, etag, modifiedAt }, to)
  }

  async #copy(found: Found, to: string): Promise<void> {
    const { s3, uploads, options } = this.#tools
    const from = placeOf(found.path)
    if (found.size <= mostCopyBytes) return s3.copy(from, placeOf(to), copyHeaders(options))
    // A copy in parts carries nothing over by itself.
    const headers = await s3.head(from)
    const kept = Object.entries(headers).filter(([name]) =>
      /^(content-type|cache-control|content-(disposition|encoding|language)|x-amz-meta-.*)$/.test(name),
    )
    const parts = partsOf(found.size, partBytesFor(found.size, copyPartBytes))
    const send = (uploadId: string, done: Parameters<Parameters<Uploads['inParts']>[2]>[1]) =>
      eachAtOnce(parts, 4, async ([number, start, end]) => {
        const range = {
          'x-amz-copy-source-range': `bytes=${start}-${end - 1}`,
          'x-amz-copy-source-if-match': found.etag,
        }
        done(await s3.copyPart(from, placeOf(to), uploadId, number, range))
      })
    const ofSource = Object.fromEntries(kept) as Record<string, string>
    await uploads.inParts(placeOf(to), { ...ofSource, ...objectHeaders(options, undefined) }, send, false)
  }

  async #remove(kind: Kind, path: string): Promise<void> {
    if (kind === 'local') await unlink(path)
    else await this.#tools.s3.delete(placeOf(path))
  }

  #shown(kind: Kind, path: string): string {
    return kind === 's3' ? s3Url(path) : shownPath(path, this.#tools.cwd)
  }
}
