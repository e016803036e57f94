/**
 * `openbatch credentials` prints credentials that end, in the form in which AWS's clients take them from a program:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
import { userInfo } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import { addCallOptions, type CallOptions, callSts, elementOf } from './server-call.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

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
    const xml = await callSts(terminal, options, form)
    const member = (name: string) => {
      const value = elementOf(xml, name)
      if (value === undefined) throw new CommandFailure(`the server’s answer has no ${name}`)
      return value
    }
    const made = {
      Version: 1,
      AccessKeyId: member('AccessKeyId'),
      SecretAccessKey: member('SecretAccessKey'),
      SessionToken: member('SessionToken'),
      Expiration: member('Expiration'),
    }
    terminal.write(`${JSON.stringify(made, undefined, 2)}\n`)
  })
}

function seconds(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.')
  return Number(text)
}
