/**
 * `npm run quickstart`: from a fresh checkout to a finished job. Installs, builds, and starts the
 * demonstration, which needs what was just installed. Plain JavaScript for Node 18 and later.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ownEnv, prepare, root } from './prepare.mjs'

await prepare()
const demonstration = join(root, 'scripts', 'quickstart', 'demonstration.ts')
const child = spawn('node', [demonstration, ...process.argv.slice(2)], { stdio: 'inherit', env: ownEnv() })
// A terminal sends its signals to both processes. A signal to this process alone is meant for the
// demonstration too.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.once('exit', (code) => process.exit(code ?? 1))
