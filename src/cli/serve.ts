/** `openbatch serve`: reads its options and hands them on; the server itself is made by `main.ts`. */
import type { Command } from 'commander'

export interface ServeFlags {
  readonly dataDir?: string
  readonly host?: string
  readonly port?: string
  readonly config?: string
  readonly driver?: string
}

export function addServe(program: Command, serve: (flags: ServeFlags) => Promise<void>): void {
  program
    .command('serve')
    .description('run the server; prints one line, ready http://HOST:PORT, once it serves')
    .option('--data-dir <dir>', 'where everything is kept (default: $OPENBATCH_DATA_DIR or ~/.openbatch)')
    .option('--host <address>', 'address to listen on (default 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for a free one (default 8642)')
    .option('--config <file>', 'YAML configuration file (default: $OPENBATCH_CONFIG)')
    .option(
      '--driver <name>',
      'default driver: docker, process, scripted (default: docker if an engine answers, else process)',
    )
    .action(serve)
}
