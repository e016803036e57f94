/** Started by `bin/openbatch`: runs the command on the process's own terminal. */
import { runCommand } from './cli/program.ts'

process.exitCode = await runCommand(process.argv.slice(2), {
  write: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
  // Opened only by commands that read it.
  get input() {
    return process.stdin
  },
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  env: process.env,
  now: Date.now,
})
