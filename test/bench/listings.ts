/**
 * Listings of many objects that other programs put there: all pages of 1000 one after the other, and
 * the first page alone; the memory of the server meanwhile; and how soon a directory with many files
 * is a bucket, from the call of `openbatch bucket add` to the first page of it.
 */
import { execFile } from 'node:child_process'
import fs, { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { signRequest } from '../support/signed-request.ts'
import { median } from './rounds.ts'
import { administrator, type Credentials, root, type Serving, serveOpenbatch } from './serving.ts'

interface Listing {
  readonly firstPageMs: number
  readonly wholeSeconds: number
  /** The most that the server held while it listed, or afterwards. */
  readonly rssMib: number
}

interface Listings {
  readonly onePrefix: Listing
  readonly directories: Listing
  readonly all: Listing
  /** From the command to the first page. */
  readonly addSeconds: number
}

interface ListingSizes {
  readonly keys: number
  readonly directories: number
  readonly allPerDirectory: number
  readonly added: number
}

export const listingSizes: ListingSizes = { keys: 100_000, directories: 1000, allPerDirectory: 1000, added: 50_000 }

/** Different first pages: each begins at another place. */
const firstPages = 9

export async function measureListings(sizes: ListingSizes = listingSizes): Promise<Listings> {
  const folder = mkdtempSync(join(tmpdir(), 'openbatch-listed-'))
  try {
    fillDirectory(join(folder, 'one-prefix', 'all'), sizes.keys)
    fillDirectories(join(folder, 'directories'), sizes.directories, sizes.keys / sizes.directories)
    fillDirectories(join(folder, 'all'), sizes.directories, sizes.allPerDirectory)
    fillDirectories(join(folder, 'added'), 50, sizes.added / 50)
    return {
      onePrefix: await listed(join(folder, 'one-prefix'), 'all/', sizes.keys),
      directories: await listed(join(folder, 'directories'), '', sizes.keys),
      all: await listed(join(folder, 'all'), '', sizes.directories * sizes.allPerDirectory),
      addSeconds: await added(join(folder, 'added')),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A server of its own for each, so that the memory is of this listing. */
async function listed(directory: string, prefix: string, keys: number): Promise<Listing> {
  const bucket = await ServedBucket.serve(directory)
  try {
    const pages: number[] = []
    for (let page = 0; page < firstPages; page++) pages.push(await timed(() => bucket.page({ prefix })))
    const { seconds, found, rssMib } = await bucket.listAll(prefix)
    if (found !== keys) throw new Error(`${found} of ${keys} keys were listed`)
    return { firstPageMs: median(pages), wholeSeconds: seconds, rssMib }
  } finally {
    await bucket.stop()
  }
}

async function added(directory: string): Promise<number> {
  const serving = await serveOpenbatch('scripted')
  try {
    const before = performance.now()
    const bucket = await ServedBucket.add(serving, directory)
    await bucket.page({ prefix: '' })
    return (performance.now() - before) / 1000
  } finally {
    await serving.stop()
  }
}

class ServedBucket {
  readonly #serving: Serving
  readonly #key: Credentials

  private constructor(serving: Serving) {
    this.#serving = serving
    this.#key = administrator(serving)
  }

  static async serve(directory: string): Promise<ServedBucket> {
    const serving = await serveOpenbatch('scripted')
    return ServedBucket.add(serving, directory)
  }

  static async add(serving: Serving, directory: string): Promise<ServedBucket> {
    const args = ['bucket', 'add', 'listed', directory, '--data-dir', serving.directory]
    await promisify(execFile)(join(root, 'bin/openbatch'), args)
    return new ServedBucket(serving)
  }

  /** Resolves with the token of the next page, and how many keys are on this one. */
  async page(query: Record<string, string>): Promise<{ readonly next: string | undefined; readonly keys: number }> {
    const { method, url, headers } = await signRequest(this.#key, {
      ...{ method: 'GET', path: '/listed', service: 's3' },
      headers: { host: new URL(this.#serving.endpoint).host },
      query: { 'list-type': '2', ...query },
    })
    const answer = await fetch(`${this.#serving.endpoint}${url}`, { method, headers })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    const [, next] = /<NextContinuationToken>([^<]+)</.exec(text) ?? []
    const [, keys] = /<KeyCount>(\d+)</.exec(text) ?? []
    return { next, keys: Number(keys) }
  }

  async listAll(
    prefix: string,
  ): Promise<{ readonly seconds: number; readonly found: number; readonly rssMib: number }> {
    let [found, most] = [0, 0]
    const before = performance.now()
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page = await this.page({ prefix, ...(token !== '' && { 'continuation-token': token }) })
      found += page.keys
      token = page.next
      most = Math.max(most, this.#rssMib())
    }
    return { seconds: (performance.now() - before) / 1000, found, rssMib: most }
  }

  async stop(): Promise<void> {
    await this.#serving.stop()
  }

  #rssMib(): number {
    return rssMib(this.#serving.pid)
  }
}

/** Resident memory of a process, MiB (Linux). */
export function rssMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kib) / 1024
}

function fillDirectories(directory: string, count: number, files: number): void {
  for (let at = 0; at < count; at++) fillDirectory(join(directory, `run-${String(at).padStart(5, '0')}`), files)
}

function fillDirectory(directory: string, files: number): void {
  fs.mkdirSync(directory, { recursive: true })
  for (let at = 0; at < files; at++)
    fs.closeSync(fs.openSync(`${directory}/sample_${String(at).padStart(7, '0')}.fastq`, 'w'))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

if (process.argv[1] === import.meta.filename) {
  const part = Number(process.argv[2] ?? 1)
  const { keys, directories, allPerDirectory, added: files } = listingSizes
  console.log(
    await measureListings({
      ...{ keys: keys * part, directories: directories * part },
      ...{ allPerDirectory: allPerDirectory * part, added: files * part },
    }),
  )
}
