/**
 * Whose keys sign: the environment's, a profile's, or those that the container's door gives out.
 * There is no instance metadata here, and so nothing waits for it.
 */
import { readFile } from 'node:fs/promises'
import { exitCodes, Failure, messageOf, notSupplied } from './failure.ts'
import { type HttpCaller, readBody } from './http-caller.ts'
import type { Settings } from './settings.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** Keys of a container that end sooner are asked for anew. */
const renewBeforeMs = 5 * 60_000
const mostAnswerBytes = 65_536
const containerTries = 3

class NoCredentials extends Failure {
  override readonly name = 'NoCredentials'
  override readonly advice = 'You can configure credentials by running "aws configure".'
  constructor() {
    super('Unable to locate credentials', exitCodes.configuration)
  }
}

export class CredentialSource {
  readonly #settings: Settings
  readonly #http: HttpCaller
  #found: Promise<Credentials> | undefined

  constructor(settings: Settings, http: HttpCaller) {
    this.#settings = settings
    this.#http = http
  }

  /** Undefined with `--no-sign-request`. Rejects if there are none. */
  async get(): Promise<Credentials | undefined> {
    if (this.#settings.options.has('no-sign-request')) return undefined
    const known = await this.#found?.catch(() => undefined)
    const ends = known?.expiration?.getTime() ?? Number.POSITIVE_INFINITY
    if (!known || ends - Date.now() < renewBeforeMs) this.#found = this.#find()
    return this.#found
  }

  async #find(): Promise<Credentials> {
    const settings = this.#settings
    const ofProfile = () => profileKeys(settings)
    const found = settings.options.has('profile')
      ? ofProfile()
      : (environmentKeys(settings) ?? ofProfile() ?? (await this.#containerKeys()))
    if (found) return found
    throw new NoCredentials()
  }

  async #containerKeys(): Promise<Credentials | undefined> {
    const url = containerUrl(this.#settings)
    if (!url) return undefined
    const file = this.#settings.variable('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')
    const token = file ? await readFile(file, 'utf8') : this.#settings.variable('AWS_CONTAINER_AUTHORIZATION_TOKEN')
    if (token && /[\r\n]/.test(token)) throw new Failure('Auth token value is not a legal header value')
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#ask(url, token)
      } catch (error) {
        if (attempt >= containerTries)
          throw new Failure(`Error when retrieving credentials from container-role: ${messageOf(error)}`)
      }
    }
  }

  async #ask(url: URL, token: string | undefined): Promise<Credentials> {
    const headers = { accept: 'application/json', ...(token && { authorization: token }) }
    // The address is of this machine or this container, where no proxy is.
    const answer = await this.#http.once({ method: 'GET', url, headers, timeoutMs: 5000, straight: true })
    const text = await readBody(answer, mostAnswerBytes)
    if (answer.statusCode !== 200)
      throw new Error(`Received non 200 response ${answer.statusCode} from container metadata`)
    const keys = JSON.parse(text) as Record<string, string | undefined>
    if (!keys.AccessKeyId || !keys.SecretAccessKey) throw new Error('the answer holds no keys')
    return {
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      ...(keys.Token && { sessionToken: keys.Token }),
      ...(keys.Expiration && { expiration: new Date(keys.Expiration) }),
    }
  }
}

function environmentKeys(settings: Settings): Credentials | undefined {
  const accessKeyId = settings.variable('AWS_ACCESS_KEY_ID')
  if (!accessKeyId) return undefined
  const secretAccessKey = settings.variable('AWS_SECRET_ACCESS_KEY')
  if (!secretAccessKey) throw partial('env', 'AWS_SECRET_ACCESS_KEY')
  const sessionToken = settings.variable('AWS_SESSION_TOKEN') ?? settings.variable('AWS_SECURITY_TOKEN')
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

/** Keys that something else must be asked for first. */
const indirect = ['role_arn', 'credential_process', 'sso_session', 'sso_start_url', 'web_identity_token_file']

function profileKeys(settings: Settings): Credentials | undefined {
  const profile = settings.profile()
  const text = (name: string) => (typeof profile[name] === 'string' ? profile[name] : undefined)
  const accessKeyId = text('aws_access_key_id')
  if (!accessKeyId) {
    const used = indirect.find((name) => profile[name] !== undefined)
    if (used) throw notSupplied(`${used} in a profile`)
    return undefined
  }
  const secretAccessKey = text('aws_secret_access_key')
  if (!secretAccessKey) throw partial('shared-credentials-file', 'aws_secret_access_key')
  const sessionToken = text('aws_session_token')
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

function partial(where: string, missing: string): Failure {
  return new Failure(`Partial credentials found in ${where}, missing: ${missing}`, exitCodes.configuration)
}

/** Where plain HTTP may go with a token (as the SDKs have it). */
const plainHosts = new Set(['localhost', '127.0.0.1', '[::1]', '169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'])

function containerUrl(settings: Settings): URL | undefined {
  const relative = settings.variable('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')
  if (relative) return new URL(`http://169.254.170.2${relative}`)
  const full = settings.variable('AWS_CONTAINER_CREDENTIALS_FULL_URI')
  if (!full) return undefined
  const url = new URL(full)
  if (url.protocol === 'https:' || plainHosts.has(url.hostname) || url.hostname.startsWith('127.')) return url
  throw new Failure(
    `Unsupported host '${url.hostname}'.  Can only retrieve metadata from these hosts: ${[...plainHosts].join(', ')}`,
  )
}
