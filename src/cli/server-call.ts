/** One signed call of the server that runs on a data directory, for verbs that ask it something. */
import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Command } from 'commander'
import { addDataDirOption, dataDirOf } from './data-dir.ts'
import { isServerRunning, readServerFile } from './server-file.ts'
import { findUser } from './sign-in.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

/** What is needed to find the server and to sign. */
export interface CallOptions {
  readonly dataDir?: string
  readonly user?: string
}

/** A server that does not answer for so long is given up, ms. */
const answerWithinMs = 30_000
const defaultRegion = 'us-west-2'

export function addCallOptions(command: Command): Command {
  return addDataDirOption(
    command.option('--user <name>', 'whose key to sign with (default: the first administrator’s)'),
  )
}

/** The answer's JSON. `path` as it goes over the wire, percent-encoded. Whatever keeps it from coming is a `CommandFailure`. */
export async function callServer(
  terminal: Terminal,
  options: CallOptions,
  method: 'GET' | 'POST',
  path: string,
): Promise<unknown> {
  const dataDir = dataDirOf(options, terminal.env)
  const server = readServerFile(dataDir)
  const isGone = new CommandFailure(`no server is running on ${dataDir}`)
  if (!server || !isServerRunning(server)) throw isGone
  const { accessKeyId, secretAccessKey } = findUser(dataDir, options.user)
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region: server.region ?? defaultRegion,
    service: 'batch',
    sha256: Sha256,
  })
  const { host } = new URL(server.endpoint)
  const request = { method, path, query: {}, headers: { host }, body: '', protocol: 'http:', hostname: host }
  const signed = await signer.sign(request, { signingDate: new Date(terminal.now()) })
  // Made from the address when it is sent.
  const { host: _, ...headers } = signed.headers
  const signal = AbortSignal.timeout(answerWithinMs)
  try {
    const answer = await fetch(server.endpoint + path, { method, headers, signal, redirect: 'error' })
    const body = JSON.parse(await answer.text()) as { message?: string }
    if (answer.ok) return body
    throw new CommandFailure(body.message ?? `the server answered ${answer.status}`)
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    // Its process id may be there still, or again: of one that is just ending, or of another program.
    if (isRefused(error as Error)) throw isGone
    if (signal.aborted) throw new CommandFailure(`the server at ${server.endpoint} does not answer`)
    throw new CommandFailure(`the server at ${server.endpoint} cannot be asked: ${causeOf(error as Error)}`)
  }
}

function isRefused({ cause }: Error): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ECONNREFUSED'
}

/** What fetch says itself is `fetch failed`. */
function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message
}

/** As the signer wants it. */
class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer)
  }
  update(data: Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}
