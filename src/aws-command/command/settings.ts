/**
 * What the command line, the environment and the user's files say, in this order. A name is
 * looked up when a command needs it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from './arguments.ts'
import { exitCodes, Failure } from './failure.ts'
import { parseIni, type Section } from './ini.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export class Settings {
  readonly options: Options
  readonly env: Environment
  #files: { config: Record<string, Section>; credentials: Record<string, Section> } | undefined

  constructor(options: Options, env: Environment) {
    this.options = options
    this.env = env
  }

  /** The profile that somebody named. The settings of `default` count without a name. */
  get namedProfile(): string | undefined {
    return this.options.value('profile') ?? this.variable('AWS_PROFILE') ?? this.variable('AWS_DEFAULT_PROFILE')
  }

  get region(): string {
    return this.givenRegion ?? 'us-east-1'
  }

  get givenRegion(): string | undefined {
    return (
      this.options.value('region') ??
      this.variable('AWS_REGION') ??
      this.variable('AWS_DEFAULT_REGION') ??
      this.ofProfile('region')
    )
  }

  get output(): string {
    return this.options.value('output') ?? this.variable('AWS_DEFAULT_OUTPUT') ?? this.ofProfile('output') ?? 'json'
  }

  /** The address of a service, and whether somebody set it. */
  endpoint(service: 's3' | 'sts'): { readonly url: URL; readonly given: boolean } {
    const given = this.options.value('endpoint-url') ?? this.#configuredEndpoint(service)
    const text = given ?? `https://${service}.${this.region}.amazonaws.com`
    if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new Failure(`Invalid endpoint: ${text}`)
    return { url: new URL(text), given: given !== undefined }
  }

  #configuredEndpoint(service: string): string | undefined {
    if (this.variable('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')?.toLowerCase() === 'true') return undefined
    const services = this.ofProfile('services')
    const ofService = services && this.#read().config[`services ${services}`]?.[service]
    return (
      this.variable(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ??
      this.variable('AWS_ENDPOINT_URL') ??
      (typeof ofService === 'object' ? ofService.endpoint_url : undefined) ??
      this.ofProfile('endpoint_url')
    )
  }

  get attempts(): number {
    const text = this.variable('AWS_MAX_ATTEMPTS') ?? this.ofProfile('max_attempts')
    if (text !== undefined && /^[1-9]\d{0,3}$/.test(text)) return Number(text)
    const mode = this.variable('AWS_RETRY_MODE') ?? this.ofProfile('retry_mode')
    return mode === 'legacy' ? 5 : 3
  }

  /** The file of the certificates that are trusted. */
  get caBundle(): string | undefined {
    return (
      this.options.value('ca-bundle') ??
      this.variable('AWS_CA_BUNDLE') ??
      this.ofProfile('ca_bundle') ??
      this.variable('REQUESTS_CA_BUNDLE')
    )
  }

  get sendsChecksums(): boolean {
    const asked = this.variable('AWS_REQUEST_CHECKSUM_CALCULATION') ?? this.ofProfile('request_checksum_calculation')
    return asked?.toLowerCase() !== 'when_required'
  }

  get checksChecksums(): boolean {
    const asked = this.variable('AWS_RESPONSE_CHECKSUM_VALIDATION') ?? this.ofProfile('response_checksum_validation')
    return asked?.toLowerCase() !== 'when_required'
  }

  /** A setting in the table `s3` of the profile. */
  ofS3(name: string): string | undefined {
    const table = this.profile().s3
    return typeof table === 'object' ? table[name] : undefined
  }

  variable(name: string): string | undefined {
    const value = this.env[name]
    return value === '' ? undefined : value
  }

  ofProfile(name: string): string | undefined {
    const value = this.profile()[name]
    return typeof value === 'string' ? value : undefined
  }

  /** The profile's settings in both files. Throws for a profile that somebody named and that is in neither. */
  profile(): Section {
    const name = this.namedProfile ?? 'default'
    const { config, credentials } = this.#read()
    const ofConfig =
      config[name === 'default' ? name : `profile ${name}`] ??
      (name === 'default' ? config['profile default'] : undefined)
    const ofCredentials = credentials[name]
    if (!ofConfig && !ofCredentials && this.namedProfile !== undefined)
      throw new Failure(`The config profile (${name}) could not be found`, exitCodes.general)
    return { ...ofConfig, ...ofCredentials }
  }

  /** Undefined without a home and without a variable that names the file. */
  path(file: 'config' | 'credentials'): string | undefined {
    const named = this.variable(file === 'config' ? 'AWS_CONFIG_FILE' : 'AWS_SHARED_CREDENTIALS_FILE')
    const home = this.variable('HOME')
    if (named !== undefined) return home ? named.replace(/^~(?=\/)/, home) : named
    return home && join(home, '.aws', file)
  }

  #read() {
    this.#files ??= { config: readIni(this.path('config')), credentials: readIni(this.path('credentials')) }
    return this.#files
  }
}

/** A file that is not there, or not for this user, says nothing. */
function readIni(path: string | undefined): Record<string, Section> {
  if (path === undefined) return {}
  try {
    return parseIni(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}
