/**
 * Chooses the server that a verb asks, and the key that it signs with. Options win. Next comes what
 * AWS's own clients would take from the environment or a profile. If nothing is set there, the data
 * directory decides.
 */
import { type AwsSettings, type Credentials, type Found, readAwsSettings } from './aws-settings.ts'
import { readableDataDirOf } from './data-dir.ts'
import { isServerRunning, readServerFile, type ServerFile } from './server-file.ts'
import { findUser } from './sign-in.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

export interface TargetOptions {
  readonly dataDir?: string
  readonly user?: string
}

export interface Target {
  readonly endpoint: Found<string>
  readonly credentials: Found<Credentials>
  readonly region: string
  /** The file with what is trusted instead of what is trusted everywhere. */
  readonly trustFile: string | undefined
  /** The message if nothing listens at the endpoint. */
  readonly nobodyAnswers: string
}

const defaultRegion = 'us-west-2'

/** Throws `CommandFailure` with what to set or to start. */
export async function findTarget(terminal: Terminal, options: TargetOptions): Promise<Target> {
  const { env } = terminal
  if (options.dataDir === undefined && options.user === undefined) {
    const settings = await readAwsSettings(env)
    if (settings.endpoint !== undefined || isKeyMeant(settings)) return bySettings(settings, env)
  }
  const dataDir = readableDataDirOf(options, env)
  const server = serverOn(dataDir)
  const { name, accessKeyId, secretAccessKey } = findUser(dataDir, options.user, terminal)
  return {
    endpoint: { value: server.endpoint, from: dataDir },
    credentials: { value: { accessKeyId, secretAccessKey }, from: `the user ${name}` },
    region: server.region ?? defaultRegion,
    trustFile: server.trustFile,
    nobodyAnswers: noServer(dataDir),
  }
}

/**
 * A key in the profile `default` alone may be meant for AWS itself. A key in the environment, or in
 * a named profile, is meant for openbatch.
 */
function isKeyMeant({ credentials, profileIsNamed }: AwsSettings): boolean {
  return profileIsNamed || credentials?.from === 'AWS_ACCESS_KEY_ID'
}

function bySettings({ endpoint, credentials, region, trustFile }: AwsSettings, env: Terminal['env']): Target {
  if (credentials === undefined) {
    const set = endpoint ? `${endpoint.from} names a server` : 'AWS_PROFILE is set'
    throw new CommandFailure(
      `${set}, but there is no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that has them. With --data-dir the key comes from the data directory`,
    )
  }
  if (endpoint !== undefined) {
    const { value, from } = endpoint
    const nobodyAnswers = `no server answers at ${value} (from ${from})`
    return { endpoint, credentials, region: region ?? defaultRegion, trustFile, nobodyAnswers }
  }
  const dataDir = readableDataDirOf({}, env)
  const server = serverOn(dataDir, `; AWS_ENDPOINT_URL says where else one is`)
  return {
    endpoint: { value: server.endpoint, from: dataDir },
    credentials,
    region: region ?? server.region ?? defaultRegion,
    trustFile: server.trustFile ?? trustFile,
    nobodyAnswers: noServer(dataDir),
  }
}

function serverOn(dataDir: string, hint = ''): ServerFile {
  const server = readServerFile(dataDir)
  if (!server || !isServerRunning(server)) throw new CommandFailure(`${noServer(dataDir)}${hint}`)
  return server
}

const noServer = (dataDir: string) => `no server is running on ${dataDir}`
