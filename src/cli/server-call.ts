/** Makes one signed call to a server, for verbs that ask it something. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Answer, send } from '../ground/http-call.ts'
import { Sha256 } from '../ground/sha256.ts'
import { firstTextOf } from '../ground/xml-reader.ts'
import { addDataDirOption } from './data-dir.ts'
import { findTarget, type Target, type TargetOptions } from './target.ts'
import { CommandFailure, printable, type Terminal } from './terminal.ts'

/** What is needed to find the server and to sign. */
export type CallOptions = TargetOptions

/** How long a server may take to answer, ms. */
const answerWithinMs = 30_000

/** The server's codes for a key that it does not accept. */
const refusals = new Set(['UnrecognizedClientException', 'InvalidSignatureException', 'ExpiredTokenException'])

export function addCallOptions(command: Command): Command {
  const user = 'whose key to take from the data directory (default: the first administrator’s)'
  return addDataDirOption(command.option('--user <name>', user)).addHelpText('after', whereTheServerIs)
}

const whereTheServerIs = `
The server and the key are those of AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PROFILE, as for
the aws command. If none of these is set, or with an option above, they come from the data directory.`

/**
 * Returns the answer's JSON. `path` is percent-encoded, but its query may be as `URLSearchParams`
 * writes it. Throws a `CommandFailure` if no answer comes.
 */
export async function callServer(
  terminal: Terminal,
  options: CallOptions,
  method: 'GET' | 'POST',
  path: string,
): Promise<unknown> {
  const read = (text: string) => JSON.parse(text) as { message?: string }
  const { answer, body, target } = await ask(terminal, options, { method, path, service: 'batch', read })
  if (isOk(answer)) return body
  throw new CommandFailure(refusalOf(answer, body.message, target))
}

/**
 * Returns the answer of an operation of STS, which is XML, and who gave it. Throws a
 * `CommandFailure` if no answer comes.
 */
export async function callSts(
  terminal: Terminal,
  options: CallOptions,
  form: URLSearchParams,
): Promise<{ readonly xml: string; readonly target: Target }> {
  const read = (text: string) => text
  const call = { method: 'GET', path: `/?${form}`, service: 'sts', read } as const
  const { answer, body, target } = await ask(terminal, options, call)
  if (isOk(answer)) return { xml: body, target }
  throw new CommandFailure(refusalOf(answer, firstTextOf(body, 'Message'), target))
}

interface Call<Body> {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** The service that the request is signed for. */
  readonly service: 'batch' | 'sts'
  /** Throws for a text that no server of ours writes. */
  readonly read: (text: string) => Body
}

async function ask<Body>(terminal: Terminal, options: CallOptions, { method, path, service, read }: Call<Body>) {
  const target = await findTarget(terminal, options)
  const url = new URL(target.endpoint.value + path)
  url.search = percentEncoded(url.searchParams)
  const headers = await signedHeaders(target, { method, url, service }, new Date(terminal.now()))
  const ca = trustedBy(target)
  const signal = AbortSignal.timeout(answerWithinMs)
  try {
    const answer = await send(url, { method, headers, signal, ca })
    return { answer, body: read(answer.text), target }
  } catch (error) {
    // The process id may still exist: the server is just ending, or another program has the id now.
    if (isRefused(error as Error)) throw new CommandFailure(target.nobodyAnswers)
    const { value, from } = target.endpoint
    const server = `the server at ${value} (from ${from})`
    if (signal.aborted) throw new CommandFailure(`${server} does not answer`)
    throw new CommandFailure(`${server} cannot be asked: ${printable((error as Error).message)}`)
  }
}

/** Signatures take a plus for itself, while forms write one for a space. */
function percentEncoded(query: URLSearchParams): string {
  return [...query].map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
}

async function signedHeaders(
  target: Target,
  { method, url, service }: { readonly method: string; readonly url: URL; readonly service: string },
  signingDate: Date,
) {
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const { region, credentials } = target
  const signer = new SignatureV4({ credentials: credentials.value, region, service, sha256: Sha256 })
  const { host, hostname, pathname, protocol, searchParams } = url
  const query = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]))
  const request = { method, path: pathname, query, headers: { host }, body: '', protocol, hostname }
  // The header is made from the address when the request is sent.
  const { host: _, ...headers } = (await signer.sign(request, { signingDate })).headers
  return headers
}

const isOk = ({ status }: Answer) => status >= 200 && status < 300

/** What the target's file holds. Throws `CommandFailure` if it cannot be read. */
function trustedBy({ trustFile }: Target): string | undefined {
  if (trustFile === undefined) return undefined
  try {
    return readFileSync(trustFile, 'utf8')
  } catch (error) {
    throw new CommandFailure(`cannot read the certificates to trust: ${(error as Error).message}`)
  }
}

function refusalOf(answer: Answer, message: string | undefined, { endpoint, credentials }: Target): string {
  const said = printable(message ?? `the server answered ${answer.status}`)
  if (!refusals.has(String(answer.headers['x-amzn-errortype'] ?? ''))) return said
  const { value, from } = credentials
  return `the server at ${endpoint.value} refused the key ${value.accessKeyId} (from ${from}): ${said}`
}

function isRefused({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNREFUSED'
}
