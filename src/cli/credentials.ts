/**
 * `openbatch credentials` prints credentials that end, in the form in which AWS's clients take them from a program:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { addCallOptions, type CallOptions } from './server-call.ts'
import { askSession, seconds } from './session.ts'
import type { Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly role?: string
  readonly sessionName?: string
  readonly duration?: number
}

export function buildCredentials(verb: Command, terminal: Terminal): void {
  verb
    .option('--role <arn>', 'the role to assume (default: none, the session is your own)')
    .option('--session-name <name>', 'name of the role’s session (default: your user name on this machine)')
    .option('--duration <seconds>', 'how long they are valid (default: 12 hours, 1 hour for a role)', seconds)
  addCallOptions(verb).action(async ({ role, sessionName, duration, ...options }: Options) => {
    const form = new URLSearchParams({
      Version: '2011-06-15',
      ...(role === undefined
        ? { Action: 'GetSessionToken' }
        : { Action: 'AssumeRole', RoleArn: role, RoleSessionName: sessionName ?? userInfo().username }),
      ...(duration === undefined ? {} : { DurationSeconds: String(duration) }),
    })
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = (await askSession(terminal, options, form))
      .session
    const made = {
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: expiration,
    }
    terminal.write(`${JSON.stringify(made, undefined, 2)}\n`)
  })
}
