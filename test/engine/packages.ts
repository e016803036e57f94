import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Installs the parts of a test engine on a Debian machine where they are missing. */

const script = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'scripts', 'debian-packages.mjs')
const needed = ['docker.io', 'iptables', 'busybox-static', 'docker-registry']

/**
 * Throws with the missing packages and the reason. Runs in a process of its own, because it may
 * take minutes.
 */
export async function installEnginePackages(): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [script, ...needed], { timeout: 600_000 })
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string }
    throw new Error(stderr.trim() || message)
  }
}
