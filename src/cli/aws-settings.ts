/**
 * Reads endpoint and key from the environment and the files in ~/.aws, by the rules of AWS's own
 * clients: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CommandFailure, type Terminal } from './terminal.ts'

type Environment = Terminal['env']
type Section = Readonly<Record<string, string | undefined>>

/** `from` says where the value was found, for messages. */
export interface Found<T> {
  readonly value: T
  readonly from: string
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsSettings {
  readonly endpoint: Found<string> | undefined
  readonly credentials: Found<Credentials> | undefined
  readonly region: string | undefined
  /** The file with what is trusted instead of what is trusted everywhere. */
  readonly trustFile: string | undefined
  /** Whether `AWS_PROFILE` names a profile. The profile `default` does not count as named. */
  readonly profileIsNamed: boolean
}

/** Throws `CommandFailure` for a missing profile, half a key, or a file that cannot be read. */
export async function readAwsSettings(env: Environment): Promise<AwsSettings> {
  const name = env.AWS_PROFILE || 'default'
  const files = awsFiles(env)
  const { configFilepath, filepath } = files
  const { profile, services } = await readProfile(name, files)
  if (profile === undefined && env.AWS_PROFILE)
    throw new CommandFailure(
      `AWS_PROFILE is "${name}", and neither ${configFilepath} nor ${filepath} has such a profile`,
    )
  const from = `the profile ${name}`
  const inEnvironment = keyIn(env, {
    ...{ id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', token: 'AWS_SESSION_TOKEN', from: undefined },
  })
  const inProfile = () =>
    keyIn(profile ?? {}, {
      ...{ id: 'aws_access_key_id', secret: 'aws_secret_access_key', token: 'aws_session_token', from },
    })
  return {
    endpoint: endpointOf(env, services ?? {}, profile ?? {}, from),
    credentials: inEnvironment ?? inProfile(),
    trustFile: env.AWS_CA_BUNDLE || profile?.ca_bundle,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || profile?.region,
    profileIsNamed: Boolean(env.AWS_PROFILE),
  }
}

/** Where AWS's clients keep settings, and keys. */
interface Files {
  readonly configFilepath: string
  readonly filepath: string
}

export function awsFiles(env: Environment): Files {
  const home = join(env.HOME || homedir(), '.aws')
  return {
    configFilepath: env.AWS_CONFIG_FILE || join(home, 'config'),
    filepath: env.AWS_SHARED_CREDENTIALS_FILE || join(home, 'credentials'),
  }
}

/** Returns the profile from both files, and the section of services that it names. */
async function readProfile(name: string, files: Files): Promise<{ profile?: Section; services?: Section }> {
  const present = (await Promise.all(Object.values(files).map(isThere))).includes(true)
  if (!present) return {}
  // The reader takes time to load, and most users who set variables have no files.
  const { loadSharedConfigFiles } = await import('@smithy/core/config')
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ...files, ignoreCache: true })
  const [config, credentials] = [configFile[name], credentialsFile[name]]
  if (!config && !credentials) return {}
  const services = config?.services === undefined ? undefined : configFile[`services.${config.services}`]
  return { profile: { ...config, ...credentials }, ...(services && { services }) }
}

/** The reader treats a file that it may not read as an empty one. */
async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return true
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw new CommandFailure(`cannot read ${path}: ${message}`)
  }
}

function endpointOf(env: Environment, services: Section, profile: Section, from: string): Found<string> | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined
  const places: [string | undefined, string][] = [
    [env.AWS_ENDPOINT_URL_BATCH, 'AWS_ENDPOINT_URL_BATCH'],
    [env.AWS_ENDPOINT_URL, 'AWS_ENDPOINT_URL'],
    [services['batch.endpoint_url'], `the services of ${from}`],
    [profile.endpoint_url, from],
  ]
  const [value, place] = places.find(([url]) => url) ?? []
  if (!value) return undefined
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new CommandFailure(`the endpoint of ${place} is no http address: ${JSON.stringify(value)}`)
  return { value: value.replace(/\/+$/, ''), from: place! }
}

interface KeyNames {
  readonly id: string
  readonly secret: string
  readonly token: string
  readonly from: string | undefined
}

function keyIn(settings: Section, names: KeyNames): Found<Credentials> | undefined {
  const [accessKeyId, secretAccessKey] = [settings[names.id], settings[names.secret]]
  const sessionToken = settings[names.token]
  const { id, from = id } = names
  if (accessKeyId && secretAccessKey)
    return { value: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }, from }
  if (!accessKeyId && !secretAccessKey) return undefined
  const [here, missing] = accessKeyId ? [id, names.secret] : [names.secret, id]
  throw new CommandFailure(`${names.from ? `${from} has` : 'the environment has'} ${here} and no ${missing}`)
}
