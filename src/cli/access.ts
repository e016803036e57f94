/** `openbatch access explain USER ACTION [RESOURCE]`: whether a user may do something, and which statement says so. */
import type { Command } from 'commander'
import type { AccessAnswer } from '../wire/access.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly json?: true
}

export function buildAccess(verb: Command, terminal: Terminal): void {
  const explain = verb
    .command('explain')
    .description('say whether a user may do something, and which statement of which policy decides')
    .argument('<user>', 'name of the user')
    .argument('<action>', 'as in batch:SubmitJob (docs/operate/actions.md)')
    .argument('[resource]', 'ARN of what the action is on', '*')
    .option('--json', 'print the server’s whole answer')
  addCallOptions(explain).action(async (user: string, action: string, resource: string, options: Options) => {
    const query = new URLSearchParams({ user, action, resource })
    const answer = (await callServer(terminal, options, 'GET', `/api/access/explain?${query}`)) as AccessAnswer
    terminal.write(options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : sentences(answer))
  })
}

function sentences({ text, owner }: AccessAnswer): string {
  const lines = owner === undefined ? text : [...text, `the resource is ${owner}’s`]
  return lines.map((line) => `${printable(line)}.\n`).join('')
}
