/**
 * `openbatch serve` reads its options and passes them on. `../serve.ts` makes the server itself.
 */

import type { Command } from 'commander'
import { defaultChoice, driverKinds } from '../drivers/catalogue.ts'
import type { DriverKind } from '../drivers/driver-kind.ts'
import { addDataDirOption } from './data-dir.ts'
import type { ServeFlags } from './serve-flags.ts'
import type { Terminal } from './terminal.ts'

export function buildServe(verb: Command, _: Terminal, kinds: readonly DriverKind[] = driverKinds): void {
  const choices = kinds.map(({ kind }) => kind).join(', ')
  addDataDirOption(verb)
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for a free one (default 8642)')
    .option('--config <file>', 'configuration file, in YAML (default: $OPENBATCH_CONFIG)')
    .option(
      '--driver <name>',
      `default driver: ${choices}, or one that the configuration names (default: ${defaultChoice(kinds)})`,
    )
    .option(
      '--start-empty',
      'start with an empty database because the old one is lost; jobs that still run are left alone',
    )
    .action(async (flags: ServeFlags) => {
      // Help is shown without the server.
      const { serve } = await import('../serve.ts')
      await serve(flags)
    })
}
