/** Started by `bin/openbatch`. */
import { runCommand } from './program.ts'

process.exitCode = await runCommand(process.argv.slice(2), {
  write: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
  env: process.env,
  now: Date.now,
})
