/**
 * The memory that the server takes for one very large object: a GET of a file without content
 * (sparse, so it needs no room), and an upload in two parts whose content the client makes.
 */
import { execFile } from 'node:child_process'
import fs, { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { signRequest } from '../support/signed-request.ts'
import { rssMib } from './listings.ts'
import { type RawRequest, sendAll } from './raw-client.ts'
import { administrator, root, type Serving, serveOpenbatch } from './serving.ts'

interface LongObjects {
  /** MiB that the server held more than before, at most. */
  readonly getGrownMib: number
  readonly putGrownMib: number
}

const piece = Buffer.alloc(1024 ** 2, 'openbatch')
/** The memory is looked at this often. */
const lookMs = 100

export async function measureLongObjects(bytes = 10 * 1024 ** 3): Promise<LongObjects> {
  const serving = await serveOpenbatch('scripted')
  const folder = mkdtempSync(join(serving.directory, '..', 'openbatch-long-'))
  try {
    const long = new LongBench(serving)
    const file = fs.openSync(join(folder, 'sparse'), 'w')
    fs.ftruncateSync(file, bytes)
    fs.closeSync(file)
    await promisify(execFile)(join(root, 'bin/openbatch'), [
      ...['bucket', 'add', 'sparse', folder, '--data-dir', serving.directory],
    ])
    // What the first requests need is not counted.
    await long.prepare()
    return {
      getGrownMib: await long.grown(await long.request('GET', '/sparse/sparse')),
      putGrownMib: await long.grown(...(await long.parts(bytes))),
    }
  } finally {
    await serving.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

class LongBench {
  readonly #serving: Serving

  constructor(serving: Serving) {
    this.#serving = serving
  }

  async prepare(): Promise<void> {
    await this.#send(await this.request('PUT', '/long'))
    for (let at = 0; at < 20; at++) {
      await this.#send(await this.request('PUT', '/long/small', {}, 16 * piece.length))
      await this.#send(await this.request('GET', '/long/small'))
    }
  }

  /** Resolves with how much more memory the server had than before, at most. */
  async grown(...requests: readonly RawRequest[]): Promise<number> {
    const { pid } = this.#serving
    const before = rssMib(pid)
    let most = before
    const looking = setInterval(() => {
      most = Math.max(most, rssMib(pid))
    }, lookMs)
    try {
      for (const request of requests) await this.#send(request)
      return most - before
    } finally {
      clearInterval(looking)
    }
  }

  /** An upload in two parts, which is not completed. */
  async parts(bytes: number): Promise<RawRequest[]> {
    const { host, ...signed } = (await this.#signed('POST', '/long/large', { uploads: '' })).headers
    const answer = await fetch(`${this.#serving.endpoint}/long/large?uploads=`, { method: 'POST', headers: signed })
    const [, uploadId = ''] = /<UploadId>([^<]+)</.exec(await answer.text()) ?? []
    if (uploadId === '') throw new Error(`no upload was begun at ${host}`)
    const part = (number: number) =>
      this.request('PUT', '/long/large', { partNumber: String(number), uploadId }, bytes / 2)
    return [await part(1), await part(2)]
  }

  async request(
    method: 'GET' | 'PUT',
    path: string,
    query: Record<string, string> = {},
    bytes = 0,
  ): Promise<RawRequest> {
    const { url, headers } = await this.#signed(method, path, query)
    const all = { ...headers, ...(method === 'PUT' && { 'content-length': String(bytes) }) }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
    const head = Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    return bytes === 0 ? { head } : { head, body: { piece, times: bytes / piece.length } }
  }

  #signed(method: string, path: string, query: Record<string, string>) {
    return signRequest(administrator(this.#serving), {
      ...{ method, path, query, service: 's3' },
      headers: { host: new URL(this.#serving.endpoint).host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    })
  }

  async #send(request: RawRequest): Promise<void> {
    await sendAll(Number(new URL(this.#serving.endpoint).port), 1, [request])
  }
}

if (process.argv[1] === import.meta.filename)
  console.log(await measureLongObjects(Number(process.argv[2] ?? 10) * 1024 ** 3))
