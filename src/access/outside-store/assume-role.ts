/**
 * Asks the STS of another installation for the credentials of a role.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { send } from '../../ground/http-call.ts'
import { Sha256 } from '../../ground/sha256.ts'
import { firstTextOf } from '../../ground/xml-reader.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import type { SessionCredentials } from '../sessions/session-credentials.ts'

export interface RoleWanted {
  /** Of STS. */
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly roleArn: string
  readonly sessionName: string
  readonly seconds: number
}

/** `isRefusal`: STS answered, and would answer the same again. */
export type RoleAnswer = SessionCredentials | { readonly why: string; readonly isRefusal: boolean }

export async function assumeRole(wanted: RoleWanted, now: TimeMs, signal: AbortSignal): Promise<RoleAnswer> {
  const url = new URL(wanted.endpoint)
  try {
    const { headers, body } = await signed(url, wanted, now)
    const bytesMax = limits.outsideStsAnswerBytes
    const { status, text } = await send(url, { method: 'POST', headers, body, bytesMax, signal })
    return read(status, text)
  } catch (error) {
    const why = signal.aborted ? 'its STS does not answer' : `its STS cannot be asked: ${(error as Error).message}`
    return { why, isRefusal: false }
  }
}

async function signed(url: URL, wanted: RoleWanted, now: TimeMs) {
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const { accessKeyId, secretAccessKey, region, roleArn, seconds, sessionName } = wanted
  const credentials = { accessKeyId, secretAccessKey }
  const signer = new SignatureV4({ credentials, region, service: 'sts', sha256: Sha256 })
  const body = new URLSearchParams({
    ...{ Action: 'AssumeRole', Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: sessionName },
    DurationSeconds: String(seconds),
  }).toString()
  const { host, hostname, pathname, protocol } = url
  const headers = {
    ...{ host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    'content-length': String(Buffer.byteLength(body)),
  }
  const request = { method: 'POST', path: pathname, query: {}, headers, body, protocol, hostname }
  return { headers: (await signer.sign(request, { signingDate: new Date(now) })).headers, body }
}

function read(status: number, xml: string): RoleAnswer {
  if (status !== 200) {
    const [code, message] = [firstTextOf(xml, 'Code'), firstTextOf(xml, 'Message')]
    const said = [code, message].filter((text) => text !== undefined).join(': ')
    const why = said === '' ? `its STS answers ${status}` : `its STS answers ${printable(said)}`
    return { why, isRefusal: status < 500 && status !== 429 && code !== 'Throttling' }
  }
  const accessKeyId = firstTextOf(xml, 'AccessKeyId')
  const secretAccessKey = firstTextOf(xml, 'SecretAccessKey')
  const sessionToken = firstTextOf(xml, 'SessionToken')
  const expiresAtMs = Date.parse(firstTextOf(xml, 'Expiration') ?? '')
  if (accessKeyId && secretAccessKey && sessionToken && !Number.isNaN(expiresAtMs))
    return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs }
  return { why: 'its STS answers without credentials', isRefusal: false }
}

/** One line, and no longer than a line should be. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\ufffd]+/g, ' ').slice(0, 300)
}
