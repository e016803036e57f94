/**
 * `openbatch login` writes a profile for AWS's clients with a session of the caller's. The key that
 * lasts stays where it is.
 */
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { writePrivateFile } from '../ground/private-file.ts'
import { textIfThere } from '../ground/text-file.ts'
import type { ObjectStoreAnswer } from '../wire/object-store.ts'
import { hasSection, type ProfileSettings, withSettings } from './aws-profile.ts'
import { awsFiles } from './aws-settings.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { askSession, seconds } from './session.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly profile: string
  readonly duration: number
}

const twelveHours = 43_200

/** These come before a profile. */
const inTheWay = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL']

export function buildLogin(verb: Command, terminal: Terminal): void {
  verb
    .option('--profile <name>', 'the profile that is written', profileName, 'openbatch')
    .option('--duration <seconds>', 'how long the session lasts', seconds, twelveHours)
  addCallOptions(verb).action(async ({ profile, duration, ...options }: Options) => {
    const form = new URLSearchParams({
      ...{ Version: '2011-06-15', Action: 'GetSessionToken', DurationSeconds: String(duration) },
    })
    const { session, target } = await askSession(terminal, options, form)
    const { configFilepath, filepath } = awsFiles(terminal.env)
    const outside = await objectStoreOf(terminal, options)
    const services = `openbatch-${profile}`
    if (outside) {
      // A setting of one service is indented below its name.
      change(configFilepath, `services ${services}`, { s3: `\n  endpoint_url = ${outside.endpoint}` })
      terminal.warn(`openbatch: objects are in the store at ${outside.endpoint}, which takes keys of its own\n`)
    }
    change(configFilepath, profile === 'default' ? profile : `profile ${profile}`, {
      endpoint_url: target.endpoint.value,
      region: outside?.region ?? target.region,
      ...((outside || hasSection(textIfThere(configFilepath) ?? '', `services ${services}`)) && {
        services: outside && services,
      }),
      ca_bundle: target.trustFile === undefined ? undefined : resolve(target.trustFile),
    })
    change(filepath, profile, {
      aws_access_key_id: session.accessKeyId,
      aws_secret_access_key: session.secretAccessKey,
      aws_session_token: session.sessionToken,
    })
    terminal.warn(`openbatch: the profile ${profile} is signed in until ${session.expiration}\n`)
    for (const name of inTheWay) if (terminal.env[name] !== undefined) terminal.write(`unset ${name}\n`)
    terminal.write(`export AWS_PROFILE=${profile}\n`)
  })
}

/** Older servers keep their objects themselves, and have no answer. */
async function objectStoreOf(
  terminal: Terminal,
  options: CallOptions,
): Promise<{ readonly endpoint: string; readonly region?: string } | undefined> {
  try {
    const { endpoint, ...more } = (await callServer(terminal, options, 'GET', '/api/object-store')) as ObjectStoreAnswer
    return endpoint === undefined ? undefined : { endpoint, ...more }
  } catch (error) {
    if (error instanceof CommandFailure) return undefined
    throw error
  }
}

/** Throws `CommandFailure` for a file that cannot be read or written; it is then as it was. */
function change(path: string, heading: string, settings: ProfileSettings): void {
  try {
    // A link stays a link.
    const file = existsSync(path) ? realpathSync(path) : path
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writePrivateFile(file, withSettings(textIfThere(file) ?? '', heading, settings))
  } catch (error) {
    throw new CommandFailure(`cannot change ${path}: ${(error as Error).message}`)
  }
}

function profileName(name: string): string {
  if (!/^[A-Za-z0-9._@+-]{1,64}$/.test(name))
    throw new InvalidArgumentError('It must be made of letters, digits and any of . _ @ + -.')
  return name
}
