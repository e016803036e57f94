/**
 * `openbatch definition prune` deletes deregistered job definitions for good. For administrators.
 */
import type { Command } from 'commander'
import type { PruneAnswer } from '../wire/definitions.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import type { Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly owner?: string
  readonly name?: string
}

export function buildDefinition(verb: Command, terminal: Terminal): void {
  const prune = verb
    .command('prune')
    .description('delete deregistered (INACTIVE) revisions for good, to make room; their jobs carry what they need')
    .option('--owner <user>', 'only those that this user registered')
    .option('--name <name>', 'only those of this name')
  addCallOptions(prune).action(async ({ owner, name, ...options }: Options) => {
    const query = new URLSearchParams({ ...(owner && { owner }), ...(name && { name }) }).toString()
    const path = `/api/job-definitions/prune${query && `?${query}`}`
    let deleted = 0
    for (let more = true; more; ) {
      const pruned = (await callServer(terminal, options, 'POST', path)) as PruneAnswer
      deleted += pruned.deleted
      more = pruned.more && pruned.deleted > 0
    }
    terminal.write(`deleted ${deleted} deregistered revision${deleted === 1 ? '' : 's'}\n`)
  })
}
