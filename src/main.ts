/** Started by `bin/openbatch`: the one place that puts the command together, with what its verbs need. */
import { runCommand } from './cli/program.ts'
import { addServe } from './cli/serve.ts'
import { serve } from './serve.ts'

process.exitCode = await runCommand(
  process.argv.slice(2),
  {
    write: (text) => process.stdout.write(text),
    warn: (text) => process.stderr.write(text),
    // Opened by those who read it alone.
    get input() {
      return process.stdin
    },
    env: process.env,
    now: Date.now,
  },
  [(program) => addServe(program, serve)],
)
