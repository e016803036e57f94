/** Asks a server for credentials that end. */
import { InvalidArgumentError } from 'commander'
import { firstTextOf } from '../ground/xml-reader.ts'
import { type CallOptions, callSts } from './server-call.ts'
import type { Target } from './target.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

export interface Session {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** ISO 8601. */
  readonly expiration: string
}

/** `form` names an operation of STS that answers with credentials. Throws `CommandFailure`. */
export async function askSession(
  terminal: Terminal,
  options: CallOptions,
  form: URLSearchParams,
): Promise<{ readonly session: Session; readonly target: Target }> {
  const { xml, target } = await callSts(terminal, options, form)
  const member = (name: string) => {
    const value = firstTextOf(xml, name)
    if (value === undefined) throw new CommandFailure(`the server’s answer has no ${name}`)
    return value
  }
  const session = {
    accessKeyId: member('AccessKeyId'),
    secretAccessKey: member('SecretAccessKey'),
    sessionToken: member('SessionToken'),
    expiration: member('Expiration'),
  }
  return { session, target }
}

/** Reads the value of an option. */
export function seconds(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.')
  return Number(text)
}
