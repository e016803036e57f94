/**
 * `npm run genomics`: one workflow in three ways, on the docker driver, from a fresh checkout to
 * its reports. Installs, builds, and starts the run, which needs what was just installed. Plain
 * JavaScript for Node 18 and later.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { installPackages } from './debian-packages.mjs'
import { ownEnv, prepare, root } from './prepare.mjs'

await prepare()
try {
  const installed = installPackages(['python3-venv', 'procps', 'busybox-static'])
  if (installed.length > 0) process.stdout.write(`Installed the Debian packages ${installed.join(', ')}.\n`)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
const run = join(root, 'scripts', 'genomics', 'run.ts')
const child = spawn('node', [run, ...process.argv.slice(2)], { stdio: 'inherit', env: ownEnv() })
// A terminal sends its signals to both processes. A signal to this process alone is meant for the
// run too.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.once('exit', (code) => process.exit(code ?? 1))
