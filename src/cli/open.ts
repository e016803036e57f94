/** `openbatch open` prints a link that signs a browser in, once. */
import type { Command } from 'commander'
import type { ConsoleLinkAnswer } from '../wire/session.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { findTarget } from './target.ts'
import type { Terminal } from './terminal.ts'

export function buildOpen(verb: Command, terminal: Terminal): void {
  addCallOptions(verb).action(async (options: CallOptions) => {
    const { path, expiresAtMs } = (await callServer(
      terminal,
      options,
      'POST',
      '/api/console-links',
    )) as ConsoleLinkAnswer
    const { endpoint } = await findTarget(terminal, options)
    terminal.warn(`openbatch: the link serves once, until ${new Date(expiresAtMs).toISOString()}\n`)
    terminal.write(`${new URL(path, endpoint.value).href}\n`)
  })
}
