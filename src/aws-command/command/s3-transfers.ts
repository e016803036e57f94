/** `aws s3 cp`, `mv`, `rm` and `sync`. */
import { mkdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { OptionTable } from './arguments.ts'
import { eachAtOnce } from './at-once.ts'
import { type Difference, differences, type Keyed, staleness } from './differences.ts'
import { messageOf, wrongUsage } from './failure.ts'
import { type Filter, filterOf } from './filters.ts'
import { objectHeaders, objectOptions } from './object-headers.ts'
import { destinationOf, type End, endOf, isS3, pathTypes, placeOf, s3Url, staysInside } from './places.ts'
import { Results } from './result-output.ts'
import type { Services } from './services.ts'
import { type Found, missingPath, Sources } from './sources.ts'
import { Transfer } from './transfer.ts'

type Verb = 'cp' | 'mv' | 'rm' | 'sync'

const common: OptionTable = {
  dryrun: 'flag',
  quiet: 'flag',
  'only-show-errors': 'flag',
  'no-progress': 'flag',
  'progress-frequency': 'value',
  'progress-multiline': 'flag',
  exclude: 'value',
  include: 'value',
  'page-size': 'value',
  'request-payer': 'optional',
}
const transfers: OptionTable = {
  ...common,
  ...objectOptions,
  'follow-symlinks': 'flag',
  'no-follow-symlinks': 'flag',
  'force-glacier-transfer': 'flag',
  'ignore-glacier-warnings': 'flag',
  'copy-props': ['none', 'metadata-directive', 'default'],
  'source-region': 'value',
  'checksum-mode': ['ENABLED'],
  'checksum-algorithm': ['CRC32'],
}
export const transferOptions: Readonly<Record<Verb, OptionTable>> = {
  cp: { ...transfers, recursive: 'flag', 'expected-size': 'value' },
  mv: { ...transfers, recursive: 'flag' },
  rm: { ...common, recursive: 'flag' },
  sync: { ...transfers, delete: 'flag', 'size-only': 'flag', 'exact-timestamps': 'flag' },
}

/** Small objects at once. */
const objectsAtOnce = 10

/** Answers the exit code. */
export async function runTransfer(verb: Verb, words: readonly string[], services: Services): Promise<number> {
  const wanted = verb === 'rm' ? 1 : 2
  if (words.length < wanted) throw wrongUsage('the following arguments are required: paths')
  if (words.length > wanted) throw wrongUsage(`Unknown options: ${words.slice(wanted).join(',')}`)
  const { options } = services
  const streams = words.includes('-')
  if (streams && (verb !== 'cp' || options.has('recursive')))
    throw wrongUsage('Streaming currently is only compatible with non-recursive cp commands')
  const usage = `usage: aws s3 ${verb} ${verb === 'rm' ? '<S3Uri>' : '<LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>'}`
  pathTypes(words, verb === 'rm' ? ['s3'] : ['s3s3', 's3local', 'locals3'], usage)
  const results = new Results(services.output, options, streams)
  const run = new Run(verb, services, results)
  try {
    if (streams) await run.stream(words[0]!, words[1]!)
    else await run.all(words[0]!, words[1])
  } catch (error) {
    services.interruption.signal.throwIfAborted()
    if (error instanceof Error && error.message.startsWith('\n')) throw error
    results.fatal(error)
  }
  return results.exitCode
}

class Run {
  readonly #verb: Verb
  readonly #services: Services
  readonly #results: Results
  readonly #everything: boolean
  readonly #cwd = process.cwd()

  constructor(verb: Verb, services: Services, results: Results) {
    this.#verb = verb
    this.#services = services
    this.#results = results
    this.#everything = verb === 'sync' || services.options.has('recursive')
  }

  /** From standard input, or to standard output. */
  async stream(from: string, to: string): Promise<void> {
    const { options } = this.#services
    const s3 = this.#services.s3()
    const { uploads, downloads } = this.#services.transfers(s3)
    const type = from === '-' ? 'upload' : 'download'
    try {
      if (from === '-') {
        // Nothing may come from it for a long time.
        this.#services.interruption.stops(process.stdin)
        const expected = options.number('expected-size') ?? 0
        await uploads.stream(process.stdin, expected, placeOf(to.slice(5)), objectHeaders(options, undefined))
      } else {
        const place = placeOf(from.slice(5))
        const headers = await s3.head(place)
        const source = {
          place,
          bytes: Number(headers['content-length'] ?? 0),
          etag: headers.etag ?? '',
          modifiedAt: new Date(headers['last-modified'] ?? 0),
        }
        await downloads.toStream(source, process.stdout)
      }
    } catch (error) {
      this.#services.interruption.signal.throwIfAborted()
      this.#results.failed(type, `${from} to ${to}`, error)
    }
  }

  async all(from: string, to: string | undefined): Promise<void> {
    const { interruption, options } = this.#services
    const s3 = this.#services.s3()
    const ends = await this.#ends(from, to)
    const filter = filterOf(options, ends, this.#everything)
    const moves = this.#verb === 'mv'
    const tools = {
      s3,
      ...this.#services.transfers(s3),
      results: this.#results,
      options,
      interruption,
      cwd: this.#cwd,
      moves,
    }
    const [source, destination = source!] = ends as [End, End?]
    const transfer = new Transfer(tools, source.kind, destination.kind)
    const sources = new Sources(s3, this.#results, {
      everything: this.#everything,
      followsLinks: !options.has('no-follow-symlinks'),
      markers: this.#verb === 'rm',
      pageSize: options.number('page-size'),
    })
    if (this.#verb === 'sync') return this.#sync(sources, transfer, source, destination, filter)
    if (this.#verb === 'rm') return this.#remove(sources, transfer, source, filter)
    await eachAtOnce(sources.find(source), objectsAtOnce, async (found) => {
      if (filter(found.path)) await this.#move(transfer, source, destination, found)
    })
  }

  async #ends(from: string, to: string | undefined): Promise<End[]> {
    const ends: End[] = []
    for (const word of to === undefined ? [from] : [from, to])
      ends.push(endOf(word, this.#everything, !isS3(word) && (await isDirectory(word)), this.#cwd))
    const [source, destination] = ends as [End, End?]
    if (source.kind === 'local' && !(await exists(source.path))) throw missingPath(from)
    if (destination?.kind === 'local' && this.#everything) await mkdir(resolve(destination.path), { recursive: true })
    if (this.#verb === 'mv' && source.kind === 's3' && destination?.kind === 's3')
      refuseItself(source, destination, from, to!)
    return ends
  }

  async #move(transfer: Transfer, source: End, destination: End, found: Found): Promise<void> {
    const { path } = destinationOf(source, destination, this.#everything, found.path)
    if (destination.kind === 'local' && destination.path.endsWith('/') && !staysInside(destination.path, path))
      return this.#results.warn(`warning: Skipping file ${s3Url(found.path)}. File references a parent directory.`)
    await transfer.move(found, path)
  }

  async #remove(sources: Sources, transfer: Transfer, from: End, filter: Filter): Promise<void> {
    // One object is not asked for first: whoever may delete it need not be allowed to read it.
    if (!this.#everything) {
      if (filter(from.path)) await transfer.delete('s3', from.path)
      return
    }
    await eachAtOnce(sources.find(from), objectsAtOnce, async (found) => {
      if (filter(found.path)) await transfer.delete('s3', found.path)
    })
  }

  async #sync(sources: Sources, transfer: Transfer, from: End, to: End, filter: Filter): Promise<void> {
    const { options } = this.#services
    const isStale = staleness(options, to.kind === 'local')
    const keyed = async function* (end: End): AsyncGenerator<Keyed> {
      for await (const found of sources.find(end))
        if (filter(found.path)) yield { key: found.path.slice(end.path.length), found }
    }
    await eachAtOnce(differences(keyed(from), keyed(to), isStale), objectsAtOnce, async (difference: Difference) => {
      if (difference.kind === 'transfer') await this.#move(transfer, from, to, difference.source.found)
      else if (options.has('delete')) await transfer.delete(to.kind, difference.found.path)
    })
  }
}

function refuseItself(from: End, to: End, fromWord: string, toWord: string): void {
  const name = from.path.slice(from.path.lastIndexOf('/') + 1)
  if (from.path === to.path || (to.path.endsWith('/') && from.path === `${to.path}${name}`))
    throw wrongUsage(`Cannot mv a file onto itself: ${fromWord} - ${toWord}`)
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !/ENOENT|ENOTDIR/.test(messageOf(error)),
  )
}
