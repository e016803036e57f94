/**
 * GET and PUT of objects of 1 KB, 1 MB and 1 GB at 1 and 16 connections, beside nginx with the same
 * files on the same disk.
 *
 * One client drives both sides over loopback: its requests are made and signed beforehand, and it
 * only counts the bytes of answers. It runs beside the server on the machine's cores. Our requests
 * are signed by header (SigV4); a body of 1 KB is signed too, as clients do over plain HTTP, and
 * larger ones are UNSIGNED-PAYLOAD. Each PUT is of a new key.
 *
 * nginx does not force what it stores to disk. So that both sides are durable, the client forces
 * the file and its directory there after each answer of nginx (open, fsync, close, and fsync of the
 * directory), and only then sends the next request of that connection. nginx's CPU time is without
 * that work; ours is with it, and with the MD5 of each content.
 */
import { randomBytes } from 'node:crypto'
import fs, { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { signRequest } from '../support/signed-request.ts'
import { type Nginx, serveNginx } from './nginx.ts'
import { type RawRequest, sendAll } from './raw-client.ts'
import { median } from './rounds.ts'
import { administrator, type Credentials, cpuMs, type Serving, serveOpenbatch } from './serving.ts'

interface ObjectsRow {
  readonly what: string
  /** Of an object. */
  readonly bytes: number
  /** Objects a second. */
  readonly ours: number
  readonly theirs: number
  readonly ratio: number
  /** Of the CPU time for each object, nginx's to ours. */
  readonly cpuRatio: number
  /** ms of CPU time for each object. */
  readonly ourCpu: number
  readonly theirCpu: number
}

interface Load {
  readonly method: 'GET' | 'PUT'
  readonly label: string
  readonly bytes: number
  readonly connections: number
  readonly requests: number
  readonly rounds: number
}

const kib = 1024
const [mib, gib] = [kib ** 2, kib ** 3]
/** Different objects of one size that are read. */
const files = 16
const pieceBytes = mib

/**
 * All of it takes some four minutes, of which a third is one round of 16 PUTs of 1 GB. Less of it:
 * `OPENBATCH_BENCH_ROUNDS=1 OPENBATCH_BENCH_PART=0.25`.
 */
const most = Number(process.env.OPENBATCH_BENCH_ROUNDS ?? 3)
const part = Number(process.env.OPENBATCH_BENCH_PART ?? 1)
const some = (requests: number) => Math.ceil(requests * part)

/** Made so that a round of nginx takes a good part of a second. */
const loads: readonly Load[] = (['GET', 'PUT'] as const).flatMap((method) =>
  [1, 16].flatMap((connections) => [
    { method, label: '1 KB', bytes: kib, connections, requests: some(connections === 1 ? 2000 : 8000), rounds: most },
    { method, label: '1 MB', bytes: mib, connections, requests: some(method === 'GET' ? 500 : 200), rounds: most },
    {
      method,
      label: '1 GB',
      bytes: gib,
      connections,
      requests: connections,
      rounds: connections === 1 ? most : 1,
    },
  ]),
)

export async function measureObjects(chosen: readonly Load[] = loads): Promise<ObjectsRow[]> {
  const serving = await serveOpenbatch('scripted')
  const own = mkdtempSync(join(serving.directory, '..', 'openbatch-nginx-'))
  try {
    const bench = await ObjectsBench.prepare(serving, own)
    try {
      const rows: ObjectsRow[] = []
      for (const load of chosen) rows.push(await bench.measure(load))
      return rows
    } finally {
      await bench.stop()
    }
  } finally {
    await serving.stop()
    rmSync(own, { recursive: true, force: true })
  }
}

interface Sample {
  readonly perSecond: number
  readonly cpuMs: number
}

class ObjectsBench {
  readonly #serving: Serving
  readonly #nginx: Nginx
  readonly #content = randomBytes(pieceBytes)
  readonly #key: Credentials
  #lastKey = 0

  private constructor(serving: Serving, nginx: Nginx) {
    this.#serving = serving
    this.#nginx = nginx
    this.#key = administrator(serving)
  }

  static async prepare(serving: Serving, own: string): Promise<ObjectsBench> {
    const bucket = join(serving.directory, 'objects', 'bench')
    const bench = new ObjectsBench(serving, await serveNginx(own, bucket))
    await sendAll(bench.#port, 1, [await bench.#signed('PUT', '', 0)])
    return bench
  }

  async measure(load: Load): Promise<ObjectsRow> {
    const { method, label, connections, rounds } = load
    if (method === 'GET') await this.#makeFiles(load)
    const samples: { ours: Sample; theirs: Sample }[] = []
    for (let round = 0; round < rounds; round++)
      samples.push({ theirs: await this.#theirs(load), ours: await this.#ours(load) })
    await this.#removeFiles()
    const of = (read: (sample: { ours: Sample; theirs: Sample }) => number) => median(samples.map(read))
    return {
      bytes: load.bytes,
      what: `${method} of ${label}, ${connections} connection${connections === 1 ? '' : 's'}`,
      ours: of(({ ours }) => ours.perSecond),
      theirs: of(({ theirs }) => theirs.perSecond),
      ratio: of(({ ours, theirs }) => ours.perSecond / theirs.perSecond),
      cpuRatio: of(({ ours, theirs }) => theirs.cpuMs / ours.cpuMs),
      ourCpu: of(({ ours }) => ours.cpuMs),
      theirCpu: of(({ theirs }) => theirs.cpuMs),
    }
  }

  async stop(): Promise<void> {
    await this.#nginx.stop()
  }

  get #port(): number {
    return Number(new URL(this.#serving.endpoint).port)
  }

  async #makeFiles({ bytes }: Load): Promise<void> {
    const names = Array.from({ length: bytes === gib ? 1 : files }, (_, at) => `read-${bytes}-${at}`)
    await sendAll(this.#port, 1, await Promise.all(names.map((name) => this.#signed('PUT', name, bytes))))
  }

  async #ours({ method, bytes, connections, requests }: Load): Promise<Sample> {
    const names = method === 'GET' ? this.#namesToRead(bytes) : this.#newNames(requests)
    const all = await Promise.all(names.map((name) => this.#signed(method, name, bytes)))
    return sampled(
      () => cpuMs(this.#serving.pid),
      requests,
      () => sendAll(this.#port, connections, all, requests),
    )
  }

  async #theirs({ method, bytes, connections, requests }: Load): Promise<Sample> {
    const { port, stored } = this.#nginx
    const names = method === 'GET' ? this.#namesToRead(bytes) : this.#newNames(requests)
    const directory = fs.openSync(stored, 'r')
    try {
      const all = names.map((name) =>
        method === 'GET'
          ? this.#request('GET', `/files/${name}`, {}, 0)
          : {
              ...this.#request('PUT', `/stored/${name}`, { 'content-length': String(bytes) }, bytes),
              afterwards: () => forced(join(stored, name), directory),
            },
      )
      return await sampled(
        () => this.#nginx.cpuMs(),
        requests,
        () => sendAll(port, connections, all, requests),
      )
    } finally {
      fs.closeSync(directory)
    }
  }

  #namesToRead(bytes: number): string[] {
    return Array.from({ length: bytes === gib ? 1 : files }, (_, at) => `read-${bytes}-${at}`)
  }

  #newNames(count: number): string[] {
    return Array.from({ length: count }, () => `new-${++this.#lastKey}`)
  }

  async #signed(method: 'GET' | 'PUT', name: string, bytes: number): Promise<RawRequest> {
    const path = name === '' ? '/bench' : `/bench/${name}`
    const isSigned = bytes <= kib
    const body = isSigned ? this.#content.subarray(0, bytes) : undefined
    const { headers } = await signRequest(this.#key, {
      ...{ method, path, service: 's3' },
      ...(body ? { body: body as unknown as string } : { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    })
    const length = method === 'PUT' ? { 'content-length': String(bytes) } : undefined
    return this.#request(method, path, { ...headers, ...length }, method === 'PUT' ? bytes : 0)
  }

  #request(method: string, path: string, headers: Record<string, string>, bytes: number): RawRequest {
    const lines = Object.entries({ host: 'localhost:80', ...headers }).map(([name, value]) => `${name}: ${value}`)
    const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    if (bytes <= kib) return { head: Buffer.concat([head, this.#content.subarray(0, bytes)]) }
    return { head, body: { piece: this.#content, times: bytes / pieceBytes } }
  }

  /** What was PUT takes room. */
  async #removeFiles(): Promise<void> {
    const { stored } = this.#nginx
    for (const name of fs.readdirSync(stored)) fs.rmSync(join(stored, name))
    const bucket = join(this.#serving.directory, 'objects', 'bench')
    for (const name of fs.readdirSync(bucket)) if (name !== '.openbatch') fs.rmSync(join(bucket, name))
  }
}

async function sampled(cpu: () => number, requests: number, run: () => Promise<number>): Promise<Sample> {
  const before = cpu()
  const seconds = await run()
  return { perSecond: requests / seconds, cpuMs: (cpu() - before) / requests }
}

/** Resolves when the file and its name are on disk. */
async function forced(path: string, directory: number): Promise<void> {
  const file = await fs.promises.open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await new Promise<void>((resolve, reject) => fs.fsync(directory, (error) => (error ? reject(error) : resolve())))
}

if (process.argv[1] === import.meta.filename) {
  const [, , method, label, connections] = process.argv
  const chosen = loads.filter(
    (load) =>
      (method === undefined || load.method === method) &&
      (label === undefined || load.label.replace(' ', '') === label) &&
      (connections === undefined || load.connections === Number(connections)),
  )
  console.table(await measureObjects(chosen))
}
