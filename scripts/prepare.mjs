/**
 * Prepares a fresh checkout so that its commands run: dependencies as the lock file says, and a
 * build. Plain JavaScript for Node 18 and later, because it runs before anything is installed.
 * Skips steps that were done before.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFreshlyBuilt, noteBuild } from './fresh-build.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = join(root, 'node_modules', '.bin')

/** The environment in which the project's own Node comes first. */
export function ownEnv(more = {}) {
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, ...more }
}

/** Runs a program with visible output. Resolves with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: ownEnv(), ...options })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
}

async function must(what, command, args) {
  const startedAt = Date.now()
  process.stdout.write(`${what} …\n`)
  const code = await run(command, args)
  if (code !== 0) {
    process.stderr.write(`${what} failed: ${command} ${args.join(' ')} ended with ${code}\n`)
    process.exit(code)
  }
  process.stdout.write(`${what}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`)
}

function dependenciesAreThere() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed) || !existsSync(join(bin, 'node'))) return false
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

export async function prepare() {
  if (!dependenciesAreThere()) {
    // Without scripts: npm would compile better-sqlite3, which needs a compiler and Node's headers,
    // although the package brings what it needs. The script of `node` alone is wanted.
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
    await must('Installing dependencies', 'npm', ['ci', '--ignore-scripts', ...quiet])
    await must('Installing Node', 'npm', ['rebuild', 'node', ...quiet])
  }
  if (!isFreshlyBuilt(root)) {
    const startedAt = new Date()
    await must('Building', 'npm', ['run', '--silent', 'build'])
    noteBuild(root, startedAt)
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return version
}
